"""A hub that outgrows its match model: what it does about it, as HUB_MODEL_SUCCESSION says."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections

from hub import pipeline, succession
from hub.errors import Refused
from hub.models import MatchModelVersion
from hub.selectors import crosswalk_rows
from hub.sql import rows
from hub.stages import model as models
from matching.evaluate import evaluate
from tests.integration.models import checks
from tests.integration.pipeline import world

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def outgrown(sources, monkeypatch):
    """A hub with some 190 records whose model is for 60, and that may learn from so few."""
    monkeypatch.setattr(succession, "LEAST_RECORDS", 100)
    world.activate(world.tiny_model(cap=50))
    world.send(world.operations(31, size=400))
    pipeline.drain()
    assert succession.live_records() > 120


def test_a_model_that_fits_has_no_successor(outgrown, monkeypatch) -> None:
    MatchModelVersion.objects.filter(active=True).update(chosen_for=succession.live_records())
    assert succession.due() is None
    assert succession.succeed(policy="auto").version == ""
    assert MatchModelVersion.objects.count() == 1


def test_too_few_records_keep_the_model(outgrown, monkeypatch) -> None:
    monkeypatch.setattr(succession, "LEAST_RECORDS", 4_000)
    assert succession.due() is None
    with pytest.raises(Refused, match="4,000 at least"):
        succession.succeed(policy="propose", anyway=True)


def test_propose_leaves_it_to_a_person_and_auto_takes_what_was_proposed(outgrown, settings, capsys) -> None:
    records = succession.live_records()
    made = succession.succeed(policy="propose")
    assert (made.version, made.taken) == (f"held-{records}", False)
    assert checks.active() == "cap-50"
    call_command("model", "list", "--json")
    listed = {m["name"]: m for m in json.loads(capsys.readouterr().out.splitlines()[-1])["models"]}
    assert listed[made.version]["proposed"]
    assert listed[made.version]["population"] == records
    settings.HUB_MODEL_SUCCESSION = "propose"
    watch = succession.Watch()
    assert (watch.look(), watch.child) == (0, None)
    assert succession.succeed(policy="propose").version == made.version
    taken = succession.succeed(policy="auto")
    assert (taken.version, taken.taken) == (made.version, True)
    assert MatchModelVersion.objects.count() == 2
    assert checks.active() == made.version
    checks.assert_consistent()


def test_off_does_nothing(outgrown, settings) -> None:
    settings.HUB_MODEL_SUCCESSION = "off"
    watch = succession.Watch()
    assert (watch.look(), watch.child) == (0, None)
    with pytest.raises(SystemExit) as ended:
        call_command("model", "succeed")
    assert ended.value.code == 2
    assert MatchModelVersion.objects.count() == 1


def test_a_persons_choice_is_not_taken_back(outgrown) -> None:
    succession.succeed(policy="auto")
    assert checks.active() != "cap-50"
    call_command("model", "activate", "cap-50")
    assert checks.active() == "cap-50"
    assert succession.due() is None
    checks.assert_consistent()


def test_one_at_a_time(outgrown, settings) -> None:
    settings.HUB_MODEL_SUCCESSION = "auto"
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_lock({succession._TURN})")
        with pytest.raises(Refused, match="already"):
            succession.succeed(policy="auto")
        watch = succession.Watch()
        assert (watch.look(), watch.child) == (0, None)
    finally:
        other.close()


def test_judgements_teach_the_successor_what_the_command_would_learn(outgrown) -> None:
    each = [min(group) for group in sorted(world.partition(), key=sorted)]
    for verdict, others in (("different", each[1:13]), ("same", each[2:14])):
        for a, b in zip(each[:12], others, strict=True):
            pipeline.judge(a=tuple(a.split(":")), b=tuple(b.split(":")), judgement=verdict)
    judged = list(succession.stewards_judgements())
    assert sorted(verdict for *_, verdict in judged) == ["different"] * 12 + ["same"] * 12
    made = MatchModelVersion.objects.get(name=succession.succeed(policy="auto").version)
    assert made.document["provenance"]["judgements"]["labels"] > 0
    checks.assert_consistent()


def test_after_a_failure_it_pauses(outgrown, settings, monkeypatch) -> None:
    settings.HUB_MODEL_SUCCESSION = "auto"
    monkeypatch.setattr(succession, "_start", lambda: subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]))
    watch = succession.Watch()
    pauses = []
    for _ in range(2):
        watch.next_look = 0.0
        assert watch.look() == 1
        assert watch.child is not None
        watch.child.wait(timeout=60)
        assert watch.look() == 0
        pauses.append(watch.next_look - time.monotonic())
    assert watch.failures == 2
    assert 400 < pauses[0] < 800 < pauses[1]


def environment(monkeypatch) -> None:
    """A child of this process finds the test's database."""
    held = connection.settings_dict
    host = held["OPTIONS"].get("host") or held["HOST"] or "localhost"
    port = f"&port={held['PORT']}" if held["PORT"] else ""
    url = f"postgres://{held['USER']}:{held['PASSWORD']}@/{held['NAME']}?host={host}{port}"
    monkeypatch.setenv("DATABASE_URL", url)


