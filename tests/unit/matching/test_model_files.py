"""Model files: what is read back as it was, and what is refused with the reason."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from matching.compare import compare
from matching.model import MatchModel, ModelError, load, rounded
from matching.normalise import normalise
from matching.records import CanonicalRecord
from matching.table import Table
from matching.weigh import weigh
from tests.unit.matching.make import MODEL, many
from tests.unit.matching.taught import taught_models

GOOD = MODEL.to_json()
PHONE_LEVELS = len(MODEL.comparisons[MODEL.index["phone"]].levels)
LEARNED = {
    "intercept_mb": -60,
    "slopes_pm": [1100, 950, 1000],
    "corrections_mb": {"phone": [300, *[0] * (PHONE_LEVELS - 1), -200]},
}
NAN, INFINITY = float("nan"), float("inf")
HUGE = 10**400


def test_a_file_from_before_there_was_learning_still_loads() -> None:
    assert "learned" not in GOOD
    assert MatchModel.from_json(copy.deepcopy(GOOD)).learned is None
    assert MatchModel.from_json({**GOOD, "learned": None}).learned is None


@settings(max_examples=25)
@given(taught_models(), many(most=4))
def test_a_taught_model_survives_its_file_and_decides_alike(model: MatchModel, records: list[CanonicalRecord]) -> None:
    again = MatchModel.from_json(json.loads(json.dumps(model.to_json())))
    assert again.to_json() == model.to_json()
    assert again.learned == model.learned == rounded(model).learned
    table = Table.of([normalise(r, model) for r in records])
    i, j = np.triu_indices(len(table), 1)
    assert (weigh(compare(table, i, j, again), again) == weigh(compare(table, i, j, model), model)).all()


def test_a_taught_model_keeps_its_lesson_for_another_population_and_another_column() -> None:
    model = MatchModel.from_json({**GOOD, "learned": LEARNED})
    wider = model.for_population(10**6).with_attributes(["shoe_size"])
    assert wider.learned == model.learned
    assert wider.corrections.shape[0] == len(wider.comparisons)


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Sets the value at ``a/0/b``; ``...`` takes it away."""

    def change(data: dict[str, Any]) -> None:
        *steps, last = (int(s) if s.isdigit() else s for s in path.split("/"))
        at: Any = data
        for step in steps:
            at = at[step]
        if value is ...:
            del at[last]
        else:
            at[last] = value

    return change


