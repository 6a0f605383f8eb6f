"""Explanations: lines that add up to the decision, and changes that do flip it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from matching.compare import compare
from matching.decide import conflict_kinds
from matching.explain import explain_pair, would_flip
from matching.model import BEND, MATCH, Learned, MatchModel
from matching.normalise import normalise
from matching.records import CanonicalRecord
from matching.table import Table
from matching.weigh import bent, class_scores, others, weigh
from matching.wording import change_text, judgements_text, missing_text, taught_text
from tests.unit.matching.make import MODEL, many, prepared
from tests.unit.matching.taught import taught_models

ONE, OTHER = np.array([0]), np.array([1])


@settings(max_examples=60)
@given(many(most=2), taught_models())
def test_a_taught_explanation_adds_up_to_the_weight(records: list[CanonicalRecord], model: MatchModel) -> None:
    a, b = (normalise(r, model) for r in records)
    found = explain_pair(a, b, model)
    vectors = compare(Table.of([a, b]), ONE, OTHER, model)
    assert found.total_mb == int(weigh(vectors, model)[0])
    assert found.prior_mb + sum(p.weight_mb for p in found.parts) == found.total_mb
    assert explain_pair(b, a, model) == found


@settings(max_examples=60)
@given(many(most=2), taught_models())
def test_each_line_is_what_weighing_used(records: list[CanonicalRecord], model: MatchModel) -> None:
    a, b = (normalise(r, model) for r in records)
    vectors = compare(Table.of([a, b]), ONE, OTHER, model)
    plain = explain_pair(a, b, MODEL)
    lines = {p.attribute: p for p in explain_pair(a, b, model).parts}
    before = {p.attribute: p for p in plain.parts}
    assert model.learned is not None
    for attribute, row in model.learned.corrections_mb.items():
        if attribute in before:
            level = int(vectors.levels[0, model.index[attribute]])
            added = row[level] if level < len(row) - 1 else row[-1]
            assert lines[attribute].weight_mb == before[attribute].weight_mb + added
    scores = class_scores(vectors, model)
    full = int(scores[MATCH, 0] - others(scores)[0])
    known = plain.prior_mb + sum(p.weight_mb for p in plain.parts if p.attribute != "limit")
    assert known == full


def test_the_bent_line_is_continuous_and_rises() -> None:
    for slopes in ((300, 1500, 300), (1500, 300, 1000), (1000, 1000, 1000)):
        learned = Learned(250, slopes, {})
        x = np.arange(-12_000, 12_001, dtype=np.int32)
        y = bent(x, learned)
        assert y[x == 0] == 250
        assert ((np.diff(y) >= 0) & (np.diff(y) <= 2)).all()
        assert y[x == BEND] == 250 + BEND * slopes[1] // 1000
    assert (bent(x, Learned(0, (1000, 1000, 1000), {})) == x).all()


def test_a_model_that_learned_nothing_new_weighs_as_before() -> None:
    nothing = replace(MODEL, learned=Learned(0, (1000, 1000, 1000), {}))
    a, b = prepared(), prepared(source_system="pos", given_name="Bob", phone=None)
    assert explain_pair(a, b, nothing) == explain_pair(a, b, MODEL)


def test_what_judgements_taught_is_said() -> None:
    index = MODEL.index["phone"]
    levels = len(MODEL.comparisons[index].levels)
    model = replace(MODEL, learned=Learned(700, (1000, 1000, 1000), {"phone": (0,) * levels + (-900,)}))
    found = explain_pair(prepared(), prepared(source_system="pos", given_name="Bob", phone=None), model)
    texts = {p.attribute: p.text for p in found.parts}
    assert texts["phone"] == "Phone missing on one side: judgements show that this speaks against one person"
    assert texts["judgements"].endswith("says more for one person than it seems")
    json.dumps(found.to_json())


def test_words_for_what_was_taught() -> None:
    assert taught_text(50) == ""
    assert taught_text(-900) == " (judgements moved this against one person)"
    assert missing_text("phone", (True, True)) == "Phone not compared: tells us nothing"
    assert missing_text("phone", (False, False), 900) is None
    assert "about what it seems" in judgements_text(20)
    assert change_text([("known", "email")]) == "if the e-mail were known on both sides and the same"


PAIRS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # A household: only what tells the two apart is in the way.
    ({}, {"given_name": "Bob", "birth_date": None, "email": None}, "given name"),
    # Vetoes: what forbids must go, whatever the weight.
    ({"family_name": "Whitfield Sr"}, {"family_name": "Whitfield Jr"}, "name suffix"),
    ({"loyalty_id": "9065606144"}, {"loyalty_id": "1234509876"}, "identifiers"),
    ({}, {"kind": "organisation"}, "kind of customer"),
    # Matches: what carries them.
    ({"phone": None, "street": None, "postal_code": None, "city": None}, {"phone": None, "street": None}, "e-mail"),
]


@pytest.mark.parametrize(("ours", "theirs", "named"), PAIRS)
def test_the_smallest_change_names_what_decides(ours: dict[str, Any], theirs: dict[str, Any], named: str) -> None:
    a, b = prepared(**ours), prepared(source_system="pos", source_id="7", **theirs)
    changes = would_flip(a, b, MODEL)
    assert 1 <= len(changes) <= 3
    assert any(named in str(c["change"]) for c in changes), changes
    assert would_flip(b, a, MODEL) == changes
    assert all(str(c["change"]).startswith("if the ") for c in changes)


def test_a_change_is_single_where_one_is_enough_and_double_where_it_is_not() -> None:
    near = prepared(source_system="pos", given_name="Bob", birth_date=None, email=None)
    assert " and " not in str(would_flip(prepared(), near, MODEL)[0]["change"]).replace("both sides and", "")
    # Nothing alone makes strangers of different names and dates, with no contact in common, one person.
    far = prepared(
        source_system="pos", given_name="Bob", family_name="Jones", birth_date="1952-07-30", email=None, phone=None,
        street="7 High Road", city="Truro", postal_code="TR1 1AA",
    )  # fmt: skip
    for change in would_flip(prepared(), far, MODEL):
        assert str(change["change"]).count(" were ") == 2


@settings(max_examples=40)
@given(many(most=2), taught_models())
def test_changes_flip_the_decision_also_of_a_taught_model(records: list[CanonicalRecord], model: MatchModel) -> None:
    a, b = (normalise(r, model) for r in records)
    found = explain_pair(a, b, model)
    table = Table.of([a, b])
    forbidden = bool(conflict_kinds(table, ONE, OTHER, model)[0])
    assert bool(found.forbidden_by) == forbidden
    changes = would_flip(a, b, model)
    assert len(changes) <= 3
    assert len({c["change"] for c in changes}) == len(changes)
    for change in changes:
        above = float(change["total"]) * 1000 > model.cut_mb  # type: ignore[arg-type]
        if found.decision == "match":
            words = ("suffix", "identifiers", "given", "birth")
            assert not above or any(w in str(change["change"]) for w in words)
        else:
            assert above
