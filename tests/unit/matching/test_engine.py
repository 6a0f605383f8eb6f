"""The stages on people one can follow: Alice, her household, her namesakes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from matching.cluster import resolve_component
from matching.compare import compare
from matching.decide import CONFLICTS, conflict_kinds
from matching.evaluate import evaluate
from matching.explain import explain_pair, would_flip
from matching.model import MatchModel, ModelError, probability, shipped
from matching.normalise import Prepared
from matching.table import Table
from matching.weigh import weigh
from tests.unit.matching.make import MODEL, prepared


def weight(a: Prepared, b: Prepared) -> int:
    return int(weigh(compare(Table.of([a, b]), np.array([0]), np.array([1]), MODEL), MODEL)[0])


def level(attribute: str, **changes: str | None) -> str:
    found = explain_pair(prepared(), prepared(source_system="pos", **changes), MODEL)
    return next(p.level for p in found.parts if p.attribute == attribute)


@pytest.mark.parametrize(
    ("attribute", "changes", "want"),
    [
        ("given_name", {"given_name": "Allie"}, "nickname"),
        ("given_name", {"given_name": "Alise"}, "typo"),
        ("given_name", {"given_name": "A."}, "initial"),
        ("given_name", {"given_name": "Robert"}, "else"),
        ("family_name", {"family_name": "Whitfeild"}, "typo"),
        ("family_name", {"family_name": "Lang-Whitfield"}, "compound"),
        ("family_name", {"family_name": "Smith (née Whitfield)"}, "former"),
        ("name_order", {"given_name": "Whitfield", "family_name": "Alice"}, "crossed"),
        ("birth_date", {"birth_date": "12.03.1984"}, "exact"),
        ("birth_date", {"birth_date": "1984-12-03"}, "slip"),
        ("birth_date", {"birth_date": "1985-03-12"}, "year_slip"),
        ("birth_date", {"birth_date": "1984-01-01"}, "partial"),
        ("birth_date", {"birth_date": "1956-07-30"}, "far"),
        ("email", {"email": "Alice.Whitfield+news@example.org"}, "exact"),
        ("email", {"email": "alice.whitfield@other.example"}, "same_user"),
        ("phone", {"phone": "020 7946 0958"}, "exact"),
        ("phone", {"phone": "020 7946 0957"}, "slip"),
        ("address", {"street": "12 Linden St."}, "full"),
        ("address", {"street": "99 Linden St."}, "postal_street"),
        ("address", {"postal_code": "LS1 4AQ", "street": None}, "postal_slip"),
        ("suffix", {"family_name": "Whitfield Jr"}, "one_sided"),
        ("phone", {"phone": None}, "missing"),
    ],
)
def test_levels(attribute: str, changes: dict[str, str | None], want: str) -> None:
    assert level(attribute, **changes) == want


def test_two_common_names_a_letter_apart_are_no_slip() -> None:
    assert level("given_name", given_name="Alise") == "typo"
    found = explain_pair(prepared(given_name="Gary"), prepared(source_system="pos", given_name="Mary"), MODEL)
    assert next(p.level for p in found.parts if p.attribute == "given_name") == "lookalike"


def test_names_that_changed_places_weigh_by_how_common_they_are() -> None:
    bare = {"birth_date": None, "email": None, "phone": None, "street": None, "postal_code": None, "city": None}

    def crossed(given: str, family: str) -> int:
        straight = prepared(given_name=given, family_name=family, **bare)
        return weight(straight, prepared(source_system="pos", given_name=family, family_name=given, **bare))

    # Thomas is a given name and a surname of many; nobody else here is called Quillington.
    assert crossed("Thomas", "Martin") < crossed("Thomas", "Quillington")


def test_missing_says_nothing_and_placeholders_are_missing() -> None:
    bare = weight(prepared(), prepared(source_system="pos", email=None, birth_date=None, phone=None))
    dummy = weight(
        prepared(),
        prepared(source_system="pos", email="test@test.com", birth_date="1900-01-01", phone="0000000000"),
    )
    assert bare == dummy


def test_more_agreement_weighs_more_and_a_household_is_told_apart() -> None:
    alice = prepared()
    other = {"source_system": "pos", "source_id": "9"}
    assert weight(alice, prepared(**other)) == MODEL.limit_mb
    husband = prepared(**other, given_name="Bob", birth_date=None, email=None)
    assert weight(alice, husband) < MODEL.cut_mb
    namesake = prepared(
        **other, birth_date="1951-07-30", email="aw51@example.net", phone="+44 131 496 0123", street="7 High Road",
        postal_code="EH1 1AA", city="Edinburgh",
    )  # fmt: skip
    assert weight(alice, namesake) < MODEL.cut_mb


@pytest.mark.parametrize(
    ("ours", "theirs", "want"),
    [
        ({"family_name": "Whitfield Sr"}, {"family_name": "Whitfield Jr"}, "suffix"),
        ({}, {"given_name": "Robert", "birth_date": "1952-07-30"}, "birth_date"),
        ({"loyalty_id": "9065606144"}, {"loyalty_id": "1234509876"}, "loyalty_id"),
        ({"loyalty_id": "9065606144"}, {"loyalty_id": "9065606145"}, None),
        ({"tax_id": "536-22-1234", "country": "US"}, {"tax_id": "411-90-8765", "country": "US"}, "tax_id"),
        ({"tax_id": "A1", "country": "US"}, {"tax_id": "B2222", "country": "US"}, None),
        ({}, {"kind": "organisation", "company_name": "Whitfield Ltd"}, "kind"),
        ({}, {"given_name": "Ali", "birth_date": "1952-07-30"}, None),
    ],
)
def test_hard_conflicts(ours: dict[str, str], theirs: dict[str, str], want: str | None) -> None:
    table = Table.of([prepared(**ours), prepared(source_system="pos", **theirs)])
    kind = int(conflict_kinds(table, np.array([0]), np.array([1]), MODEL)[0])
    assert (CONFLICTS[kind - 1] if kind else None) == want


def _component(*people: Prepared) -> tuple[Table, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    table = Table.of(people)
    i, j = np.triu_indices(len(people), 1)
    return table, (i, j, weigh(compare(table, i, j, MODEL), MODEL))


def test_a_stewards_word_counts_more_than_weights() -> None:
    people = [prepared(source_id=str(n)) for n in range(2)]
    stranger = prepared(
        source_id="9", given_name="Bob", family_name="Jones", birth_date=None, email=None, phone=None, street=None,
        postal_code=None, city=None,
    )  # fmt: skip
    table, edges = _component(*people, stranger)
    assert len(resolve_component(table, edges, [], MODEL).clusters) == 2
    apart = resolve_component(table, edges, [(0, 1, "different")], MODEL)
    assert len(apart.clusters) == 3
    assert not apart.potential, "what a steward decided is not asked again"
    assert len(resolve_component(table, edges, [(0, 2, "same")], MODEL).clusters) == 1
    both = resolve_component(table, edges, [(0, 2, "same"), (0, 2, "different")], MODEL)
    assert {len(c) for c in both.clusters} == {1, 2}


def test_a_same_that_cannot_be_met_becomes_a_review() -> None:
    table, edges = _component(*(prepared(source_id=str(n)) for n in range(3)))
    found = resolve_component(table, edges, [(0, 1, "same"), (1, 2, "same"), (0, 2, "different")], MODEL)
    assert len(found.clusters) == 2
    assert all(not {0, 2} <= set(c) for c in found.clusters)


def test_a_veto_is_shown_to_a_steward_not_joined() -> None:
    table, edges = _component(prepared(family_name="Whitfield Sr"), prepared(source_id="2", family_name="Whitfield Jr"))
    found = resolve_component(table, edges, [], MODEL)
    assert len(found.clusters) == 2
    assert [p[3] for p in found.potential] in ([], ["suffix"])


def test_a_large_component_ends_soon_and_in_bounds() -> None:
    people = [prepared(source_id=str(n), birth_date=None, email=None, phone=None) for n in range(1000)]
    table = Table.of(people)
    i = np.arange(999)
    found = resolve_component(table, (i, i + 1, np.full(999, 9000)), [], MODEL)
    assert sum(len(c) for c in found.clusters) == 1000


def test_explanations_are_in_plain_words() -> None:
    found = explain_pair(prepared(), prepared(source_system="pos", phone=None), MODEL).to_json()
    texts = [c["text"] for c in found["comparisons"]]  # type: ignore[attr-defined]
    assert "Phone missing on one side: tells us nothing" in texts
    assert any(t.startswith("Same e-mail: about ") and t.endswith("than for two strangers") for t in texts)
    json.dumps(found)
    total = found["prior"] + sum(c["match_weight"] for c in found["comparisons"])  # type: ignore[attr-defined,operator]
    assert total == pytest.approx(found["total"])


def test_what_would_flip_a_household_pair() -> None:
    bob = prepared(source_system="pos", given_name="Bob", birth_date=None, email=None)
    changes = would_flip(prepared(), bob, MODEL)
    assert changes
    assert any("given name" in str(change["change"]) for change in changes)


def test_a_prepared_record_shows_nothing_personal() -> None:
    assert "alice" not in repr(prepared()).lower()
    assert "alice" not in repr(MODEL).lower()


def test_key_data_is_names_birth_and_strong_ids_only() -> None:
    same = prepared(email="new@example.org", phone=None, street="1 Elsewhere", postal_code="M1 1AA")
    assert same.key_data == prepared().key_data
    assert same.rev != prepared().rev
    assert prepared(family_name="Smith").key_data != prepared().key_data
    assert prepared(loyalty_id="1234567").key_data != prepared().key_data


def test_the_prior_scales_with_the_population() -> None:
    assert shipped().for_population(1_000_000).prior_mb < shipped().prior_mb - 8000
    assert 0.49 < probability(0) < 0.51


def test_a_model_survives_its_file_and_a_broken_one_is_named() -> None:
    good = shipped().to_json()
    assert MatchModel.from_json(json.loads(json.dumps(good))).to_json() == good

    def broken(**changes: object) -> str:
        with pytest.raises(ModelError) as error:
            MatchModel.from_json({**good, **changes})
        return str(error.value)

    assert "format" in broken(format=99)
    assert "rules[0]" in broken(rules=[{"name": "shoe size", "cap": 10}])
    assert "sum to" in broken(rates=dict.fromkeys(good["rates"], 0.9))
    comparisons = json.loads(json.dumps(good["comparisons"]))
    comparisons[0]["probabilities"]["match"][0] = 0.1
    assert "given_name" in broken(comparisons=comparisons)
    assert "no comparison of" in broken(comparisons=comparisons[1:])
    with pytest.raises(ModelError):
        MatchModel.from_json([])


def test_measures_of_a_known_partition() -> None:
    found = evaluate({1: "a", 2: "a", 3: "a", 4: "b"}, {1: "x", 2: "x", 3: "y", 4: "y"})
    assert (found.pairwise.precision, found.pairwise.recall) == (0.5, pytest.approx(1 / 3))
    assert found.bcubed.precision == pytest.approx((1 + 1 + 0.5 + 0.5) / 4)
    assert found.bcubed.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)
