"""Another policy for a hub that holds records: refused with the line, or followed by every golden record."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from hub import policies, repolicy
from hub.invariants import breaches
from hub.models import AuditEntry, GoldenRecord, OutboxEvent, PolicyVersion
from hub.sql import rows
from hub.stages import model as models
from matching.policy import shipped, shipped_text
from tests import opened
from tests.integration.policies.conftest import alice, golden_of, profile, why

OLDEST = """\
format: 1
name: oldest-1
attributes:
  name: most_complete
  birth_date: minimum
  attributes.*: [most_frequent]
"""


@pytest.fixture
def two(take: Callable[..., None]) -> None:
    take("crm", alice("1", 2, birth_date="1984-03-12", attributes={"shoe_size": 39}))
    take("pos", alice("9", 9, birth_date="1984-03-21", phones=[{"value": "+44 20 7946 0991"}]))
    take("pos", {"source_id": "bob", "name": {"given": "Bob", "family": "Okonkwo"}, "birth_date": "1961-11-30"})


def run(*arguments: str, capsys: Any) -> tuple[int, dict[str, Any], str]:
    """Exit code, the JSON of the last line, what was said beside it."""
    code = 0
    try:
        call_command("policy", *arguments, "--json")
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    return code, json.loads(out.splitlines()[-1]) if out.strip() and not code else {}, err


def test_a_new_hub_follows_the_policy_that_ships(two: None, capsys: Any) -> None:
    code, found, said = run("list", capsys=capsys)
    assert (code, [p["name"] for p in found["policies"]]) == (0, [shipped().name])
    assert f"* {shipped().name}" in said
    assert run("show", capsys=capsys)[1]["document"] == shipped_text()


def test_every_golden_record_follows_another_policy(two: None, tmp_path: Path, capsys: Any) -> None:
    assert why()["birth_date"]["rule"] == "most_frequent"
    before, bob = golden_of().version, golden_of("pos", "bob").version
    (tmp_path / "p.yaml").write_text(OLDEST)
    code, found, _ = run("import", str(tmp_path / "p.yaml"), "--activate", capsys=capsys)
    assert (code, found["active"], found["golden"], found["changed"]) == (0, True, 2, 2)
    assert profile()["birth_date"] == "1984-03-12"
    assert why()["birth_date"]["rule"] == "minimum"
    assert (golden_of().version, golden_of("pos", "bob").version) == (before + 1, bob + 1)
    event = OutboxEvent.objects.filter(golden=golden_of()).latest("sequence")
    assert event.type == "golden.updated"
    assert opened.data(event)["cause"] == {"type": "policy", "ref": "oldest-1"}
    assert AuditEntry.objects.filter(action="policy.activated").count() == 1
    # Again, and nothing happens; back, and all is as it was.
    assert run("activate", "oldest-1", capsys=capsys)[1]["changed"] == 0
    assert run("activate", shipped().name, capsys=capsys)[1]["changed"] == 2
    assert why()["birth_date"]["rule"] == "most_frequent"
    assert [p["active"] for p in run("list", capsys=capsys)[1]["policies"]] == [True, False]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OLDEST.replace("minimum", "smallest"), "line 5, attributes.birth_date.rule: smallest is no rule"),
        (OLDEST.replace("birth_date: minimum", "shoe_size: minimum"), "line 5, attributes.shoe_size: shoe_size is no"),
        (OLDEST.replace("minimum", "{owner: erp_east}"), "There is no source named erp_east"),
        (OLDEST + "consent: {purposes: {marketing: {double_opt_in: maybe}}}\n", "line 7, consent.purposes.marketing"),
        (OLDEST + "name: x\n", "name is here twice"),
        ("", "empty"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_and_the_old_one_stays(
    two: None, tmp_path: Path, capsys: Any, text: str | bytes, said: str
) -> None:
    before = [*GoldenRecord.objects.order_by("id").values_list("version", "content_hash")]
    file = tmp_path / "p.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    for arguments in (("check", str(file)), ("import", str(file)), ("import", str(file), "--activate")):
        code, _, err = run(*arguments, capsys=capsys)
        assert code == 2
        assert said in err
    assert policies.active().policy.name == shipped().name
    assert PolicyVersion.objects.count() == 1
    assert [*GoldenRecord.objects.order_by("id").values_list("version", "content_hash")] == before


def test_a_version_never_changes_and_an_unknown_one_is_said(two: None, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "p.yaml").write_text(OLDEST)
    assert run("import", str(tmp_path / "p.yaml"), capsys=capsys)[0] == 0
    assert run("import", str(tmp_path / "p.yaml"), capsys=capsys)[0] == 0
    (tmp_path / "p.yaml").write_text(OLDEST.replace("minimum", "maximum"))
    code, _, said = run("import", str(tmp_path / "p.yaml"), capsys=capsys)
    assert code == 2
    assert "a version never changes" in said
    assert run("activate", "nobody-1", capsys=capsys)[0] == 2


def test_a_sweep_that_was_cut_off_is_gone_on_with(two: None, monkeypatch: pytest.MonkeyPatch) -> None:
    version = repolicy.keep(OLDEST)
    monkeypatch.setattr(repolicy, "CHUNK", 1)
    seen = []

    def cut_off(done: int, of: int) -> None:
        seen.append((done, of))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        repolicy.activate(version, progress=cut_off)
    assert seen == [(1, 2)]
    assert policies.active().policy.name == "oldest-1"
    assert sorted((why()["birth_date"]["rule"], why("pos", "bob")["birth_date"]["rule"])) == [
        "minimum",
        "most_frequent",
    ]
    assert [b.text for b in breaches()] == ["Not all golden records follow the policy in force: activate it again."]
    monkeypatch.setattr(repolicy, "_looked_at", -repolicy._LOOK_SECONDS)
    assert repolicy.go_on() == 1
    assert list(breaches()) == []
    assert {why()["birth_date"]["rule"], why("pos", "bob")["birth_date"]["rule"]} == {"minimum"}
    monkeypatch.setattr(repolicy, "_looked_at", -repolicy._LOOK_SECONDS)
    assert repolicy.go_on() == 0


def test_records_that_come_during_a_sweep_follow_the_new_policy(
    two: None, take: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repolicy, "CHUNK", 1)

    def meanwhile(done: int, of: int) -> None:
        take("erp", alice(f"e{done}", 20 + done, birth_date="1983-03-12"))
        take("pos", {"source_id": f"new{done}", "name": {"given": f"Zoe{done}", "family": "New"}})

    repolicy.activate(repolicy.keep(OLDEST), progress=meanwhile)
    assert profile()["birth_date"] == "1983-03-12"
    assert list(breaches()) == []


def test_two_activations_exclude_one_another(two: None) -> None:
    version = repolicy.keep(OLDEST)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended('policy activation', 0))")
        with pytest.raises(Exception, match="Another policy is being put in force"):
            repolicy.activate(version)
    finally:
        other.close()
    assert rows("SELECT name FROM hub_policyversion WHERE active") == [(shipped().name,)]


def test_verify_finds_a_value_that_another_policy_gave(two: None) -> None:
    version = repolicy.keep(OLDEST)
    PolicyVersion.objects.update(active=False)
    PolicyVersion.objects.filter(pk=version.pk).update(active=True)
    assert {b.invariant for b in breaches()} == {4}
    PolicyVersion.objects.update(active=False)
    PolicyVersion.objects.filter(name=shipped().name).update(active=True)


def test_a_worker_that_read_the_old_policy_is_waited_for(two: None) -> None:
    """What it writes is swept after it committed, and nobody reads the old policy once the new one is in force."""
    version = repolicy.keep(OLDEST)
    model_id, _ = models.active()
    done: list[int] = []

    def elsewhere() -> None:
        try:
            done.append(repolicy.activate(version).changed)
        finally:
            connection.close()

    other = threading.Thread(target=elsewhere)
    with transaction.atomic():
        models.hold(model_id)
        assert policies.active().policy.name == shipped().name
        other.start()
        # Other tests wait for locks in databases of their own on the same server.
        waiting = (
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
            "WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted"
        )
        for _ in range(100):
            if rows(waiting)[0][0]:
                break
            time.sleep(0.05)
        assert rows(waiting)[0][0] == 1
        assert policies.active().policy.name == shipped().name
    other.join(timeout=60)
    assert done == [2]
    assert policies.active().policy.name == "oldest-1"
    assert list(breaches()) == []
