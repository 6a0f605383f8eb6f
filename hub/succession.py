"""Succession: a hub that outgrew its match model estimates another from what it holds.

A model knows for how many records it is: how rare an agreement is among strangers depends on how many there are. When
the hub holds less than half or more than double that number, a successor is estimated by the functions of ``match``
and, as ``HUB_MODEL_SUCCESSION`` says, taken, proposed, or not even made.

Every worker looks once a minute. The work is done in a process of its own, one for the whole hub, so that no message
waits for it.
"""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

import hub
from hub import audit, remodel, selectors
from hub.errors import Refused
from hub.models import MatchModelVersion
from hub.sql import rows
from hub.stages import model as models
from matching import bulk
from matching.model import MatchModel, shipped
from matching.prepared import order_of

log = logging.getLogger("hub.succession")

# Fewer records say too little: the shipped model stays, which is for half as many.
LEAST_RECORDS = 4_000
LOOK_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 600.0
LONGEST_PAUSE_SECONDS = 6 * 3600.0
_TURN = "hashtextextended('match model succession', 0)"

# Those in force: the newest of each pair, not retracted, on records that are still what was judged.
_JUDGEMENTS = """
    SELECT j.a_id, j.b_id, j.judgement
    FROM (
        SELECT DISTINCT ON (a_id, b_id) * FROM hub_judgement WHERE retracted_at IS NULL ORDER BY a_id, b_id, id DESC
    ) j
    JOIN hub_matchmodelversion m ON m.active
    JOIN hub_prepared pa ON pa.record_id = j.a_id AND pa.model_id = m.id AND pa.key_data = j.a_key_data
    JOIN hub_prepared pb ON pb.record_id = j.b_id AND pb.model_id = m.id AND pb.key_data = j.b_key_data
    WHERE j.judgement IN ('same', 'different')
"""


def stewards_judgements() -> Iterator[bulk.Judged]:
    """What the hub's stewards judged, by the order hashes of the records."""
    found = rows(_JUDGEMENTS)
    judged = selectors.records({record for a, b, _ in found for record in (a, b)})
    order = {record: order_of(said.source_system, said.source_id) for record, said in judged.items()}
    yield from ((order[a], order[b], verdict) for a, b, verdict in found if a in order and b in order)


def live_records() -> int:
    """How many records are in a golden record."""
    return int(rows("SELECT count(golden_id) FROM hub_crosswalk")[0][0])


@dataclass(frozen=True, slots=True)
class Due:
    """The hub holds ``records`` and outgrew ``model``; ``ready`` is a successor that was estimated for as many."""

    records: int
    model: str
    ready: MatchModelVersion | None


def due() -> Due | None:
    """Whether the hub outgrew its model; None where the model fits, or there are too few records to learn from.

    A model that a person chose fits from then on for half to double the records that the hub held, whatever it was
    estimated for: succession does not take back a decision at once.
    """
    active = MatchModelVersion.objects.filter(active=True).first()
    records = live_records()
    if active is None or records < LEAST_RECORDS or _fits(active, records):
        return None
    made = MatchModelVersion.objects.filter(proposed_at__isnull=False, activated_at=None).order_by("-id")
    return Due(records, active.name, next((version for version in made if _fits(version, records)), None))


def _fits(version: MatchModelVersion, records: int) -> bool:
    numbers = [int(version.document.get("population") or 0)]
    if version.chosen_for is not None:
        numbers.append(version.chosen_for)
    return min(numbers) / 2 <= records <= 2 * max(numbers)


def estimate(*, workers: int = 1) -> MatchModel:
    """The match model for what the hub holds, by the estimation of ``match``: weights, prior, cut, and what judgements
    taught. It knows the attributes that the active model knows."""
    _, present = models.active()
    start = shipped().with_attributes(present.attributes)
    table = bulk.prepare(selectors.canonical_records(), start)
    found = bulk.match_table(table, start, estimate=True, judgements=list(stewards_judgements()), workers=workers)
    return replace(found.model, name=_free_name(f"held-{len(table)}"))