MATCH_TABLE = "comparisons/0/probabilities/match"
BROKEN: list[tuple[str, Any, str]] = [
    ("format", 2, "format must be 1"),
    ("format", True, "format must be 1"),
    ("format", ..., "format must be 1"),
    ("kind", "ship", "kind"),
    ("name", ..., "name"),
    ("name", "", "name"),
    ("name", "a" * 101, "name"),
    ("name", "\ud800", "name"),
    ("population", ..., "population"),
    ("population", -1, "population"),
    ("population", HUGE, "population"),
    ("population", 1000.0, "population"),
    ("population", True, "population"),
    ("cut_mb", NAN, "cut_mb"),
    ("cut_mb", 10**6, "cut_mb"),
    ("potential_mb", "low", "potential_mb"),
    ("limit_mb", 0, "limit_mb"),
    ("rates", ..., "rates"),
    ("rates/match", ..., "rates"),
    ("rates/match", NAN, "rates.match"),
    ("rates/match", -0.1, "rates.match"),
    ("rates/match", 0, "rates"),
    ("rates/stranger", 0.5, "sum to 1"),
    ("rates/friend", 0.1, "rates"),
    ("rules", ..., "rules"),
    ("rules", {}, "rules"),
    ("rules/0", "phone", "rules[0]"),
    ("rules/0/cap", 0, "cap"),
    ("rules/0/cap", INFINITY, "cap"),
    ("rules/1", GOOD["rules"][0], "twice"),
    ("comparisons", ..., "no comparison of"),
    ("comparisons/0", 5, "comparisons[0]"),
    ("comparisons/0/attribute", "shoe_size", "unknown attribute"),
    ("comparisons/0/attribute", "attribute:", "unknown attribute"),
    ("comparisons/1", GOOD["comparisons"][0], "twice"),
    ("comparisons/0/levels", ["exact"], "levels"),
    ("comparisons/0/levels", "exact", "levels"),
    ("comparisons/0/probabilities", [], "probabilities"),
    ("comparisons/0/probabilities/household", ..., "household"),
    (MATCH_TABLE, [1.0], "one probability for each"),
    (f"{MATCH_TABLE}/0", -0.2, "between 0 and 1"),
    (f"{MATCH_TABLE}/0", NAN, "between 0 and 1"),
    (f"{MATCH_TABLE}/0", INFINITY, "between 0 and 1"),
    (f"{MATCH_TABLE}/0", HUGE, "between 0 and 1"),
    (f"{MATCH_TABLE}/0", "0.9", "between 0 and 1"),
    (f"{MATCH_TABLE}/0", None, "between 0 and 1"),
    (f"{MATCH_TABLE}/0", 0.001, "not to 1"),
    ("comparisons/0/chance", ["match"], "chance"),
    ("comparisons/0/chance", ["friend"], "chance"),
    ("frequencies", [], "frequencies"),
    ("frequencies/family_name", [], "frequencies.family_name"),
    ("frequencies/family_name/tail", 0, "above 0"),
    ("frequencies/family_name/collision", ..., "collision"),
    ("frequencies/family_name/countries", {"GB": 1}, "GB"),
    ("frequencies/family_name/countries", {"GB": {"smith": 2}}, "GB"),
    ("placeholders", 1, "placeholders"),
    ("placeholders/email", "a@b.c", "placeholders.email"),
    ("shared_contacts", [2**64], "shared_contacts"),
    ("shared_contacts", ["x"], "shared_contacts"),
    ("provenance", "here", "provenance"),
    ("provenance/loss", NAN, "provenance"),
    ("learned", [], "learned"),
    ("learned/intercept_mb", ..., "intercept_mb"),
    ("learned/intercept_mb", 0.5, "intercept_mb"),
    ("learned/intercept_mb", HUGE, "intercept_mb"),
    ("learned/slopes_pm", ..., "slopes_pm"),
    ("learned/slopes_pm", [1000, 1000], "slopes_pm"),
    ("learned/slopes_pm/1", -1000, "slopes_pm"),
    ("learned/slopes_pm/1", NAN, "slopes_pm"),
    ("learned/corrections_mb", [], "corrections_mb"),
    ("learned/corrections_mb/shoe_size", [0, 0], "does not compare"),
    ("learned/corrections_mb/phone", [0] * PHONE_LEVELS, "phone"),
    ("learned/corrections_mb/phone", 5, "phone"),
    ("learned/corrections_mb/phone/0", 1.5, "phone"),
    ("learned/corrections_mb/phone/0", HUGE, "phone"),
    ("learned/corrections_mb/phone/0", INFINITY, "phone"),
]


@pytest.mark.parametrize(("path", "value", "reason"), BROKEN, ids=[f"{p}={str(v)[:20]}" for p, v, _ in BROKEN])
def test_a_broken_model_is_refused_with_the_reason(path: str, value: Any, reason: str, tmp_path: Path) -> None:
    data = copy.deepcopy({**GOOD, "learned": LEARNED})
    assert MatchModel.from_json(data).learned is not None
    put(path, value)(data)
    with pytest.raises(ModelError) as told:
        MatchModel.from_json(data)
    assert reason in str(told.value)
    if value is HUGE:  # too long for Python to write; a file cannot hold it either
        return
    file = tmp_path / "model.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ModelError):
        load(file)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"1" * 5000, "no JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[]", "JSON object"),
        (b"null", "JSON object"),
        (b"NaN", "JSON object"),
        (b"{}", "format"),
    ],
)
def test_a_file_that_is_no_model_is_refused_with_the_reason(content: bytes, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_bytes(content)
    with pytest.raises(ModelError) as told:
        load(file)
    assert reason in str(told.value)
    assert str(tmp_path) not in str(told.value)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelError, match=r"none\.json: cannot be read"):
        load("none.json")


def test_the_levels_of_a_read_model_sum_to_one() -> None:
    for comparison in MODEL.comparisons:
        for row in comparison.probabilities.values():
            assert sum(row) == pytest.approx(1, abs=1e-3)
