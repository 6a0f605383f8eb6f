"""The audit only grows, is chained after commit, and can be checked without the hub."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from hub import audit, chain
from hub.audit import files, head
from hub.errors import NotFound
from hub.invariants.audit import chain_holds
from hub.models import AuditEntry
from hub.sql import rows
from hub.stages.seal import seal

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


@pytest.fixture
def sealed() -> list[AuditEntry]:
    for number in range(6):
        audit.note("thing.done", actor="system", subject=f"thing:{number}", number=number, golden_ids=["gr_1", "gr_2"])
    assert seal() == 6
    return list(AuditEntry.objects.order_by("position"))


def exported(tmp_path, **options):
    out = tmp_path / "audit.ndjson"
    call_command("audit", "export", out=out, stdout=io.StringIO(), **options)
    return out, out.read_text().splitlines()


def test_entries_are_chained_in_the_order_of_their_ids_and_once(sealed) -> None:
    assert [e.position for e in sealed] == [1, 2, 3, 4, 5, 6]
    assert [e.pk for e in sealed] == sorted(e.pk for e in sealed)
    before = chain.GENESIS
    for entry in sealed:
        before = chain.link(before, entry.position, bytes(entry.commitment))
        assert bytes(entry.hash) == before
    assert seal() == 0
    assert list(chain_holds()) == []


def _tamper(*statements: str) -> list[str]:
    """What is said of the chain after somebody with the database's own rights did this."""
    rows("SET LOCAL session_replication_role = replica")
    for statement in statements:
        rows(statement)
    rows("SET LOCAL session_replication_role = DEFAULT")
    return [breach.text for breach in chain_holds()]


@pytest.mark.unverified("cuts the chain")
def test_a_chain_that_was_cut_short_is_missed_by_the_key_store(sealed) -> None:
    head.keep()
    assert list(chain_holds()) == []
    assert _tamper("DELETE FROM hub_auditentry WHERE position > 4") == ["It ends at position 4: the key store noted 6."]
    head.keep()
    assert len(list(chain_holds())) == 1, "a shorter chain was noted"


@pytest.mark.unverified("writes the chain anew")
def test_a_chain_that_was_written_anew_is_not_what_the_key_store_noted(sealed) -> None:
    head.keep()
    assert _tamper(
        "DELETE FROM hub_auditentry WHERE position = 3",
        "UPDATE hub_auditentry SET position = NULL, hash = NULL",
    ) == ["It ends at position 0: the key store noted 6."]
    audit.note("thing.done", actor="system", subject="invented")
    seal()
    assert [breach.text for breach in chain_holds()] == ["The key store noted another hash for position 6."]


def test_a_restored_chain_says_what_was_lost_and_goes_on(sealed) -> None:
    head.keep()
    lost = bytes(sealed[-1].hash).hex()
    assert _tamper("DELETE FROM hub_auditentry WHERE position > 4")
    head.after_restore()
    seal()
    head.keep()
    assert list(chain_holds()) == []
    entry = AuditEntry.objects.get(action="audit.restored")
    assert entry.detail == {"lost_position": 6, "lost_hash": lost, "position": 4}
    assert head.noted() == (5, bytes(entry.hash)) == head.held()


def test_a_restored_key_store_that_noted_less_loses_nothing(sealed) -> None:
    head.keep()
    audit.note("thing.done", actor="system", subject="later")
    seal()
    head.after_restore()
    assert not AuditEntry.objects.filter(action="audit.restored").exists()
    assert head.noted()[0] == 6


def test_equal_entries_have_different_commitments() -> None:
    now = timezone.now()
    one, two = (audit.note("thing.done", actor="system", subject="x", at=now) for _ in range(2))
    assert one.commitment != two.commitment


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM hub_auditentry WHERE position = 3",
        "UPDATE hub_auditentry SET actor = 'user:1' WHERE position = 3",
        "UPDATE hub_auditentry SET at = now() WHERE position = 3",
        "UPDATE hub_auditentry SET detail = '{}' WHERE position = 3",
        "UPDATE hub_auditentry SET subject = '', detail = '{}', salt = NULL WHERE position = 3",
        "UPDATE hub_auditentry SET commitment = '' WHERE position = 3",
        "UPDATE hub_auditentry SET position = 9, hash = '' WHERE position = 3",
        "UPDATE hub_auditentry SET position = NULL, hash = NULL WHERE position = 3",
        "INSERT INTO hub_auditentry (at, actor, action, subject, detail, salt, commitment, position, hash) "
        "VALUES (now(), '', '', '', '{}', '', '', 7, '')",
    ],
)
def test_the_database_refuses_whatever_is_no_addition(sealed, statement) -> None:
    with pytest.raises(Exception, match="audit") as refused, transaction.atomic():
        rows(statement)
    assert refused.value.sqlstate == "23001"
    assert list(chain_holds()) == []


def test_the_orm_is_refused_too(sealed) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        sealed[0].delete()
    sealed[0].subject = "another"
    with pytest.raises(IntegrityError), transaction.atomic():
        sealed[0].save()


