"""Explain: why two records match or not, in plain words and in numbers that add up to the decision.

The numbers are those that ``matching.weigh`` used. Each comparison is set against strangers; one more line takes
off what the pair owes to the other innocent explanations (namesakes, one household, father and son), so that
prior and lines add up to the weight, which sets match against all of these together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from matching.compare import Vectors, compare
from matching.decide import CONFLICTS, conflict_kinds, decision
from matching.model import CLASSES, MATCH, MatchModel, milli_bits, probability
from matching.prepared import Prepared
from matching.table import Table
from matching.weigh import class_scores, weigh
from matching.wording import CHANGES, CONFLICT_TEXTS, alternative_text, level_text, missing_text

STRANGER = CLASSES.index("stranger")


@dataclass(frozen=True)
class Part:
    """One line: a comparison's level and what it adds, in milli-bits."""

    attribute: str
    level: str
    weight_mb: int
    text: str


@dataclass(frozen=True)
class Explanation:
    """``prior_mb`` plus the parts' weights is ``total_mb``, exactly; ``forbidden_by`` names a hard conflict."""

    prior_mb: int
    total_mb: int
    parts: tuple[Part, ...]
    decision: str
    forbidden_by: str | None = None

    def to_json(self) -> dict[str, object]:
        """The shape ``explanation`` of SHAPES.md; weights in bits."""
        return {
            "prior": self.prior_mb / 1000,
            "total": self.total_mb / 1000,
            "match_probability": round(probability(self.total_mb), 6),
            "decision": self.decision,
            "forbidden_by": self.forbidden_by,
            "comparisons": [
                {"attribute": p.attribute, "level": p.level, "match_weight": p.weight_mb / 1000, "text": p.text}
                for p in self.parts
            ],
        }


def explain_pair(a: Prepared, b: Prepared, model: MatchModel) -> Explanation:
    """Why ``a`` and ``b`` match or do not under ``model``; the same whichever comes first."""
    table = Table.of((a, b))
    left, right = np.array([0]), np.array([1])
    vectors = compare(table, left, right, model)
    total = int(weigh(vectors, model)[0])
    scores = class_scores(vectors, model)[:, 0].astype(np.float64)
    shares = _shares(scores)
    parts = list(_comparisons(table, vectors, model))
    prior = model.prior_mb
    full = int(scores[MATCH]) - _others(scores)
    rest = full - prior - sum(p.weight_mb for p in parts)
    if rest:
        parts.append(Part("alternative", _likeliest(shares), rest, alternative_text(_likeliest(shares), rest)))
    if total != full:
        text = "One pair counts for no more than the limit: a single comparison must not decide for a whole group"
        parts.append(Part("limit", "limit", total - full, text))
    conflict = int(conflict_kinds(table, left, right)[0])
    forbidden = CONFLICTS[conflict - 1] if conflict else None
    verdict = decision(total, model)
    if forbidden:
        verdict = "potential_match" if verdict == "match" else verdict
    return Explanation(prior, total, tuple(parts), verdict, forbidden)


def _others(scores: np.ndarray) -> int:
    from matching.weigh import others

    return int(others(scores.astype(np.int32)[:, None])[0])


def _shares(scores: np.ndarray) -> np.ndarray:
    """How the explanations other than match share the pair (they sum to 1; match has 0)."""
    odds = np.exp2((scores - np.delete(scores, MATCH).max()) / 1000)
    odds[MATCH] = 0.0
    return np.asarray(odds / odds.sum())


def _likeliest(shares: np.ndarray) -> str:
    return CLASSES[int(shares.argmax())]


