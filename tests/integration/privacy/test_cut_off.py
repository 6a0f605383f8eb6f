"""An erasure while records of the customer were written and not resolved: whoever had them was cut off."""

from __future__ import annotations

from typing import Any

import pytest

from hub import pipeline
from hub.models import InboxMessage, SourceRecord
from tests.integration.api.conftest import Caller, person, someone_else
from tests.integration.privacy.test_erasure import erased, golden_of
from tests.stress.people import settle


def written_only(channel: Caller, monkeypatch: pytest.MonkeyPatch, source: str, record: dict[str, Any]) -> None:
    """Take a record in and write its newest version, as a worker does that dies before it looks for candidates."""
    assert channel.post(f"/api/v1/sources/{source}/records", record).status_code == 202
    with monkeypatch.context() as patched:
        patched.setattr(pipeline.block, "candidates", lambda *_, **__: 1 / 0)
        pipeline.drain(limit=1)
    assert InboxMessage.objects.get(status=InboxMessage.Status.ACCEPTED).attempts


def test_a_record_that_was_only_written_goes_with_its_customer(
    channel: Caller, take: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    take("crm", person("1"))
    written_only(channel, monkeypatch, "erp", person("2"))
    assert SourceRecord.objects.count() == 2
    erased(channel, golden_id=golden_of(channel, "crm/1"))
    settle()
    assert not SourceRecord.objects.exists()
    assert {m.status for m in InboxMessage.objects.all()} == {InboxMessage.Status.REJECTED}


def test_a_version_that_stands_is_not_refused_by_halves(
    channel: Caller, take: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record is another customer's golden record, whom its newest version makes the one who is erased."""
    take("crm", person("1"))
    take("erp", someone_else("2"))
    written_only(channel, monkeypatch, "erp", person("2", occurred_at="2026-05-01T00:00:00Z"))
    erased(channel, golden_id=golden_of(channel, "crm/1"))
    settle()
    (held,) = SourceRecord.objects.all()
    message = InboxMessage.objects.get(pk=held.message_id)
    assert (message.status, message.record_id) == (InboxMessage.Status.RESOLVED, held.pk)
    assert golden_of(channel, "erp/2")
