"""Flip: the smallest changes after which a pair would be decided the other way.

All changed pairs are compared and weighed at once, by the functions that decide; a hard conflict counts as it
does there. One change is tried first; two together only where neither would do by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from matching.compare import compare
from matching.decide import conflict_kinds, decision
from matching.model import MatchModel
from matching.prepared import Prepared
from matching.table import Table
from matching.weigh import weigh
from matching.wording import change_text

MOST = 3
_FIELDS = {
    "given_name": "given", "family_name": "family", "birth_date": "birth", "email": "emails", "phone": "phones",
    "address": "places", "identifiers": "ids", "suffix": "suffix", "company": "company",
}  # fmt: skip


@dataclass(frozen=True)
class _Change:
    """One attribute of one side made another: ``kind`` is a key of ``wording.CHANGES``."""

    attribute: str
    kind: str
    second: bool
    value: Any

    def apply(self, pair: tuple[Prepared, Prepared]) -> tuple[Prepared, Prepared]:
        one, two = pair
        return (one, _put(two, self.attribute, self.value)) if self.second else (
            _put(one, self.attribute, self.value), two
        )  # fmt: skip


def would_flip(a: Prepared, b: Prepared, model: MatchModel) -> list[dict[str, object]]:
    """What would decide the pair the other way: ``[{change, total}]``, ``total`` in bits, at most ``MOST``.

    Single changes of one attribute (made equal, made different, taken away or made known) come first, those that
    move the weight least before others; then pairs of changes. The same whichever record comes first.
    """
    if b.order < a.order:
        a, b = b, a
    ((before, joined),) = _decided([(a, b)], model)
    changes = list(_changes(a, b, model, toward_match=not joined))
    singles: list[tuple[_Change, ...]] = [(c,) for c in changes]
    found = _flipped((a, b), singles, before, joined, model)
    if len(found) < MOST:
        done = {c.attribute for _, (c,), _ in found}
        rest = [c for c in changes if c.attribute not in done]
        twos: list[tuple[_Change, ...]] = [p for p in combinations(rest, 2) if p[0].attribute != p[1].attribute]
        found += _flipped((a, b), twos, before, joined, model)
    said = [(change_text([(c.kind, c.attribute) for c in together]), total) for _, together, total in found[:MOST]]
    return [{"change": text, "total": total / 1000} for text, total in said]


def _flipped(
    pair: tuple[Prepared, Prepared],
    tried: list[tuple[_Change, ...]],
    before: int,
    joined: bool,
    model: MatchModel,
) -> list[tuple[int, tuple[_Change, ...], int]]:
    """Those of the changes that flip the decision: (by how much they move the weight, changes, weight after)."""
    pairs = []
    for together in tried:
        changed = pair
        for change in together:
            changed = change.apply(changed)
        pairs.append(changed)
    after = _decided(pairs, model)
    found = [
        (abs(total - before), together, total)
        for together, (total, match) in zip(tried, after, strict=True)
        if match != joined
    ]
    return sorted(found, key=lambda f: (f[0], [(c.attribute, c.kind) for c in f[1]]))


def _decided(pairs: list[tuple[Prepared, Prepared]], model: MatchModel) -> list[tuple[int, bool]]:
    """The weight of each pair in milli-bits, and whether it is a match."""
    if not pairs:
        return []
    table = Table.of(record for pair in pairs for record in pair)
    left = np.arange(0, 2 * len(pairs), 2)
    weights = weigh(compare(table, left, left + 1, model), model).tolist()
    kinds = conflict_kinds(table, left, left + 1, model).tolist()
    return [(w, not kind and decision(w, model) == "match") for w, kind in zip(weights, kinds, strict=True)]


def _changes(a: Prepared, b: Prepared, model: MatchModel, *, toward_match: bool) -> Iterator[_Change]:
    if toward_match and a.kind != b.kind:
        yield _Change("kind", "equal", True, a.kind)
    for name in (*_FIELDS, *(f"attribute:{key}" for key in model.attributes)):
        x, y = _get(a, name), _get(b, name)
        if not x and not y:
            continue
        if toward_match and x != y:
            known = bool(x and y)
            yield _Change(name, "equal" if known else "known", bool(x), x or y)
            if known:
                yield _Change(name, "gone", True, type(y)())
        elif not toward_match:
            if x and y:
                yield _Change(name, "gone", True, type(y)())
            yield _Change(name, "other" if x and y else "known_other", bool(x), _another(name, x or y))


def _get(record: Prepared, name: str) -> Any:
    if name in _FIELDS:
        return getattr(record, _FIELDS[name])
    return dict(record.attributes).get(name.partition(":")[2], "")


def _put(record: Prepared, name: str, value: Any) -> Prepared:
    if name == "kind":
        return record._replace(kind=value)
    if name in _FIELDS:
        return record._replace(**{_FIELDS[name]: value})
    kept = {**dict(record.attributes), name.partition(":")[2]: value}
    return record._replace(attributes=tuple(sorted((k, v) for k, v in kept.items() if v)))


def _another(name: str, value: Any) -> Any:
    """A value of the same form that agrees with nothing."""
    if name == "birth_date":
        year = int(str(value)[:4]) or 1950
        return f"{year + 20 if year < 1980 else year - 20:04d}0713"
    if name == "email":
        return ("zqxjw.vkqz@zqxjwvkqz.example",)
    if name == "phone":
        return ("480617253",)
    if name == "address":
        return tuple(p._replace(street="zqxjwvk st", number="9871", postal_code="zqxjw", city="zqxjwvk") for p in value)
    if name == "identifiers":
        return tuple(i._replace(value="zq9x7j3w1v5k") for i in value)
    return {"jr": "sr"}.get(str(value), "jr") if name == "suffix" else "zqxjwvk"