def _comparisons(table: Table, vectors: Vectors, model: MatchModel) -> Iterator[Part]:
    counted = dict(model.adjusted)
    for j, comparison in enumerate(model.comparisons):
        level = int(vectors.levels[0, j])
        name = comparison.attribute
        if level >= len(comparison.levels):
            if (text := missing_text(name, _has(table, name))) is not None:
                yield Part(name, "missing", 0, text)
            continue
        scores = model.scores[:, j, level].astype(np.int64)
        if j in counted:
            scores = scores + counted[j] * int(vectors.adjust[j][0])
        weight = int(scores[MATCH] - scores[STRANGER])
        text = level_text(name, comparison.levels[level], weight, "stranger")
        yield Part(name, comparison.levels[level], weight, text)


_COLUMN = {
    "given_name": "given", "family_name": "family", "middle_name": "middle", "birth_date": "birth",
    "address": "postal",
}  # fmt: skip


def _has(table: Table, name: str) -> tuple[bool, bool]:
    """Which of the two records has the attribute at all."""
    if name in ("name_order", "suffix"):
        return False, False
    codes = table.column(_COLUMN.get(name, name))
    return bool((codes[0] >= 0).any()), bool((codes[1] >= 0).any())


def forbidden_text(kind: str) -> str:
    """What a hard conflict says, in words."""
    return CONFLICT_TEXTS.get(kind, "A steward decided that these are two customers")


def would_flip(a: Prepared, b: Prepared, model: MatchModel) -> list[dict[str, object]]:
    """The smallest changes after which the pair would be decided the other way: ``[{change, total}]``.

    One attribute at a time is made equal, different, or taken away; ``total`` in bits. The change that moves
    the weight least comes first; at most three are given.
    """
    before = explain_pair(a, b, model)
    joined = before.decision == "match"
    found = []
    for attribute, kind, x, y in _changes(a, b, toward_match=not joined):
        after = explain_pair(x, y, model)
        if (after.decision == "match") != joined:
            change = CHANGES[kind].format(CHANGES.get(f"of {attribute}", attribute.replace("_", " ")))
            found.append((abs(after.total_mb - before.total_mb), change, after.total_mb))
    found.sort()
    return [{"change": change, "total": total / 1000} for _, change, total in found[:3]]


_FIELDS = {
    "given_name": "given", "family_name": "family", "birth_date": "birth", "email": "emails", "phone": "phones",
    "address": "places", "identifiers": "ids", "suffix": "suffix", "company": "company",
}  # fmt: skip


def _changes(a: Prepared, b: Prepared, *, toward_match: bool) -> Iterator[tuple[str, str, Prepared, Prepared]]:
    for attribute, field in _FIELDS.items():
        x, y = getattr(a, field), getattr(b, field)
        empty: object = () if isinstance(x, tuple) else ""
        if toward_match:
            if x and x != y:
                yield attribute, "equal", a, _with(b, field, x)
            elif y and x != y:
                yield attribute, "equal", _with(a, field, y), b
            if x and y and x != y:
                yield attribute, "gone", a, _with(b, field, empty)
        elif x and y:
            yield attribute, "gone", a, _with(b, field, empty)
            yield attribute, "other", a, _with(b, field, _another(field, y))


def _with(record: Prepared, field: str, value: Any) -> Prepared:
    return replace(record, **{field: value})


def _another(field: str, value: object) -> object:
    """A value that agrees with nothing."""
    if field == "birth":
        year = int(str(value)[:4]) or 1950
        return f"{year + 20 if year < 1980 else year - 20:04d}0713"
    if field == "emails":
        return ("zqxjw.vkqz@zqxjwvkqz.example",)
    if field == "phones":
        return ("480617253",)
    if field == "places":
        return tuple(p._replace(street="zqxjwvk st", number="9871", postal_code="zqxjw", city="zqxjwvk") for p in value)  # type: ignore[attr-defined]
    if field == "ids":
        return tuple(i._replace(value="zq9x7j3w1v5k") for i in value)  # type: ignore[attr-defined]
    return {"jr": "sr"}.get(str(value), "jr") if field == "suffix" else "zqxjwvk"


__all__ = ["Explanation", "Part", "explain_pair", "forbidden_text", "milli_bits", "would_flip"]
