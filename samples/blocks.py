"""One block of persons at a time: the records that five systems hold of them, as lines of files.

A block depends on the seed, its number, its size and how many blocks there are, and on nothing else, so
it is the same whichever process makes it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from samples import ids
from samples.dice import Draw, draw_from, shuffled
from samples.flat import row
from samples.held import Held
from samples.households import populate
from samples.observe import contact_person, observe, organisation
from samples.payloads import PAYLOADS
from samples.people import Block, Person

SYSTEMS = ("crm", "loyalty", "ecommerce", "pos", "erp")
BLOCK = 4_000
# Share of the persons that a system knows, and of those that it holds twice.
_KNOWN = {"crm": 0.53, "loyalty": 0.34, "ecommerce": 0.50, "pos": 0.44, "erp": 0.17}
_TWICE = {"crm": 0.07, "loyalty": 0.012, "ecommerce": 0.09, "pos": 0.13, "erp": 0.04}
_IDS_PER_BLOCK = 100_000
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Job:
    seed: int
    index: int
    blocks: int
    first: int
    count: int
    format: str


@dataclass(frozen=True, slots=True)
class Lines:
    """A block's share of every file, by file name without ending, and its difficulties counted."""

    files: dict[str, str]
    records: dict[str, int]
    counts: Counter[str]


def make(job: Job) -> Lines:
    """All records of the block's persons and companies."""
    r = draw_from(job.seed, "block", job.index, job.blocks)
    block = Block(job.seed, job.index, job.blocks, r)
    populate(block, first=job.first, count=job.count)
    counts: Counter[str] = Counter(persons=len(block.people))
    records: list[Held] = []
    numbers = iter(range(job.index * _IDS_PER_BLOCK, (job.index + 1) * _IDS_PER_BLOCK))
    for person in block.people:
        records += _of_person(r, job.seed, person, numbers, counts)
    for company in block.companies:
        if r() < 0.4:
            company_id = ids.sap(job.seed, next(numbers))
            truth = f"c{job.index:05d}{company.number:04d}"
            records.append(organisation(r, company, company_id, truth, counts))
            if r() < 0.08:
                records.append(organisation(r, company, ids.sap(job.seed, next(numbers)), truth, counts))
            for person in company.employees[: 1 + int(r() * 2)]:
                source_id = ids.sap(job.seed, next(numbers))
                records.append(contact_person(r, person, company, source_id, company_id, counts))
    return _lines(job, shuffled(r, records), counts)


def _of_person(r: Draw, seed: int, person: Person, numbers: Iterator[int], counts: Counter[str]) -> list[Held]:
    found: list[Held] = []
    systems = [s for s in SYSTEMS if r() < _KNOWN[s]]
    if not systems:
        systems = [("ecommerce", "pos", "crm")[int(r() * 3)]]
    card = ids.loyalty(seed, next(numbers)) if "loyalty" in systems else ""
    shop = str(ids.shopify(seed, next(numbers))) if "ecommerce" in systems else ""
    for system in systems:
        for copy in range(2 if r() < _TWICE[system] else 1):
            own_card = card
            if system == "loyalty":
                own_card = source_id = card if copy == 0 else ids.loyalty(seed, next(numbers))
            elif system == "ecommerce":
                source_id = shop if copy == 0 else str(ids.shopify(seed, next(numbers)))
            elif system == "crm":
                source_id = ids.salesforce(seed, next(numbers))
            elif system == "pos":
                source_id = ids.square(seed, next(numbers))
            else:
                source_id = ids.sap(seed, next(numbers))
            held = observe(r, person, system, source_id, own_card, counts)
            if system == "loyalty" and shop and copy == 0 and r() < 0.7:
                held.shop_id = shop
            if copy:
                counts["duplicate within a system"] += 1
            found.append(held)
    return found


def _lines(job: Job, records: list[Held], counts: Counter[str]) -> Lines:
    files: dict[str, list[str]] = {"truth": []}
    held_by: Counter[str] = Counter()
    for held in records:
        held_by[held.system] += 1
        counts["country " + held.country] += 1
        if job.format == "flat":
            files.setdefault("records", []).append(row(held))
        else:
            files.setdefault(held.system, []).append(_encode(PAYLOADS[held.system](held)) + "\n")
        files["truth"].append(f"{held.system},{held.source_id},{held.truth}\n")
    return Lines({name: "".join(lines) for name, lines in files.items()}, dict(held_by), counts)
