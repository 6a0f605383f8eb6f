"""Households into records, records into shuffled files, with memory that does not grow with the number of records."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bench.second import counters, online
from bench.second.fields import COLUMNS, Row, stamp
from bench.second.households import COUNTRY, household
from bench.second.people import NOW, Person
from bench.second.words import Choice, pick
from bench.second.world import World

# How many records a person has: about 2.2, a third have one, a few have ten.
RECORDS = Choice({1: 330, 2: 332, 3: 196, 4: 82, 5: 32, 6: 14, 7: 7, 8: 4, 9: 2, 10: 1})
PER_PERSON = 2.25
ORGANISATIONS = 0.03
BUCKETS = 64
SYSTEMS = {"webshop": online.shop, "app": online.app, "newsletter": online.news}
SYSTEMS |= {"tills": counters.till, "care": counters.care, "erp": counters.erp}
DIGITAL = {"webshop": 40, "app": 22, "newsletter": 9, "tills": 8, "care": 9, "erp": 3}
OFFLINE = {"webshop": 19, "app": 10, "newsletter": 3, "tills": 17, "care": 29, "erp": 12}
# How likely another record of the same system is, once there is one: guests come again, an app is installed once.
AGAIN = {"webshop": 0.55, "app": 0.12, "newsletter": 0.3, "tills": 0.55, "care": 0.25, "erp": 0.1}
IDS = {"webshop": "W{:08d}", "app": "u-{:07x}", "newsletter": "{}", "tills": "T{:09d}"}
IDS |= {"care_us": "US-{:07d}", "care_eu": "EU{:07d}", "erp": "{:010d}"}


def records_of(rng: Random, world: World, person: Person) -> Iterator[Row]:
    """The person's records, each from a time and a system that suit them."""
    weights = {name: DIGITAL[name] * person.digital + OFFLINE[name] * (1 - person.digital) for name in SYSTEMS}
    if not (person.mails or person.shared_mail):
        weights["newsletter"] = 0.0
        weights["webshop"] *= 0.15
    first = max(2012.0, person.born[0] + 16.0)
    for _ in range(RECORDS.draw(rng)):
        system = Choice(weights).draw(rng)
        weights[system] *= AGAIN[system]
        when = first + (NOW - first) * rng.random() ** 0.6
        row = SYSTEMS[system](rng, world, person, when)
        row["updated_at"] = stamp(when)
        yield row


def firms(rng: Random, world: World, serial: int) -> Iterator[tuple[str, Row]]:
    """The records of one organisation that is a customer itself."""
    country = COUNTRY.draw(rng)
    firm = world.firms[country].customer(rng)
    if firm is None:
        return
    for _ in range(1 + int(rng.random() ** 1.5 * 4)):
        system = pick(rng, ("erp", "erp", "webshop", "care_us" if country == "US" else "care_eu"))
        when = 2012 + (NOW - 2012) * rng.random()
        row = counters.organisation(rng, world, country, when, system, firm)
        row["updated_at"] = stamp(when)
        yield f"O{serial:06d}", row


def rows(rng: Random, count: int) -> Iterator[tuple[str, Row]]:
    """``count`` pairs of truth and record, those of a household one after the other."""
    world = World(rng, int(count / PER_PERSON))
    made = serial = 0
    while made < count:
        if rng.random() < ORGANISATIONS:
            serial += 1
            batch = list(firms(rng, world, serial))
        else:
            batch = [(member.truth, row) for member in household(rng, world) for row in records_of(rng, world, member)]
        yield from batch[: count - made]
        made += len(batch)


def write(folder: Path, *, seed: int, count: int) -> None:
    """Writes ``records.csv`` and ``truth.csv`` in an order that gives nothing away; same seed, same bytes.

    Rows are dealt into buckets on disk, each of which is shuffled by itself; ids are given out in the final order.
    """
    rng, shuffler = Random(seed), Random(seed + 1)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        heaps = [(Path(scratch) / str(n)).open("w", encoding="utf-8", newline="") for n in range(BUCKETS)]
        for truth, row in rows(rng, count):
            line = io.StringIO()
            csv.writer(line, lineterminator="\n").writerow([truth, *(row.get(column, "") for column in COLUMNS)])
            heaps[int(shuffler.random() * BUCKETS)].write(line.getvalue())
        for heap in heaps:
            heap.close()
        _deal(folder, [Path(heap.name) for heap in heaps], shuffler)


def _deal(folder: Path, heaps: list[Path], shuffler: Random) -> None:
    serials = {system: 1000 + int(shuffler.random() * 9000) for system in IDS}
    with (
        (folder / "records.csv").open("w", encoding="utf-8", newline="") as records_file,
        (folder / "truth.csv").open("w", encoding="utf-8", newline="") as truth_file,
    ):
        records, truths = csv.writer(records_file, lineterminator="\n"), csv.writer(truth_file, lineterminator="\n")
        records.writerow(COLUMNS)
        truths.writerow(("source_system", "source_id", "truth"))
        for heap in heaps:
            with heap.open(encoding="utf-8", newline="") as lines:
                dealt = list(csv.reader(lines))
            shuffler.shuffle(dealt)
            for truth, system, _, *rest in dealt:
                serials[system] += 1 + int(shuffler.random() * 3)
                source_id = IDS[system].format(serials[system])
                records.writerow((system, source_id, *rest))
                truths.writerow((system, source_id, truth))
