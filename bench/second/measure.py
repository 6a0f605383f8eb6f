"""How hard a file is: the shares of its difficulties, and what linking by equal contact points alone would give."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

from bench.second.spelling import PLAIN

Record = dict[str, str]
CAP = 20  # a value on more records than this is nobody's own


def read(folder: Path) -> tuple[list[Record], list[str]]:
    """Records and the truth of each, in file order."""
    with (folder / "records.csv").open(encoding="utf-8", newline="") as lines:
        records = list(csv.DictReader(lines))
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as lines:
        truths = {(row["source_system"], row["source_id"]): row["truth"] for row in csv.DictReader(lines)}
    return records, [truths[record["source_system"], record["source_id"]] for record in records]


def digits(text: str) -> str:
    """The last eight digits of a telephone number before its extension: the same in every spelling."""
    found = re.sub(r"\D", "", re.split(r"(?i)\s?(?:x|ext|durchwahl)", text)[0])
    return found[-8:] if len(found) >= 7 and len(set(found)) > 2 else ""


def contact_points(record: Record) -> set[str]:
    """E-mail addresses, telephones and ids in a form that can be compared."""
    found = {"e" + record[field].strip().lower() for field in ("email", "email2") if "@" in record[field]}
    found |= {"p" + number for field in ("phone", "phone2") if (number := digits(record[field]))}
    return found | {field[0] + record[field] for field in ("loyalty_id", "tax_id") if record[field]}


def plain(text: str) -> str:
    return re.sub("[^a-z ]", "", text.translate(PLAIN).lower())


def birth(record: Record) -> str:
    """The day of birth as year, month, day without order; empty where there is none or a placeholder."""
    parts = sorted(re.findall(r"\d+", record["birth_date"]))
    return "" if len(parts) < 3 or "1900" in parts or parts.count("01") == 2 else " ".join(part[-2:] for part in parts)


def useful_keys(record: Record) -> set[str]:
    """What a linker could hang a pair on: contact points, day of birth, full name, door, a name in a town."""
    found = contact_points(record)
    found |= {"b" + born for born in [birth(record)] if born}
    words = plain(" ".join(record[field] for field in ("given_name", "family_name", "full_name"))).split()
    long = sorted(word for word in words if len(word) > 2)
    found |= {"n" + " ".join(pair) for pair in combinations(long, 2)}
    code, number = record["postal_code"].replace(" ", "").upper(), re.search(r"\d+", record["street"])
    found |= {f"c{place} {word}" for word in long for place in (code, plain(record["city"])) if place}
    if code and number:
        found.add(f"d{code} {number.group()}")
    return found


def clusters_of(labels: list) -> dict[object, list[int]]:
    found = defaultdict(list)
    for place, label in enumerate(labels):
        found[label].append(place)
    return found


def trivial_labels(records: list[Record]) -> list[int]:
    """Connected components of records that share a contact point, leaving out what more than ``CAP`` records hold."""
    points = [contact_points(record) for record in records]
    held = Counter(point for found in points for point in found)
    parent = list(range(len(records)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    first: dict[str, int] = {}
    for place, found in enumerate(points):
        for point in sorted(found):
            if held[point] <= CAP:
                parent[root(place)] = root(first.setdefault(point, place))
    return [root(place) for place in range(len(records))]


def pairwise(truths: list, labels: list) -> dict[str, float]:
    """Precision, recall and F1 over pairs."""

    def pairs(groups: dict) -> int:
        return sum(len(group) * (len(group) - 1) // 2 for group in groups.values())

    both = pairs(clusters_of(list(zip(truths, labels, strict=True))))
    said, true = pairs(clusters_of(labels)), pairs(clusters_of(truths))
    precision, recall = both / said if said else 1.0, both / true if true else 1.0
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(2 * both / ((said + true) or 1), 4),
    }


def report(folder: Path) -> dict[str, object]:
    """The shares of difficulties in a written file, as README.md lists them."""
    records, truths = read(folder)
    groups = clusters_of(truths)
    persons = [group for group in groups.values() if records[group[0]]["kind"] != "organisation"]
    keys = [useful_keys(record) for record in records]
    pairs = [pair for group in persons for pair in combinations(group, 2)]
    tills = [record for record in records if record["source_system"] == "tills"]
    bare = sum(not contact_points(record) and not record["street"] and not record["birth_date"] for record in tills)
    columns = {name: round(sum(bool(r[name]) for r in records) / len(records), 3) for name in records[0]}
    return {
        "records": len(records),
        "persons": len(persons),
        "records_per_person": round(sum(map(len, persons)) / len(persons), 3),
        "single": round(sum(len(group) == 1 for group in persons) / len(persons), 4),
        "largest": max(map(len, persons)),
        "organisation_records": sum(record["kind"] == "organisation" for record in records),
        "pairs": len(pairs),
        "pairs_without_useful_key": round(sum(not keys[a] & keys[b] for a, b in pairs) / (len(pairs) or 1), 4),
        "pairs_without_contact_point": round(
            sum(not contact_points(records[a]) & contact_points(records[b]) for a, b in pairs) / (len(pairs) or 1), 4
        ),
        "till_records_bare": round(bare / (len(tills) or 1), 4),
        "trivial": pairwise(truths, trivial_labels(records)),
        "systems": dict(sorted(Counter(record["source_system"] for record in records).items())),
        "filled": columns,
    }
