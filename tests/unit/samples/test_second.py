"""The second hand's records: the same for a seed, labelled throughout, and as hard as its README says."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from bench.second import measure, phones, spelling
from bench.second.contacts import tax_id
from bench.second.fields import COLUMNS
from bench.second.generate import write

ROOT = Path(__file__).parents[3]
COUNT = 12_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("second")
    write(made, seed=77, count=COUNT)
    return made


@pytest.fixture(scope="module")
def figures(folder: Path) -> dict:
    return measure.report(folder)


@pytest.fixture(scope="module")
def records(folder: Path) -> list[dict[str, str]]:
    return measure.read(folder)[0]


def test_same_seed_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    for hash_seed in ("1", "2"):
        command = [sys.executable, "-m", "bench.second", "--out", str(tmp_path / hash_seed)]
        command += ["--seed", "5", "--records", "900"]
        subprocess.run(command, check=True, cwd=ROOT, env={"PYTHONHASHSEED": hash_seed})
    for name in ("records.csv", "truth.csv"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_another_seed_makes_other_records(tmp_path: Path) -> None:
    write(tmp_path / "a", seed=5, count=300)
    write(tmp_path / "b", seed=6, count=300)
    assert (tmp_path / "a" / "records.csv").read_bytes() != (tmp_path / "b" / "records.csv").read_bytes()


@pytest.mark.parametrize("count", [1, 2, 777])
def test_as_many_records_as_asked_for(tmp_path: Path, count: int) -> None:
    write(tmp_path, seed=3, count=count)
    records, truths = measure.read(tmp_path)
    assert len(records) == len(truths) == count
    assert sorted(path.name for path in tmp_path.iterdir()) == ["records.csv", "truth.csv"]


def test_no_records_is_refused() -> None:
    command = [sys.executable, "-m", "bench.second", "--out", "unused", "--records", "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--records must be 1 or more" in done.stderr
    assert not (ROOT / "unused").exists()


def test_every_record_has_one_truth(folder: Path, records: list[dict[str, str]]) -> None:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as lines:
        labelled = Counter((row["source_system"], row["source_id"]) for row in csv.DictReader(lines) if row["truth"])
    assert labelled == Counter((record["source_system"], record["source_id"]) for record in records)
    assert set(labelled.values()) == {1}
    assert tuple(records[0]) == COLUMNS


def test_neither_order_nor_id_gives_persons_away(folder: Path) -> None:
    records, truths = measure.read(folder)
    together = sum(a == b for a, b in pairwise(truths))
    assert together < 0.001 * COUNT + 5
    ordered = [truth for _, truth in sorted(zip((r["source_id"] for r in records), truths, strict=True))]
    assert sum(a == b for a, b in pairwise(ordered)) < 0.001 * COUNT + 5


@pytest.mark.parametrize(
    ("figure", "low", "high"),
    [
        ("records_per_person", 2.1, 2.35),
        ("single", 0.30, 0.355),
        ("largest", 8, 10),
        ("pairs_without_useful_key", 0.08, 0.13),
        ("pairs_without_contact_point", 0.48, 0.62),
        ("till_records_bare", 0.20, 0.29),
    ],
)
def test_shares_are_as_described(figures: dict, figure: str, low: float, high: float) -> None:
    assert low <= figures[figure] <= high


def test_equal_contact_points_alone_do_not_do(figures: dict) -> None:
    trivial = figures["trivial"]
    assert 0.5 < trivial["f1"] < 0.65
    assert trivial["precision"] < 0.9


def test_systems_and_columns_are_filled_unevenly(figures: dict) -> None:
    assert len(figures["systems"]) == 7
    assert min(figures["systems"].values()) > 0.04 * COUNT
    filled = figures["filled"]
    assert 0.3 < filled["birth_date"] < 0.5
    assert 0.55 < filled["email"] < 0.72
    assert 0.0 < filled["tax_id"] < 0.05
    assert filled["deleted"] == 0


def test_systematic_habits_are_there(records: list[dict[str, str]]) -> None:
    tills = [record for record in records if record["source_system"] == "tills"]
    families: dict[tuple[str, str], set[str]] = {}
    for record in tills:
        if record["street"] and not record["phone"]:
            door = record["preferred_store"], record["postal_code"]
            families.setdefault(door, set()).add(record["full_name"].upper())
    assert sum(len(names) >= 3 for names in families.values()) >= 3, "clerks type the store's address"
    dates = Counter(record["birth_date"] for record in records if record["birth_date"])
    assert {"01.01.1900", "1990-01-01", "01/01/1900"} <= {date for date, _ in dates.most_common(4)}
    erp = [record for record in records if record["source_system"] == "erp"]
    assert all(record["full_name"].isupper() and len(record["full_name"]) <= 25 for record in erp if not record["kind"])
    assert any(record["birth_date"].startswith("--") for record in records)
    american = [record["birth_date"] for record in records if record["source_system"] == "care_us"]
    assert any(int(date[3:5]) > 12 for date in american if date)
    assert not any(int(date[:2]) > 12 for date in american if date)


def test_namesakes_grow_with_the_file(tmp_path: Path, folder: Path) -> None:
    def share(place: Path, count: int) -> float:
        records, truths = measure.read(place)
        bearers: dict[str, set[str]] = {}
        for record, truth in list(zip(records, truths, strict=True))[:count]:
            if record["given_name"] and record["family_name"]:
                name = measure.plain(f"{record['given_name']} {record['family_name']}")
                bearers.setdefault(name, set()).add(truth)
        persons = sum(map(len, bearers.values()))
        return sum(len(found) for found in bearers.values() if len(found) > 1) / persons

    assert share(folder, COUNT) > 1.5 * share(folder, COUNT // 4) > 0


def test_nobody_is_the_double_of_another(folder: Path) -> None:
    """Two persons with one name, day of birth and door would be a truth that nothing could tell."""
    records, truths = measure.read(folder)
    seen: dict[tuple[str, ...], set[str]] = {}
    for record, truth in zip(records, truths, strict=True):
        if record["birth_date"] and record["given_name"] and record["postal_code"]:
            key = tuple(record[f].lower() for f in ("given_name", "family_name", "birth_date", "postal_code"))
            seen.setdefault(key, set()).add(truth)
    assert sum(len(found) > 1 for found in seen.values()) <= 2


@pytest.mark.parametrize("country", sorted(phones.CODES))
def test_numbers_are_of_the_national_form(country: str) -> None:
    import phonenumbers

    rng = Random(4)
    made = [phones.mobile(rng, country, "212") for _ in range(200)]
    good = 0
    for number in made:
        parsed = phonenumbers.parse(phones.spelled(rng, number), country)
        assert str(parsed.national_number) == number[1]
        good += phonenumbers.is_possible_number(parsed)
    assert good == 200


def test_tax_numbers_have_their_check_digits() -> None:
    from stdnum.de import idnr
    from stdnum.es import dni
    from stdnum.fr import nif
    from stdnum.nl import bsn

    rng = Random(9)
    for country, module in (("ES", dni), ("NL", bsn), ("FR", nif)):
        assert all(module.is_valid(tax_id(rng, country)) for _ in range(50)), country
    for _ in range(50):
        idnr.mod_11_10.validate(tax_id(rng, "DE"))


def test_marks_are_lost_in_two_ways() -> None:
    assert spelling.unmarked(Random(1), "Müller", german=1.0) == "Mueller"
    assert spelling.unmarked(Random(1), "Müller Łukasz Şahin", german=0.0) == "Muller Lukasz Sahin"