def _free_name(wanted: str) -> str:
    taken = set(MatchModelVersion.objects.filter(name__startswith=wanted).values_list("name", flat=True))
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


@dataclass(frozen=True)
class Successor:
    """What became of it: ``version`` is the successor's name, or "" where none was due."""

    version: str
    records: int
    taken: bool
    outcome: remodel.Outcome | None = None


def succeed(*, policy: str, anyway: bool = False, workers: int = 1) -> Successor:
    """Estimate a successor where one is due (or ``anyway``), and take it where ``policy`` is auto.

    Raises ``Refused`` where another process is at it, or there are too few records.
    """
    if not rows(f"SELECT pg_try_advisory_lock({_TURN})")[0][0]:
        raise Refused("A successor is being estimated already.")
    try:
        found = due()
        if found is None and not anyway:
            return Successor("", live_records(), taken=False)
        version = found.ready if found else None
        if version is None:
            version = _propose(workers, found)
        if policy != "auto":
            return Successor(version.name, found.records if found else live_records(), taken=False)
        outcome = remodel.activate(version, workers=workers)
        log.warning("match model %s is active; %d golden records changed", version.name, outcome.clusters)
        return Successor(version.name, found.records if found else live_records(), taken=True, outcome=outcome)
    finally:
        if connection.connection is not None and not connection.connection.closed:
            rows(f"SELECT pg_advisory_unlock({_TURN})")


def _propose(workers: int, found: Due | None) -> MatchModelVersion:
    records = found.records if found else live_records()
    if records < LEAST_RECORDS:
        raise Refused(f"The hub holds {records:,} records: {LEAST_RECORDS:,} at least are needed to estimate a model.")
    model = estimate(workers=workers)
    with transaction.atomic():
        version = MatchModelVersion.objects.create(
            name=model.name, document=model.to_json(), proposed_at=timezone.now()
        )
        audit.note("model.proposed", actor=audit.SYSTEM, subject=f"model:{version.pk}", records=records)
    log.warning("the hub holds %d records: match model %s was estimated for them; `model activate` takes it",
                records, version.name)  # fmt: skip
    return version


class Watch:
    """Looks now and then whether a successor is due, and has a child process see to it."""

    def __init__(self) -> None:
        self.child: subprocess.Popen[bytes] | None = None
        self.next_look = 0.0
        self.failures = 0

    def look(self) -> int:
        """To be called about once a second; whether a child was started."""
        if self.child is not None and not self._ended(self.child):
            return 0
        now = time.monotonic()
        if settings.HUB_MODEL_SUCCESSION == "off" or now < self.next_look:
            return 0
        self.next_look = now + LOOK_SECONDS * random.uniform(0.8, 1.2)
        found = due()
        if found is None or (found.ready and settings.HUB_MODEL_SUCCESSION == "propose") or _at_it():
            return 0
        self.child = _start()
        return 1

    def _ended(self, child: subprocess.Popen[bytes]) -> bool:
        code = child.poll()
        if code is None:
            return False
        self.child = None
        self.failures = self.failures + 1 if code else 0
        if code:
            pause = min(FIRST_PAUSE_SECONDS * 2 ** (self.failures - 1), LONGEST_PAUSE_SECONDS)
            self.next_look = time.monotonic() + pause * random.uniform(0.8, 1.2)
            log.warning("no successor of the match model came of it (exit code %d); next try in %d s", code, pause)
        return True


def _at_it() -> bool:
    """Whether a process of any worker is estimating now."""
    if rows(f"SELECT pg_try_advisory_lock({_TURN})")[0][0]:
        rows(f"SELECT pg_advisory_unlock({_TURN})")
        return False
    return True


def _start() -> subprocess.Popen[bytes]:
    """The child reads what never comes: when this process dies, by whatever cause, it reads the end and goes too."""
    return subprocess.Popen(
        [sys.executable, "-m", "django", "model", "succeed", "--leashed"],
        stdin=subprocess.PIPE,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        cwd=Path(hub.__file__).parents[1],
        env={"DJANGO_SETTINGS_MODULE": "hub.conf.settings", **os.environ},
    )


watch = Watch()
