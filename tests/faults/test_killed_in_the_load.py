"""PostgreSQL, Valkey and the worker are killed in the middle of the demo's load; the outcome is the same."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import psycopg
import pytest

from samples import generate
from tests.servers import Stack

pytestmark = [pytest.mark.faults, pytest.mark.servers]

SYSTEMS = [
    ("crm", "salesforce"),
    ("loyalty", "loyaltylion"),
    ("ecommerce", "shopify"),
    ("pos", "square"),
    ("erp", "sap"),
]
SEED = int(os.environ.get("FAULT_SEED", "7"))


def load_all(stack: Stack, folder: Path) -> list[subprocess.Popen[str]]:
    """One ``load`` after the other would hide races: all five at once."""
    return [
        subprocess.Popen(
            [sys.executable, "manage.py", "load", str(folder / f"{code}.ndjson"), "--source", code, "--map", connector,
             "--json"],
            cwd=stack.checkout, env=stack.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for code, connector in SYSTEMS
    ]  # fmt: skip


def wait_until_all_have_begun(stack: Stack) -> None:
    """The five files are being read: there are messages of every source."""
    with psycopg.connect(stack.runtime()["DATABASE_URL"], autocommit=True) as connection:
        for _ in range(300):
            found = connection.execute("SELECT count(DISTINCT system_id) FROM hub_inboxmessage").fetchone()
            if found == (len(SYSTEMS),):
                return
            time.sleep(0.05)
    raise AssertionError("the loads did not begin")


def finish(stack: Stack, loads: list[subprocess.Popen[str]], folder: Path) -> dict[str, Any]:
    for load in loads:
        out, err = load.communicate(timeout=240)
        assert load.returncode == 0, (out, err)
        assert json.loads(out.splitlines()[-1])["dead_letters"] == 0
    verified = stack.manage("verify", "--json")
    found: dict[str, Any] = json.loads(verified.stdout.splitlines()[-1])
    assert found["breaches"] == []
    exported = stack.manage("export", "crosswalk", "--out", str(folder / "crosswalk.csv"))
    assert exported.returncode == 0, exported.stderr
    return found


def clusters(file: Path) -> set[frozenset[tuple[str, str]]]:
    groups: dict[str, set[tuple[str, str]]] = defaultdict(set)
    with file.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            groups[row["golden_id"]].add((row["source_system"], row["source_id"]))
    return {frozenset(group) for group in groups.values()}


def test_the_same_counts_after_kill_9_of_everything(tmp_path: Path) -> None:
    sys.stdout.write(f"FAULT_SEED={SEED}\n")  # shown where the test fails
    dice = random.Random(SEED)
    sample = tmp_path / "sample"
    summary = generate(sample, seed=SEED, persons=600, records=None, format="payloads")
    calm, stormy = tmp_path / "calm", tmp_path / "stormy"
    calm.mkdir()
    stormy.mkdir()
    with Stack(begun=True) as stack:
        expected = finish(stack, load_all(stack, sample), calm)
    with Stack(begun=True) as stack:
        loads = load_all(stack, sample)
        wait_until_all_have_begun(stack)
        for name in dice.sample(["postgres", "worker", "valkey", "postgres", "worker"], 5):
            time.sleep(dice.uniform(0.2, 1.0))
            stack.kill9(name)
        found = finish(stack, loads, stormy)
    assert found["records"] == expected["records"] == summary.total
    assert found["golden_records"] == expected["golden_records"]
    assert found["waiting"] == 0
    assert clusters(stormy / "crosswalk.csv") == clusters(calm / "crosswalk.csv")