def test_the_child_ends_with_the_worker(sources, monkeypatch) -> None:
    world.activate(world.tiny_model(cap=50))
    environment(monkeypatch)
    other = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("LOCK TABLE hub_matchmodelversion")
        child = succession._start()
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(timeout=5)
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(timeout=20) == -signal.SIGKILL
    finally:
        other.rollback()
        other.close()


@pytest.fixture(scope="module")
def customers(tmp_path_factory) -> Path:
    """A flat file of about 8,000 records, and who they are."""
    folder = tmp_path_factory.mktemp("customers")
    subprocess.run(
        [sys.executable, "-m", "samples", "--records", "8300", "--format", "flat", "--out", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return folder


def test_a_hub_that_grows_ends_as_good_as_one_run_over_all(
    sources, customers: Path, tmp_path: Path, monkeypatch, settings
) -> None:
    settings.HUB_MODEL_SUCCESSION = "auto"
    environment(monkeypatch)
    models.active()  # the shipped model
    with (customers / "records.csv").open(encoding="utf-8", newline="") as file:
        head, *lines = file.readlines()
    watch, start, active = succession.Watch(), 0, []
    for end in (1_000, 2_000, 4_100, len(lines)):
        part = tmp_path / f"{end}.csv"
        part.write_text(head + "".join(lines[start:end]), encoding="utf-8")
        call_command("load", str(part))
        start = end
        pipeline.drain()
        watch.next_look = 0.0
        if watch.look():
            assert watch.child is not None
            assert watch.child.wait(timeout=240) == 0
        active.append(checks.active())
    shipped, held = active[0], succession.live_records()
    assert active[:3] == [shipped, shipped, "held-4100"]
    assert held / 2 <= MatchModelVersion.objects.get(active=True).document["population"] <= 2 * held
    assert rows("SELECT count(*) FROM hub_inboxmessage WHERE status <> 1") == [(0,)]

    matched = tmp_path / "clusters.csv"
    call_command("match", str(customers / "records.csv"), "--out", str(matched))
    truth = column(customers / "truth.csv", "truth")
    ours = evaluate(truth, {(system, source_id): golden for system, source_id, golden in crosswalk_rows()})
    theirs = evaluate(truth, column(matched, "cluster_id"))
    assert ours.pairwise.f1 >= theirs.pairwise.f1 - 0.005
    assert ours.pairwise.precision >= theirs.pairwise.precision - 0.005


def column(path: Path, name: str) -> dict[tuple[str, str], str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["source_system"], row["source_id"]): row[name] for row in csv.DictReader(file)}
