"""Cases of cleaning: a mistake found adds a row to tests/cases; and what holds of any text whatever."""

# ruff: noqa: SIM905 - lists of words read best as words

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.cleaning import contacts, dates, identifiers, names, phones, places, text

CASES = Path(__file__).parents[2] / "cases"
COUNTRIES = st.sampled_from(["", "US", "GB", "DE", "FR", "ES", "NL", "IT", "HU", "CN", "xx"])

# Words that the rules look for, so that whole rules are met and not only letters.
_WORDS = (
    "12 12a 12-14 1/2 flat apt st street rue de la bis ter , / - # . o mc van der ( ) Jr Smith nee Meier DUPONT & and "
    "O'Brien J R II Dr Mr Müller 王伟 김철수 cedex am SW1 D- 10115 v d -x sen y garcia JR vander c/o t/a gmbh S. L. @ "
    "gmail.con <jo@x.org> +49 (0) 0049 x12 mars 1984 III 23:00Z Ã¼ ÃƒÂ¼ &amp; &uuml; ; \ud800 \x00 \u200f 😀 Ｊｏ ½ ´ ’"
).split(" ")
ANY = st.one_of(
    st.text(max_size=60),
    st.text(st.characters(codec=None, categories=["Cs", "Cf", "Mn", "So", "Cc", "Lo", "Ll", "Nd", "Po"]), max_size=30),
    st.lists(st.sampled_from(_WORDS), max_size=8).map(" ".join),
    st.lists(st.sampled_from(_WORDS), max_size=5).map("".join),
)


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


KINDS: dict[str, Callable[[str, str], object]] = {
    "email": lambda value, _: contacts.email(value),
    "is_role": lambda value, _: contacts.is_role(value),
    "phone": contacts.phone,
    "postal": places.postal_code,
    "city": lambda value, _: places.city(value),
    "country": lambda value, _: places.country(value),
    "company": lambda value, _: names.company(value),
    "is_company": lambda value, _: names.is_company(value),
    "tax_id": identifiers.tax_id,
    "holds": identifiers.tax_id_holds,
}


@pytest.mark.parametrize("case", rows("contacts"))
def test_contacts(case: dict[str, str]) -> None:
    assert str(KINDS[case["kind"]](case["text"], case["country"])) == case["want"]


@pytest.mark.parametrize("case", rows("streets"))
def test_streets(case: dict[str, str]) -> None:
    assert places.street(case["text"]) == (case["street"], case["number"])


@pytest.mark.parametrize("case", rows("nicknames"))
def test_nicknames(case: dict[str, str]) -> None:
    first, second = (set(names.nickname_roots(text.folded(text.plain(case[k])))) for k in ("one", "other"))
    assert bool(first & second) == (case["same"] == "yes")


def test_units_are_told_apart() -> None:
    assert [places.split(line).unit for line in ("12 Main St Apt 4B", "Flat 3, 12 High St", "12 High St")] == [
        "4b", "3", "",
    ]  # fmt: skip


def test_what_a_source_writes_first_shows() -> None:
    assert [names.order_hint(n) for n in ("Anna Müller", "MÜLLER ANNA", "Smith, John", "Xyz Abc")] == [1, -1, 0, 0]
    assert names.person("", "", "", "", "Xyz Abc", "", family_first=True)[:3] == ("abc", "", "xyz")


@settings(max_examples=300, deadline=None)
@given(ANY, COUNTRIES)
def test_cleaning_twice_is_cleaning_once(value: str, country: str) -> None:
    alone = (text.plain, text.characters, contacts.email, places.city, names.family_name, identifiers.identifier)
    for clean in alone:
        once = clean(value)
        assert clean(once) == once
    for clean_in in (dates.birth_date, identifiers.tax_id):
        once = clean_in(value, country)
        assert clean_in(once, country) == once
    assert places.postal_code(places.postal_code(value)) == places.postal_code(value)
    assert text.words(value) == text.words(text.plain(value))


@settings(max_examples=300, deadline=None)
@given(ANY, ANY, ANY, COUNTRIES, st.booleans(), st.sampled_from([1, 300]))
def test_no_text_breaks_cleaning(one: str, two: str, three: str, country: str, first: bool, times: int) -> None:
    one = one * times
    found = [
        *names.person(one, two, three, "", "", country)[:4],
        *names.person("", "", "", "", one, country, family_first=first)[:4],
        *places.split(one),
        contacts.email(one),
        contacts.phone(one, country),
        dates.birth_date(one, country),
        places.country(one),
        names.company(one),
    ]
    assert all(part.isascii() and part == part.strip() and "\x00" not in part for part in found)
    assert names.is_company(one) in (True, False)
    assert contacts.is_role(one) in (True, False)
    assert contacts.is_family_box(one[:60], two) in (True, False)
    assert names.order_hint(one) in (-1, 0, 1)
    assert identifiers.tax_id_holds(one, country) in (True, False)


_PREFIX = "|+|00|0|1|+49|0049|+49(0)|+44 (0)|+44|+33|+34|+31|+39|+1|001|+41|+43|+32|+420".split("|")
_GROUPS = st.lists(
    st.tuples(st.sampled_from(["", " ", "-", ".", "/", ") ", " ("]), st.text("0123456789", min_size=1, max_size=6)),
    min_size=1,
    max_size=5,
).map(lambda groups: "".join(sign + digits for sign, digits in groups))


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(_PREFIX), _GROUPS, st.sampled_from(["", "US", "GB", "DE", "FR", "ES", "NL", "IT", "CA", "AT"]))
def test_the_short_way_to_a_phone_is_the_library_s(prefix: str, groups: str, country: str) -> None:
    assert contacts.phone(prefix + groups, country) == phones.parsed(prefix + groups, country)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from([("US", "1", "", 10), ("GB", "44", "0", 10), ("DE", "49", "0", 11), ("DE", "49", "0", 10),
                     ("FR", "33", "0", 9), ("ES", "34", "", 9), ("NL", "31", "0", 9)]),
    st.text("23456789", min_size=11, max_size=11),
)  # fmt: skip
def test_every_way_of_writing_a_phone_is_one(plan: tuple[str, str, str, int], digits: str) -> None:
    country, code, trunk, size = plan
    number = digits[:size]
    ways = [
        (f"{trunk}{number}", country), (f"{trunk}{number[:3]} {number[3:6]}-{number[6:]}", country),
        (f"+{code}{number}", ""), (f"00{code} {number}", ""), (f"{trunk}{number}", ""),
        (f"+{code} (0){number}" if trunk else f"+{code}.{number}", ""),
    ]  # fmt: skip
    found = {contacts.phone(*way) for way in ways}
    assert found in ({number[-phones.SIGNIFICANT :]}, {""})


def test_a_value_of_ten_thousand_characters_costs_no_more_than_a_hundred() -> None:
    started = time.process_time()
    for letter in "aä1@,-(王&;":
        value = f"{letter} " * 5_000
        names.person(value, value, value, "", value, "DE")
        names.person("", "", "", "", value, "DE")
        for clean in (contacts.email, places.city, places.street, places.country, names.company, names.is_company):
            clean(value)
        contacts.phone(value, "DE")
        dates.birth_date(value, "DE")
    assert time.process_time() - started < 2
