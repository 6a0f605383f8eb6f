"""A first load, resolved as a whole, leaves what the three transactions leave, one after the other."""

from __future__ import annotations

import csv
import dataclasses
import json
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from hub import initial, loading, pipeline
from hub.files import Work
from hub.invariants import breaches
from hub.models import InboxMessage, SourceRecord, SourceSystem
from hub.models.inbox import Lane
from hub.sql import rows
from hub.stages import lanehold
from samples import generate
from tests import opened
from tests.integration.load.snapshot import empty, snapshot
from tests.integration.load.test_intake import run, start
from tests.integration.pipeline import world

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scopes(sources):
    SourceSystem.objects.get_or_create(code="other", defaults={"kind": "crm", "scope": "brand-b"})


def write(folder: Path, *, persons: int, seed: int = 5) -> list[Path]:
    """A sample of two scopes with all that a file can hold: updates out of order, deletes, consents, rejects, and
    records without a source time."""
    generate(folder, seed=seed, persons=persons, records=None, format="flat")
    with (folder / "records.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    header = [*found[0], "deleted", "tier"]
    out = []
    for i, r in enumerate(found):
        row = {**r, "deleted": "", "tier": ["gold", "", "silver"][i % 3]}
        row["source_system"] = "other" if i % 5 == 0 else row["source_system"]
        out.append(row)
        if i % 11 == 0:  # the same record again, older or newer, with another name
            out.append({**row, "family_name": "Meyer", "updated_at": f"20{10 + i % 20}-05-05T00:00:00Z"})
        if i % 17 == 0:
            out.append({**row, "deleted": "true", "updated_at": f"20{10 + i % 20}-06-06T00:00:00Z"})
        if i % 23 == 0:
            out.append({**row, "source_id": f"untimed{i}", "updated_at": ""})
        if i % 29 == 0:
            out.append({**row, "birth_date": "1980-02-31"})
        if i % 31 == 0:
            out.append(dict(row))  # word for word
    flat = folder / "all.csv"
    with flat.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(out)
    nested = folder / "nested.ndjson"
    with nested.open("w", encoding="utf-8") as file:
        for i in range(persons // 10):
            consents = [
                {
                    "purpose": "newsletter",
                    "channel": "email",
                    "state": state,
                    "captured_at": f"2026-01-0{day}T00:00:00Z",
                }
                for day, state in [(1, "granted"), (2 + i % 3, "withdrawn")]
            ]
            record = {"source_system": "crm", "source_id": f"n{i % 60}",
                      "occurred_at": f"2026-01-01T00:00:{i % 7:02d}Z", "consents": consents,
                      "name": {"given": ["Alice", "Bob"][i % 2], "family": "Schmidt"},
                      "emails": [{"value": f"p{i % 40}@mail.example.com"}]}  # fmt: skip
            if i % 4 == 0:
                record = {**record, "kind": "organisation", "organisation": {"name": f"Firma {i % 9} GmbH"}}
            file.write(json.dumps(record) + "\n")
    return [flat, nested]


@pytest.mark.parametrize(("cap", "seed"), [(100, 5), (4, 6)])
def test_the_whole_is_what_the_ordinary_path_leaves(cap, seed, scopes, tmp_path, capsys, settings) -> None:
    model = world.tiny_model(cap=cap)
    world.activate(dataclasses.replace(model, potential_mb=-6000))
    files = [str(file) for file in write(tmp_path, persons=600, seed=seed)]
    settings.HUB_BATCH_SIZE = settings.HUB_INITIAL_LOAD = 10**6
    settings.HUB_HOLD_SECONDS = 10**6
    _, ordinary = run(capsys, *files)
    expected = snapshot()
    empty()
    settings.HUB_INITIAL_LOAD = 100
    _, found = run(capsys, *files)
    assert ordinary["resolved_at_once"] == 0
    assert found["resolved_at_once"] == InboxMessage.objects.count() > 1500
    assert {k: v for k, v in found.items() if k != "resolved_at_once"} == {
        k: v for k, v in ordinary.items() if k != "resolved_at_once"
    }
    whole = snapshot()
    for name in expected:
        assert whole[name] == expected[name], name
    assert {"golden.created", "consent.changed", "review.opened"} == {kind for kind, *_ in whole["events"].values()}
    assert bool(whole["suppressed"]) == (cap < 10)
    assert any(deleted for *_, deleted in whole["records"].values())
    assert any(conflict for _, _, conflict, _ in whole["edges"])
    assert list(breaches()) == []


def take_in(files: list[Path]) -> None:
    for file in files:
        loading.take_in(loading.Load(Work(file, None, "", loading.sources())), outcome=loading.Outcome())


def elsewhere(job: Callable[[], Any]) -> None:
    """Do it as another process would, on a connection of its own."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            job()
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


@pytest.mark.parametrize("step", ["take", "match", "tell", "finish"])
def test_what_comes_meanwhile_meets_the_rest(step, scopes, tmp_path) -> None:
    """New customers, some of whom are in the file too, newer and older, and one that is deleted."""
    world.activate(world.tiny_model(cap=8))
    files = write(tmp_path, persons=250)
    take_in(files)
    with files[0].open(encoding="utf-8", newline="") as file:
        known = [r for r in csv.DictReader(file) if r["birth_date"] != "1980-02-31" and r["source_system"] != "other"]

    def till() -> None:
        assert pipeline.drain(lanes=(Lane.INTERACTIVE, Lane.EVENT, Lane.BULK)) == 0
        sent = []
        for i, r in enumerate(known[:60]):
            record = {"source_id": r["source_id"] if i % 2 else f"till{i}",
                      "name": {"given": r["given_name"], "family": r["family_name"]},
                      "birth_date": r["birth_date"], "emails": [{"value": r["email"]}] if r["email"] else [],
                      "occurred_at": ["2001-01-01T00:00:00Z", "2030-01-01T00:00:00Z"][i // 2 % 2],
                      "deleted": i % 10 == 0}  # fmt: skip
            sent.append((r["source_system"], record))
        sources = {s.code: s for s in SourceSystem.objects.all()}
        for system, record in sent:
            pipeline.receive(source=sources[system], payloads=[record], lane=Lane.INTERACTIVE)
        assert pipeline.drain() == len(sent)

    done = []

    def progress(name: str) -> None:
        if name == step:
            elsewhere(till)
            done.append(name)

    with initial.Hold() as hold:
        assert hold.held
        assert initial.load(progress=progress) > 500
    assert done == [step]
    assert rows("SELECT count(*) FROM hub_inboxmessage WHERE status = 0")[0][0] >= 60
    pipeline.drain()
    assert rows("SELECT count(*) FROM hub_inboxmessage WHERE status <> 1") == [(0,)]
    assert list(breaches()) == []
    crowded = rows("SELECT key FROM hub_blockingkey GROUP BY key HAVING count(*) > 8 ORDER BY 1")
    assert rows("SELECT key FROM hub_suppressedkey ORDER BY 1") == crowded != []
    held = opened.addresses()
    assert len(held) == len(set(held.values()))


def test_a_hold_keeps_the_workers_away_and_runs_out(scopes, tmp_path) -> None:
    world.activate(world.tiny_model(cap=100))
    take_in(write(tmp_path, persons=50)[:1])
    assert lanehold.take(Lane.BULK, 1)
    assert not lanehold.take(Lane.BULK, 2)
    assert pipeline.drain() == 0
    with initial.Hold() as second:
        assert not second.held
    rows("UPDATE hub_lanehold SET until = now() - interval '1 second'")
    assert pipeline.drain() > 50


KILLED = """
import os, signal, sys, django; django.setup()
from django.core.management import call_command
from hub import initial
load, step = initial.load, sys.argv[1]
def at(name):
    if name == step:
        os.kill(os.getpid(), signal.SIGKILL)
initial.load = lambda progress: load(progress=at)
call_command(*sys.argv[2:])
"""


@pytest.mark.parametrize("step", ["take", "match", "tell", "finish", "commit"])
def test_kill_9_leaves_nothing_or_all(step, scopes, tmp_path) -> None:
    """The load that is started again goes on where the first one was killed."""
    world.activate(world.tiny_model(cap=100))
    files = [str(f) for f in write(tmp_path, persons=120)]
    first = start(step, "load", *files, "--json", code=KILLED, HUB_INITIAL_LOAD="100")
    first.communicate(timeout=120)
    assert first.returncode == -signal.SIGKILL
    assert not SourceRecord.objects.exists()
    waiting = InboxMessage.objects.filter(status=0).count()
    assert waiting == InboxMessage.objects.count() > 300
    assert rows("SELECT until > now() FROM hub_lanehold") == [(True,)]
    time.sleep(2)  # who renews the hold sees that its parent is gone
    rows("UPDATE hub_lanehold SET until = now() - interval '1 second'")
    second = start("load", *files, "--json", HUB_INITIAL_LOAD="100")
    out, said = second.communicate(timeout=120)
    assert second.returncode == 1, said
    found = json.loads(out.splitlines()[-1])
    assert found["resolved_at_once"] == waiting
    assert found["duplicates"] == 0 or found["resumed_at"] > 0
    assert InboxMessage.objects.count() == waiting
    assert rows("SELECT count(*) FROM hub_inboxmessage WHERE status <> 1") == [(0,)]
    assert not rows("SELECT 1 FROM hub_lanehold")
