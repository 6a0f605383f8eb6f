"""Explain: why two records match or not, in plain words and in numbers that add up to the decision.

The numbers are those that ``matching.weigh`` used. Each comparison is set against strangers; one more line takes
off what the pair owes to the other innocent explanations (namesakes, one household, father and son), so that
prior and lines add up to the weight, which sets match against all of these together. Where judgements taught the
model something, a comparison's line holds its correction, and one line what they taught of the pair as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from matching.compare import Vectors, compare
from matching.decide import CONFLICTS, conflict_kinds, decision
from matching.flip import would_flip
from matching.model import CLASSES, MATCH, MatchModel, milli_bits, probability
from matching.prepared import Prepared
from matching.table import Table
from matching.weigh import bent, class_scores, others, unlabelled, weigh
from matching.wording import (
    CONFLICT_TEXTS,
    LIMIT_TEXT,
    alternative_text,
    judgements_text,
    level_text,
    missing_text,
    taught_text,
)

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
    kind = int(conflict_kinds(table, left, right, model)[0])
    return explain_compared(table, (0, 1), compare(table, left, right, model), kind, model)


def explain_compared(
    table: Table, rows: tuple[int, int], vectors: Vectors, conflict: int, model: MatchModel
) -> Explanation:
    """As ``explain_pair``, for two ``rows`` of a table that were compared already: ``vectors`` holds this pair alone,
    ``conflict`` is what ``conflict_kinds`` says of it."""
    total = int(weigh(vectors, model)[0])
    scores = class_scores(vectors, model)
    lines = list(_comparisons(table, rows, vectors, model))
    parts = [line.part for line in lines if line.part]
    prior = model.prior_mb
    full = int(scores[MATCH, 0]) - int(others(scores)[0])
    if rest := full - prior - sum(line.evidence_mb for line in lines):
        other = _likeliest(scores[:, 0])
        parts.append(Part("alternative", other, rest, alternative_text(other, rest)))
    if model.learned is not None:
        plain = unlabelled(scores, model)
        # What neither record has is no line of its own.
        pair = int((bent(plain, model.learned) - plain)[0]) + sum(line.taught_mb for line in lines if not line.part)
        if pair:
            parts.append(Part("judgements", "learned", pair, judgements_text(pair)))
    if beyond := total - prior - sum(p.weight_mb for p in parts):
        parts.append(Part("limit", "limit", beyond, LIMIT_TEXT))
    forbidden = CONFLICTS[conflict - 1] if conflict else None
    verdict = decision(total, model)
    if forbidden:
        verdict = "potential_match" if verdict == "match" else verdict
    return Explanation(prior, total, tuple(parts), verdict, forbidden)


def _likeliest(scores: np.ndarray) -> str:
    """The likeliest explanation other than a match."""
    return max((c for c in CLASSES if c != "match"), key=lambda c: int(scores[CLASSES.index(c)]))


@dataclass(frozen=True)
class _Line:
    """A comparison's evidence against strangers and what judgements add (milli-bits), and how it is shown."""

    evidence_mb: int
    taught_mb: int
    part: Part | None


def _comparisons(table: Table, pair: tuple[int, int], vectors: Vectors, model: MatchModel) -> Iterator[_Line]:
    counted = dict(model.adjusted)
    for j, comparison in enumerate(model.comparisons):
        level = int(vectors.levels[0, j])
        name = comparison.attribute
        taught = int(model.corrections[j, level])
        if level >= len(comparison.levels):
            text = missing_text(name, _has(table, pair, name), taught)
            yield _Line(0, taught, Part(name, "missing", taught, text) if text is not None else None)
            continue
        scores = model.scores[:, j, level].astype(np.int64)
        if j in counted:
            scores = scores + counted[j] * int(vectors.adjust[j][0])
        weight = int(scores[MATCH] - scores[STRANGER])
        text = level_text(name, comparison.levels[level], weight + taught, "stranger") + taught_text(taught)
        yield _Line(weight, taught, Part(name, comparison.levels[level], weight + taught, text))


_COLUMN = {
    "given_name": "given", "family_name": "family", "middle_name": "middle", "birth_date": "birth",
    "address": "postal",
}  # fmt: skip


def _has(table: Table, pair: tuple[int, int], name: str) -> tuple[bool, bool]:
    """Which of the two records has the attribute at all."""
    if name in ("name_order", "suffix"):
        return False, False
    codes = table.column(_COLUMN.get(name, name))
    return bool((codes[pair[0]] >= 0).any()), bool((codes[pair[1]] >= 0).any())


def forbidden_text(kind: str) -> str:
    """What a hard conflict says, in words."""
    return CONFLICT_TEXTS.get(kind, "A steward decided that these are two customers")


__all__ = ["Explanation", "Part", "explain_compared", "explain_pair", "forbidden_text", "milli_bits", "would_flip"]
