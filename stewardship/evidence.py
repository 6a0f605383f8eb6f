"""The machine's reasons in words, and behind a key the waterfall: prior, each comparison, total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Bits that move nobody: a reason this weak is told as no evidence.
_NOTHING = 0.15
_LABELS = {
    "given_name": "Given name", "family_name": "Family name", "name": "Name", "middle_name": "Middle name",
    "birth_date": "Birth date", "email": "E-mail", "phone": "Phone", "address": "Address", "street": "Street",
    "postal_code": "Postal code", "city": "City", "organisation": "Organisation", "company_name": "Organisation",
    "loyalty_id": "Loyalty id", "tax_id": "Tax id", "identifiers": "Identifiers", "prior": "Before any evidence",
    "alternative": "Household, namesakes",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    attribute: str
    text: str


@dataclass(frozen=True, slots=True)
class Reasons:
    """What speaks for one person, what against, and what tells nothing. The strongest come first."""

    speaks_for: tuple[Reason, ...]
    speaks_against: tuple[Reason, ...]
    silent: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of the waterfall in the units of its drawing (0 to 1000 across)."""

    label: str
    weight: float
    start: float
    width: float
    kind: str  # prior | for | against | total


@dataclass(frozen=True, slots=True)
class Waterfall:
    bars: tuple[Bar, ...]
    zero: float
    total: float
    because: str
    would_flip: tuple[str, ...]


def label(attribute: str) -> str:
    return _LABELS.get(attribute, attribute.replace("_", " ").replace(".", " ").capitalize())


def reasons(explanation: Mapping[str, Any]) -> Reasons:
    """Sort the comparisons of an explanation by what they say."""
    ordered = sorted(explanation["comparisons"], key=lambda c: -abs(c["match_weight"]))
    made = [(c["match_weight"], Reason(label(c["attribute"]), c["text"])) for c in ordered]
    return Reasons(
        speaks_for=tuple(reason for weight, reason in made if weight > _NOTHING),
        speaks_against=tuple(reason for weight, reason in made if weight < -_NOTHING),
        silent=tuple(_short(reason) for weight, reason in made if abs(weight) <= _NOTHING),
    )


def _short(reason: Reason) -> Reason:
    # The heading above the list says it already.
    text = reason.text.removesuffix(", so it tells us nothing").removesuffix(": tells us nothing")
    return Reason(reason.attribute, text)


def waterfall(explanation: Mapping[str, Any]) -> Waterfall:
    """The same numbers as the decision used, laid out for drawing. Weights are in bits."""
    steps: list[tuple[str, float]] = [("prior", float(explanation["prior"]))]
    steps += [(c["attribute"], float(c["match_weight"])) for c in explanation["comparisons"]]
    reached, edges = 0.0, [0.0]
    for _, weight in steps:
        reached += weight
        edges.append(reached)
    low, high = min(edges), max(edges)
    span = (high - low) or 1.0

    def place(bits: float) -> float:
        return round(20 + 960 * (bits - low) / span, 1)

    bars = []
    for (attribute, weight), before, after in zip(steps, edges, edges[1:], strict=False):
        if abs(weight) <= _NOTHING:
            continue
        kind = "prior" if attribute == "prior" else "for" if weight > 0 else "against"
        start, end = sorted((place(before), place(after)))
        bars.append(Bar(label(attribute), weight, start, max(end - start, 2.0), kind))
    total = float(explanation["total"])
    start, end = sorted((place(0.0), place(total)))
    bars.append(Bar("Match weight", total, start, max(end - start, 2.0), "total"))
    flips: Sequence[Mapping[str, Any]] = explanation.get("would_flip") or ()
    return Waterfall(
        tuple(bars), place(0.0), total, str(explanation.get("because") or ""), tuple(str(f["change"]) for f in flips)
    )
