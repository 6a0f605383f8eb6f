from __future__ import annotations

import pytest

from hub import ports
from hub.models import MatchModelVersion, SourceSystem
from hub.stages import model as models


@pytest.fixture
def sources(transactional_db, monkeypatch):
    """The five sources, no broker to ring, and no model but the one that a test activates."""
    monkeypatch.setattr(ports, "_doorbell", [])
    models.version.cache_clear()
    MatchModelVersion.objects.all().delete()
    for code, connector in [("crm", "salesforce"), ("loyalty", "loyaltylion"), ("ecommerce", "shopify"),
                            ("pos", "square"), ("erp", "sap")]:  # fmt: skip
        SourceSystem.objects.get_or_create(code=code, defaults={"kind": code, "connector": connector})
    yield {s.code: s for s in SourceSystem.objects.all()}
    models.version.cache_clear()
