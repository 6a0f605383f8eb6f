"""A consent ledger is loaded from a file: what it says, what is refused, and that it can be loaded again."""

from __future__ import annotations

import csv
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from hub import consents, pipeline
from hub.models import ConsentStatement, Crosswalk, GoldenRecord, InboxMessage, SourceSystem
from hub.models.inbox import Lane
from matching.consent import ConsentPolicy
from matching.consentrows import COLUMNS
from tests import opened
from tests.integration.api.conftest import person
from tests.integration.api.test_consents import LATE, said

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sources(transactional_db) -> None:
    for code in ("crm", "pos"):
        SourceSystem.objects.get_or_create(code=code, defaults={"kind": code})


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*COLUMNS, "clerk"])
        writer.writeheader()
        writer.writerows(rows)
    return path


def row(system: str, source_id: str, **more: Any) -> dict[str, Any]:
    return {"source_system": system, "source_id": source_id, **said("granted", 3), **more}


def load(capsys: Any, *arguments: str) -> dict[str, Any]:
    with suppress(SystemExit):  # 1 where rows were refused
        call_command("load", *arguments, "--json")
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def state(address: tuple[str, str]) -> str:
    golden = Crosswalk.objects.get(record=opened.record_at(*address)).golden
    book = consents.of_golden(golden.public_id)
    return book.decide(purpose="marketing", channel="email", at=LATE, policy=ConsentPolicy()).verdict.state


def test_a_ledger_is_taken_with_its_rejects_and_twice(sources, tmp_path, capsys) -> None:
    pipeline.receive(source=SourceSystem.objects.get(code="crm"), payloads=[person("1")], lane=Lane.BULK)
    file = write(tmp_path / "ledger.csv", [
        row("crm", "1", proof="form-7", clerk="Ms Smith"),
        row("crm", "1", state="WITHDRAWN", captured_at="2026-01-09T00:00:00Z"),
        row("crm", "1", captured_at="2026-01-08T00:00:00Z"),
        row("pos", "77", double_opt_in="yes"),
        row("crm", "1", captured_at=""), row("crm", "1", channel=""), row("crm", ""), row("shop", "1"),
        row("crm", "1", captured_at="2099-01-01T00:00:00Z"), row("crm", "1", effective_to="2020-01-01"),
    ])  # fmt: skip
    rejects = tmp_path / "rejects.csv"
    first = load(capsys, "--consents", str(file), "--rejects", str(rejects))
    assert (first["records"], first["rejects"], first["unknown_columns"]) == (4, 6, ["clerk"])
    reasons = [r["reason"].partition(":")[0] for r in csv.DictReader(rejects.open())]
    assert reasons == ["captured_at", "channel", "source_id", "There is no source system shop", "captured_at",
                       "effective_to"]  # fmt: skip
    assert "Ms Smith" not in rejects.read_text()
    assert ConsentStatement.objects.count() == 4
    assert state(("crm", "1")) == "withdrawn"
    lanes = InboxMessage.objects.values_list("lane", flat=True)
    assert sorted(lanes) == [Lane.EVENT, Lane.BULK, Lane.BULK, Lane.BULK, Lane.BULK]
    again = load(capsys, "--consents", str(file))
    assert (again["records"], again["duplicates"]) == (4, 4)
    assert ConsentStatement.objects.count() == 4


def test_a_statement_waits_for_its_record(sources, tmp_path, capsys) -> None:
    load(capsys, "--consents", str(write(tmp_path / "ledger.csv", [row("crm", "1"), row("crm", "2")])))
    assert state(("crm", "1")) == "granted"
    assert GoldenRecord.objects.filter(state=0).count() == 2
    pipeline.receive(source=SourceSystem.objects.get(code="crm"), payloads=[person("1")], lane=Lane.BULK)
    pipeline.drain()
    golden = Crosswalk.objects.get(record=opened.record_at("crm", "1")).golden
    body = opened.body(golden)
    assert body["profile"]["name"]["family"] == "Ashworth"
    assert [c["state"] for c in body["consents"]] == ["granted"]


def test_the_suppression_list_is_exported_by_hash(sources, tmp_path, capsys) -> None:
    file = write(tmp_path / "ledger.csv", [
        row("crm", "1", state="withdrawn"), row("crm", "2", contact_point="b@example.com"),
        row("pos", "3", state="withdrawn", contact_point="", channel="*"),
        row("pos", "4", state="withdrawn", contact_point="c@example.com"),
        row("crm", "5", captured_at="2026-01-09T00:00:00Z", contact_point="c@example.com"),
    ])  # fmt: skip
    pipeline.receive(source=SourceSystem.objects.get(code="pos"), payloads=[
        {"source_id": "3", "name": {"family": "Okonkwo"}, "emails": [{"value": "d@example.com"}],
         "phones": [{"value": "+4915123455994"}]},
    ], lane=Lane.BULK)  # fmt: skip
    load(capsys, "--consents", str(file))
    pipeline.receive(source=SourceSystem.objects.get(code="pos"), payloads=[
        {"source_id": "4", "deleted": True, "occurred_at": "2026-02-01T00:00:00Z"}], lane=Lane.BULK)  # fmt: skip
    pipeline.drain()
    out = tmp_path / "suppression.csv"
    call_command("export", "suppression", "--out", str(out), "--json")
    listed = list(csv.DictReader(out.open()))
    # c@example.com was granted again by somebody who has it, after the withdrawal whose record is gone.
    assert sorted((r["channel"], r["withdrawn_at"]) for r in listed) == [
        ("*", "2026-01-03T09:00:00Z"), ("*", "2026-01-03T09:00:00Z"), ("email", "2026-01-03T09:00:00Z")
    ]  # fmt: skip
    assert "example.com" not in out.read_text()
    assert len({r["contact_point_hash"] for r in listed}) == 3


def test_no_file_is_refused(sources) -> None:
    with pytest.raises((CommandError, SystemExit)):
        call_command("load", "--json")
