"""Cases of cleaning: a mistake found adds a row to tests/cases."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from matching.cleaning import contacts, dates, names, places

CASES = Path(__file__).parents[2] / "cases"


def rows(name: str) -> list[pytest.param]:  # type: ignore[valid-type]
    with (CASES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["why"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("case", rows("person_names"))
def test_person_names(case: dict[str, str]) -> None:
    found = names.person(*(case[k] for k in ("given", "middle", "family", "suffix", "full", "country")))
    want = (case["want_given"], case["want_middle"], case["want_family"], case["want_suffix"])
    assert found[:4] == want
    assert found.former == tuple(filter(None, [case["want_former"]]))


@pytest.mark.parametrize("case", rows("birth_dates"))
def test_birth_dates(case: dict[str, str]) -> None:
    assert dates.birth_date(case["text"], case["country"]) == case["want"]


@pytest.mark.parametrize("case", rows("contacts"))
def test_contacts(case: dict[str, str]) -> None:
    found = {
        "email": lambda: contacts.email(case["text"]),
        "phone": lambda: contacts.phone(case["text"], case["country"]),
        "postal": lambda: places.postal_code(case["text"]),
        "country": lambda: places.country(case["text"]),
        "company": lambda: names.company(case["text"]),
    }[case["kind"]]()
    assert found == case["want"]


@pytest.mark.parametrize("case", rows("streets"))
def test_streets(case: dict[str, str]) -> None:
    assert places.street(case["text"]) == (case["street"], case["number"])
