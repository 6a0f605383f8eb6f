import pytest

from hub.tasks import _Desk
from tests.integration.pipeline.conftest import sources

__all__ = ["sources"]


@pytest.fixture(autouse=True)
def own_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a load before found out about the size of a batch stays with the process, as in a worker: a test that sets
    its own size must not inherit it."""
    monkeypatch.setattr(_Desk, "pace", None)
