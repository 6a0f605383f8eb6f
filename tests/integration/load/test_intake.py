"""``load``: what is in the file is in the inbox once, whatever happens to the process on the way."""

from __future__ import annotations

import csv
import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from hub import files, loading
from hub.errors import Refused
from hub.models import InboxMessage, LoadProgress, SourceRecord
from hub.sql import rows
from tests.hatchery import Hatched, hatch
from tests.integration.pipeline import world

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

GIVEN = ["Alice", "Bob", "Charlie"]


def write(path: Path, number: int, *, timed: bool = True, bad: int = 0) -> Path:
    """A CSV of ``number`` records; every ``bad``-th row is one that cannot be taken."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["source_system", "source_id", "given_name", "family_name", "birth_date", "tier", "updated_at"])
        for i in range(number):
            born = "1980-02-31" if bad and i % bad == 0 else "1980-02-11"
            told = "2026-01-01T00:00:00Z" if timed else ""
            out.writerow(["crm", f"c{i}", GIVEN[i % 3], f"Family{i}", born, "gold", told])
    return path


def run(capsys: Any, *arguments: str) -> tuple[int, dict[str, Any]]:
    code = 0
    try:
        call_command("load", *arguments, "--json")
    except SystemExit as ended:
        code = int(ended.code or 0)
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return code, found


def test_a_file_is_loaded_and_loading_it_again_changes_nothing(sources, tmp_path, capsys) -> None:
    world.activate(world.tiny_model(cap=100))
    file = write(tmp_path / "a.csv", 300, bad=100)
    code, found = run(capsys, str(file), "--rejects", str(tmp_path / "out.csv"))
    assert code == 1
    assert (found["records"], found["duplicates"], found["rejects"]) == (297, 0, 3)
    assert found["unknown_columns"] == ["tier"]
    assert found["golden_records"] == 3
    refused = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8")))
    assert [(r["file"], r["line"], r["source_id"]) for r in refused] == [
        ("a.csv", "2", "c0"), ("a.csv", "102", "c100"), ("a.csv", "202", "c200")]  # fmt: skip
    assert all(r["reason"].startswith("birth_date: is no day") for r in refused)
    assert not LoadProgress.objects.exists()
    code, found = run(capsys, str(file))
    assert (code, found["records"], found["duplicates"]) == (1, 297, 297)
    assert InboxMessage.objects.count() == 297


def test_what_no_source_was_made_for_is_refused_by_row(sources, tmp_path, capsys) -> None:
    world.activate(world.tiny_model(cap=100))
    file = tmp_path / "a.csv"
    file.write_text("source_system,source_id,given_name\ncrm,1,Alice\nnobody,2,Bob\n,3,Charlie\n")
    code, found = run(capsys, str(file), "--rejects", str(tmp_path / "out.csv"))
    assert (code, found["records"], found["rejects"]) == (1, 1, 2)
    refused = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8")))
    assert ["create_source nobody" in r["reason"] for r in refused] == [True, False]
    assert "--source" in refused[1]["reason"]


def test_after_an_end_in_the_middle_it_goes_on(sources, tmp_path, monkeypatch) -> None:
    """Rows without a source time have nothing to be known by when they come again."""
    monkeypatch.setattr(files, "AT_ONCE", 100)
    file = write(tmp_path / "a.csv", 1000, timed=False, bad=50)
    out = tmp_path / "out.csv"
    work = files.Work(file, None, "", loading.sources())

    class Ended(Exception):
        pass

    def after_some(number: int) -> None:
        if InboxMessage.objects.count() > 400:
            raise Ended

    first = loading.Load(work)
    with loading.RejectsFile(out) as rejects, pytest.raises(Ended):
        loading.take_in(first, rejects=rejects, outcome=loading.Outcome(), progress=after_some)
    with out.open("a") as torn:
        torn.write("a.csv,501,c5")  # written, but its rows were not committed
    moved = file.rename(tmp_path / "b.csv")
    second = loading.Load(files.Work(moved, None, "", loading.sources()))
    assert second.count.rows == first.count.rows > 0
    outcome = loading.Outcome()
    with loading.RejectsFile(out, length=second.count.rejects_bytes) as rejects:
        loading.take_in(second, rejects=rejects, outcome=outcome)
    assert (outcome.records, outcome.duplicates, outcome.rejects) == (980, 0, 20)
    assert InboxMessage.objects.count() == 980
    assert len(list(csv.DictReader(out.open(encoding="utf-8")))) == 20
    with pytest.raises(Refused, match="Another process"):
        first.store(files.Piece(rows=1), {}, rejects_bytes=0)


COMMAND = "import sys; from django.core.management import call_command; call_command(*sys.argv[1:])"


def start(*arguments: str, code: str = COMMAND, **environment: str) -> Hatched:
    """A command in a process of its own, on the test's database."""
    return hatch(code, *arguments, **environment)


def test_kill_9_in_the_intake_loses_and_doubles_nothing(sources, tmp_path) -> None:
    world.activate(world.tiny_model(cap=100))
    file = write(tmp_path / "a.csv", 30_000, timed=False, bad=1000)
    killed = start("load", str(file), "--json")
    for _ in range(600):
        if rows("SELECT 1 FROM hub_loadprogress WHERE rows > 0"):
            break
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=30)
    stored = InboxMessage.objects.count()
    assert 0 < stored < 29_970
    work = files.Work(file, None, "", loading.sources())
    load, outcome = loading.Load(work), loading.Outcome()
    loading.take_in(load, outcome=outcome)
    assert (outcome.records, outcome.rejects) == (29_970, 30)
    assert InboxMessage.objects.count() == 29_970
    assert len(set(map(bytes, InboxMessage.objects.values_list("address", flat=True)))) == 29_970


def test_a_file_that_says_nothing_is_refused(sources, tmp_path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    with pytest.raises(SystemExit) as ended:
        call_command("load", str(empty))
    assert ended.value.code == 2
    assert not SourceRecord.objects.exists()
