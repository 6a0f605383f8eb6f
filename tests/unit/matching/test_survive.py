"""Survivorship: short ways must give what the long ones give, and what is said twice must change nothing."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import phonenumbers
from hypothesis import example, given, settings
from hypothesis import strategies as st
from phonenumbers.phonenumberutil import NumberParseException

from matching import values
from matching.canonical import from_nested, to_nested
from matching.cleaning.text import words
from matching.jsontext import dumps, loads
from matching.records import CanonicalRecord
from matching.survive import Member, survive
from matching.values import search_terms

MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)
_words = st.sampled_from(
    ["Alice", "ALICE", "alice", "A.", "N/A", "unknown", "Müller", "Mueller", "小明", "Anne  Marie"]
) | (st.text(max_size=6))
_said = st.none() | _words
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(2**63, 2**70) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
_nested = st.fixed_dictionaries(
    {"source_id": st.just("1")},
    optional={
        "name": st.fixed_dictionaries({}, optional={
            "full": _said, "prefix": _said, "given": _said, "middle": _said, "family": _said, "suffix": _said,
        }),
        "organisation": st.fixed_dictionaries({"name": _said}),
        "birth_date": st.sampled_from(["1984-03-12", "12.03.1984", "03/12/1984", "1900-01-01", "0000-03-12", "soon"]),
        "emails": st.lists(st.fixed_dictionaries(
            {"value": st.sampled_from(["a@b.de", "A@b.de", "mary.ann+x@googlemail.com", "none@none.com", "hush"])},
            optional={"type": _said, "verified": st.booleans()},
        ), max_size=3),
        "phones": st.lists(st.fixed_dictionaries(
            {"value": st.sampled_from(["+49 151 23455994", "0151 23455994", "(212) 555-0187", "7"])},
            optional={"type": _said},
        ), max_size=3),
        "addresses": st.lists(st.fixed_dictionaries({}, optional={
            "type": _said, "street": _said, "unit": _said, "city": _said, "region": _said, "postal_code": _said,
            "country": st.sampled_from(["DE", "Germany", "US", "GB", "Nowhere", None]),
        }), max_size=3),
        "identifiers": st.lists(st.fixed_dictionaries(
            {"type": st.sampled_from(["loyalty_id", "tax_id"]), "value": st.sampled_from(["1-2", "12", "A b", "n/a"])},
            optional={"issuer": _said},
        ), max_size=3),
        "attributes": st.dictionaries(st.sampled_from(["tier", "points_balance", "payment_terms", "z"]), _json),
    },
)  # fmt: skip
_records = _nested.map(lambda data: from_nested(data, source_system="any"))
_kinds = st.sampled_from(["crm", "erp", "loyalty", "pos"])


@st.composite
def _clusters(draw: st.DrawFn) -> list[Member]:
    records = draw(st.lists(_records, min_size=1, max_size=5))
    return [
        Member(
            dataclasses.replace(r, source_id=str(i)),
            draw(_kinds),
            MORNING + timedelta(hours=draw(st.integers(0, 2))),
            i,
        )
        for i, r in enumerate(records)
    ]


@given(_clusters(), st.randoms())
def test_order_of_the_members_does_not_matter(cluster: list[Member], dice: Any) -> None:
    shuffled = list(cluster)
    dice.shuffle(shuffled)
    assert repr(survive(shuffled)) != ""  # shows no value
    assert survive(shuffled) == survive(cluster)


@given(_records, _kinds)
def test_a_value_alone_is_taken_as_it_would_be_chosen(record: CanonicalRecord, kind: str) -> None:
    """A second, older record that says the same makes every value be weighed, and must change none."""
    alone = survive([Member(record, kind, MORNING, 7)])
    older = Member(dataclasses.replace(record, source_id="2"), kind, MORNING - timedelta(days=1), 3)
    assert survive([Member(record, kind, MORNING, 7), older]) == alone


@given(_records, _kinds)
def test_a_record_survives_the_same_before_and_after_it_was_stored(record: CanonicalRecord, kind: str) -> None:
    stored = from_nested(loads(dumps(to_nested(record))), source_system="any")
    before, after = (survive([Member(r, kind, MORNING, 1)]) for r in (record, stored))
    assert dumps([before.profile, before.provenance]) == dumps([after.profile, after.provenance])
    assert sorted(search_terms(record)) == sorted(search_terms(stored))


@given(st.text(max_size=8) | st.text(" aBz09'-&;.ä\t", max_size=8) | st.text("aB ", min_size=110, max_size=130))
def test_folding_plain_letters_is_what_words_make_of_them(text: str) -> None:
    assert values.fold(text) == " ".join(words(text))


def _parsed(text: str, country: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException:
        return "".join(c for c in text if c.isdigit() or c == "+") or None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_COUNTRIES = [None, "", "DE", "US", "CA", "GB", "FR", "NL", "AT", "CH", "BE", "ES", "IT", "IE", "XX"]
_STARTS = ["+49", "+1", "+44", "+33", "+31", "+43", "+41", "+32", "+34", "0", "00", "0049", "(0", "+49 (0)", "", "("]


@settings(max_examples=1500)
@given(st.sampled_from(_STARTS), st.text("0123456789", min_size=7, max_size=12), st.lists(st.tuples(
    st.integers(0, 14), st.sampled_from(" -()./ ;x,\t＋٣+")), max_size=3), st.sampled_from(_COUNTRIES))  # fmt: skip
@example("+49 ", "15123455994", [], None)
@example("", "2125550187", [], "US")
@example("0", "15123455994", [(4, " ")], "DE")
@example("", "15123455994", [], None)
def test_a_plain_number_is_what_libphonenumber_makes_of_it(
    start: str, digits: str, signs: list[tuple[int, str]], country: str | None
) -> None:
    text = start + digits
    for place, sign in signs:
        text = text[:place] + sign + text[place:]
    plain = values._plain_number(text, country)
    # None leaves it to libphonenumber; that most numbers do not end so is asserted below.
    assert plain in (None, _parsed(text, country))


def test_most_numbers_of_customers_are_plain() -> None:
    spelt = [("+49 (151) 234-55994", None), ("0151/23455994", "DE"), ("(212) 555-0187", "US"), ("020 7946 0958", "GB")]
    assert [values._plain_number(*s) for s in spelt] == [
        "+4915123455994",
        "+4915123455994",
        "+12125550187",
        "+442079460958",
    ]


def test_equal_attributes_are_one_value_whatever_the_order_of_their_keys() -> None:
    texts = ('{"a": 1, "b": [2]}', '{"b": [2], "a": 1}')
    members = [
        Member(CanonicalRecord("crm", str(i), attributes={"size": json.loads(t)}), "crm", MORNING, i)
        for i, t in enumerate(texts)
    ]
    assert survive(members).provenance["attributes.size"]["runners_up"] == []