@pytest.mark.parametrize("text", ["alice@example.com", "Alice Ashworth", "Grün", "a" * 121, "line\nbreak"])
def test_what_may_be_about_a_person_is_refused(text) -> None:
    for said in ({"subject": text}, {"subject": "x", "note": text}, {"subject": "x", "list": [{"deep": text}]}):
        with pytest.raises(ValueError, match="may be about a person") as refused, transaction.atomic():
            audit.note("thing.done", actor="system", **said)
        assert text not in str(refused.value)
    assert not AuditEntry.objects.exists()


def test_a_redacted_entry_keeps_its_place(sealed, tmp_path) -> None:
    assert audit.redact([sealed[2].pk], actor="user:1", reason="pr_1") == 1
    seal()
    held = AuditEntry.objects.get(position=3)
    assert (held.subject, held.detail, held.salt) == ("", {}, None)
    assert list(chain_holds()) == []
    last = AuditEntry.objects.get(action="audit.redacted")
    assert (last.actor, last.subject, last.detail) == ("user:1", "pr_1", {"entries": [sealed[2].pk]})
    out, lines = exported(tmp_path)
    assert "thing:2" not in out.read_text()
    assert "redacted_at" in json.loads(lines[3])
    assert files.verify(out)["last"] == 7
    with pytest.raises(NotFound):
        audit.redact([sealed[2].pk], actor="user:1", reason="pr_1")


def test_an_export_is_verified_without_a_database(sealed, tmp_path, django_db_blocker) -> None:
    out, lines = exported(tmp_path)
    assert len(lines) == 7
    with django_db_blocker.block():
        assert files.verify(out)["hash"] == bytes(sealed[-1].hash).hex()
    said = io.StringIO()
    call_command("audit", "verify", out, against_hub=True, json=True, stdout=said)
    assert json.loads(said.getvalue().splitlines()[-1])["entries"] == 6


def test_an_export_of_some_time_is_an_unbroken_run(sealed, tmp_path) -> None:
    last = audit.note("thing.done", actor="system", subject="late", at=timezone.now() + timedelta(days=2))
    seal()
    out, lines = exported(tmp_path, since=timezone.now() + timedelta(days=1))
    assert [json.loads(line)["position"] for line in lines[1:]] == [AuditEntry.objects.get(pk=last.pk).position]
    assert files.verify(out)["first"] == 7
    with pytest.raises(SystemExit):
        exported(tmp_path, until=timezone.now() - timedelta(days=1))


def _changed(lines):
    return [*lines[:3], lines[3].replace("thing:2", "thing:9"), *lines[4:]]


def _rehashed(lines):
    """Changed by somebody who knows how commitments are made, but not what followed."""
    entry = json.loads(lines[3])
    entry["subject"] = "thing:9"
    words = chain.said(*(entry[key] for key in ("at", "actor", "action", "subject", "detail")))
    entry["commitment"] = chain.commitment(bytes.fromhex(entry["salt"]), words).hex()
    return [*lines[:3], json.dumps(entry), *lines[4:]]


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (_changed, r"Line 4 \(position 3\) does not say"),
        (_rehashed, r"Line 4 \(position 3\) does not follow"),
        (lambda lines: lines[:3] + lines[4:], "position 3 is missing"),
        (lambda lines: [*lines[:3], lines[3], *lines[3:]], "position 4 is missing"),
        (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], "position 3 is missing"),
        (lambda lines: lines[:-1], "ends at position 5"),
        (lambda lines: lines[1:], "Line 1 is not the head"),
        (lambda lines: [*lines[:3], "{", *lines[4:]], "Line 4 is not a JSON object"),
        (lambda lines: [*lines[:3], "{}", *lines[4:]], "Line 4 lacks"),
    ],
)
def test_a_file_that_was_tampered_with_is_refused(sealed, tmp_path, tamper, says) -> None:
    out, lines = exported(tmp_path)
    out.write_text("\n".join(tamper(lines)) + "\n")
    with pytest.raises(files.BrokenChain, match=says):
        files.verify(out)


def test_a_file_of_another_hub_is_told_apart(sealed, tmp_path, capsys) -> None:
    out, lines = exported(tmp_path)
    head = json.loads(lines[0])
    foreign = json.loads(lines[-1])
    foreign["commitment"] = bytes(32).hex()
    del foreign["subject"], foreign["detail"], foreign["salt"]
    foreign["redacted_at"] = foreign["at"]
    before = bytes.fromhex(json.loads(lines[-2])["hash"])
    foreign["hash"] = head["hash"] = chain.link(before, 6, bytes(32)).hex()
    out.write_text("\n".join([json.dumps(head), *lines[1:-1], json.dumps(foreign)]) + "\n")
    assert files.verify(out)["last"] == 6
    with pytest.raises(SystemExit):
        call_command("audit", "verify", out, against_hub=True)
    assert "another hash at position 6" in capsys.readouterr().err
