"""Compare: for every candidate pair, the level of each comparison.

Vectors
  ├─ levels   uint8 [pairs, comparisons]: number of the level, or that of "missing"
  └─ adjust   {comparison: int32 [pairs]}: how much rarer or commoner an equal value is than usual, milli-bits
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.comparators.dates import birth_levels
from matching.comparators.names import F, G, family_levels, given_levels
from matching.comparators.strings import NULL, each_pair
from matching.comparators.values import (
    A,
    address_levels,
    best,
    email_levels,
    ident_levels,
    phone_levels,
    similar_levels,
)
from matching.model import MatchModel, milli_bits
from matching.table import Table

CROSSED = 1
_COLUMN = {"given_name": "given", "family_name": "family"}


@dataclass(frozen=True)
class Vectors:
    levels: np.ndarray
    adjust: dict[int, np.ndarray]

    def __len__(self) -> int:
        return len(self.levels)

    def only(self, pair: int) -> Vectors:
        """The vector of one pair, by its place."""
        return Vectors(self.levels[pair : pair + 1], {j: a[pair : pair + 1] for j, a in self.adjust.items()})

    @classmethod
    def concat(cls, several: Sequence[Vectors]) -> Vectors:
        """The pairs of all, which were compared under one model."""
        adjust = {j: np.concatenate([v.adjust[j] for v in several]) for j in several[0].adjust}
        return cls(np.concatenate([v.levels for v in several]), adjust)


def compare(table: Table, left: np.ndarray, right: np.ndarray, model: MatchModel) -> Vectors:
    """Comparison vectors of the pairs ``(left[i], right[i])`` of rows of ``table``; symmetric."""
    left, right = np.asarray(left, dtype=np.intp), np.asarray(right, dtype=np.intp)
    found = _names(table, left, right, model)
    found["middle_name"] = _middle(table, left, right)
    found["suffix"] = _suffix(table, left, right)
    found["birth_date"] = birth_levels(
        table.column("birth")[left, 0], table.column("birth")[right, 0], table.values("birth")
    )
    found["email"] = email_levels(table, left, right)
    found["phone"] = best(table, "phone", left, right, phone_levels)
    for name in ("tax_id", "loyalty_id", "identifier"):
        found[name] = best(table, name, left, right, ident_levels)
    found["address"] = address_levels(table, left, right)
    city = best(table, "city", left, right, similar_levels)
    # One postal code says the town already.
    city[found["address"] <= A["other_street"]] = NULL
    found["city"] = city
    found["country"] = np.minimum(best(table, "country", left, right, _same), NULL)
    found["company"] = best(table, "company", left, right, similar_levels)
    found["source"] = best(table, "source", left, right, _same)
    levels = np.empty((len(left), len(model.comparisons)), dtype=np.uint8)
    for j, comparison in enumerate(model.comparisons):
        name = comparison.attribute
        column = found[name] if name in found else best(table, name, left, right, similar_levels)
        null = model.scores.shape[2] - 1
        levels[:, j] = np.where(column == NULL, null, column)
    return Vectors(levels, _adjustments(table, left, right, model, levels, found["name_order"] == CROSSED))


def prime(table: Table, model: MatchModel) -> None:
    """Computes once what every process that compares rows of ``table`` would compute for itself."""
    for j, _ in model.adjusted:
        name = model.comparisons[j].attribute
        table.adjustments(_COLUMN.get(name, name), model.frequencies[name])
    table.known("given", model.frequencies["given_name"])


def _same(a: np.ndarray, b: np.ndarray, texts: list[str]) -> np.ndarray:
    return np.asarray((a != b).astype(np.int8))


def _names(table: Table, left: np.ndarray, right: np.ndarray, model: MatchModel) -> dict[str, np.ndarray]:
    """Given and family name, straight or, where that says more, crossed."""
    texts = table.values("given")
    given, family = table.column("given")[:, 0], table.column("family")[:, 0]
    ga, gb, fa, fb = given[left], given[right], family[left], family[right]
    g, f = given_levels(ga, gb, texts), family_levels(fa, fb, texts)
    order = np.where((g == NULL) & (f == NULL), NULL, 0).astype(np.int8)
    # Only names that disagree are tried the other way round.
    odd = np.flatnonzero((g >= G["initial"]) & (f >= F["compound"]) & ~((g == NULL) & (f == NULL)))
    if len(odd):
        one, two = family_levels(ga[odd], fb[odd], texts), family_levels(fa[odd], gb[odd], texts)
        # Symmetric: the better of the two crossings stands for the surname, the worse for the given name.
        better, worse = np.minimum(one, two), np.maximum(one, two)
        strong = (better <= F["typo"]) & ((worse <= F["compound"]) | (worse == NULL) | (worse == F["initial"]))
        strong &= (worse != NULL) | (f[odd] == NULL) | (g[odd] == NULL)
        rows = odd[strong]
        translate = np.full(128, G["else"], dtype=np.int8)
        translate[[F["exact"], F["typo"], F["compound"], F["initial"], NULL]] = (
            G["exact"], G["typo"], G["prefix"], G["initial"], NULL,
        )  # fmt: skip
        f[rows], g[rows], order[rows] = better[strong], translate[worse[strong]], CROSSED
    # Two common names a letter apart are two names; a slip makes a word that nobody is called.
    known = table.known("given", model.frequencies["given_name"])
    slips = np.flatnonzero((g == G["typo"]) & (order != CROSSED))
    g[slips[known[ga[slips]] & known[gb[slips]]]] = G["lookalike"]
    _former(table, left, right, f)
    _by_email(table, left, right, f)
    return {"given_name": g, "family_name": f, "name_order": order}


def _former(table: Table, left: np.ndarray, right: np.ndarray, levels: np.ndarray) -> None:
    """Where surnames differ: one side's former name is the other's present one."""
    former = table.column("former")
    if (former < 0).all():
        return
    rows = np.flatnonzero((levels > F["former"]) & (levels != NULL))
    family = table.column("family")[:, 0]
    for a, b in ((left[rows], right[rows]), (right[rows], left[rows])):
        for place in range(former.shape[1]):
            hit = (former[a, place] >= 0) & (former[a, place] == family[b])
            levels[rows[hit]] = F["former"]


def _by_email(table: Table, left: np.ndarray, right: np.ndarray, levels: np.ndarray) -> None:
    """Where surnames differ: the e-mail of one side spells the other's surname."""
    rows = np.flatnonzero((levels > F["by_email"]) & (levels != NULL))
    users, names, logins = table.column("user"), table.values("family"), table.values("user")
    family = table.column("family")[:, 0]
    for a, b in ((left[rows], right[rows]), (right[rows], left[rows])):
        for place in range(users.shape[1]):
            both = np.flatnonzero((users[a, place] >= 0) & (family[b] >= 0) & (users[b, 0] < 0))
            for row in both.tolist():
                name = names[family[b[row]]]
                if len(name) >= 4 and name in logins[users[a[row], place]]:
                    levels[rows[row]] = F["by_email"]


def _middle(table: Table, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """exact, initial (one begins as the other), else."""
    column, texts = table.column("middle")[:, 0], table.values("middle")
    a, b = column[left], column[right]
    out = np.full(len(left), NULL, dtype=np.int8)
    rows = np.flatnonzero((a >= 0) & (b >= 0))
    if len(rows):
        out[rows] = np.where(a[rows] == b[rows], 0, np.where(each_pair(a[rows], b[rows], texts, _same_initial), 1, 2))
    return out


def _same_initial(left: list[str], right: list[str]) -> np.ndarray:
    return np.fromiter((x[0] == y[0] for x, y in zip(left, right, strict=True)), bool, len(left))


def _suffix(table: Table, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """same, one_sided, different; missing where neither has one."""
    column = table.column("suffix")[:, 0]
    a, b = column[left], column[right]
    conditions = ((a < 0) & (b < 0), (a < 0) | (b < 0), a == b)
    return np.select(conditions, (NULL, 1, 0), 2).astype(np.int8)


def _adjustments(
    table: Table, left: np.ndarray, right: np.ndarray, model: MatchModel, levels: np.ndarray, crossed: np.ndarray
) -> dict[int, np.ndarray]:
    """For equal values: how common they are. The commoner reading counts, so that the pair is symmetric."""
    out = {}
    for j, _ in model.adjusted:
        name = model.comparisons[j].attribute
        column = _COLUMN.get(name, name)
        tables = table.adjustments(column, model.frequencies[name])
        equal = levels[:, j] == 0
        if name in ("given_name", "family_name"):
            equal &= ~crossed
        values = np.zeros(len(left), dtype=np.int32)
        rows = np.flatnonzero(equal)
        if tables.shape[1] == 1:
            values[rows] = np.maximum(tables[left[rows], 0], tables[right[rows], 0])
        elif len(rows):
            values[rows] = _common(table.column(column), tables, left[rows], right[rows])
        out[j] = values
    rows = np.flatnonzero(crossed)
    given, family = (model.index[name] for name in ("given_name", "family_name"))
    if len(rows) and given in out and family in out:
        out[given][rows], out[family][rows] = _crossed(
            table, left[rows], right[rows], model, levels[rows][:, given] == 0
        )
    return out


def _crossed(
    table: Table, left: np.ndarray, right: np.ndarray, model: MatchModel, both: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How common the names are that agree crosswise, as a given or a family name, whichever is the commoner use.

    Where ``both`` agree, the commoner of the two stands for the given name, so that the pair is symmetric.
    """
    given, family = (model.frequencies[name] for name in ("given_name", "family_name"))
    base = milli_bits(given.collision / family.collision)
    g, f = table.column("given")[:, 0], table.column("family")[:, 0]

    known = table.known("given", given)

    def shares(column: str, rows: np.ndarray) -> np.ndarray:
        """log2 of the value's share against the average surname's, in whichever use it is commoner."""
        as_given, as_family = (table.adjustments(column, use)[rows, 0] for use in (given, family))
        # What nobody is known to be called by is rare as surnames are, of which there are more.
        is_given = known[table.column(column)[rows, 0]]
        return np.asarray(np.where(is_given, np.maximum(as_given + base, as_family), as_family))

    found = []
    for one, two in ((left, right), (right, left)):
        agree = (g[one] == f[two]) & (g[one] >= 0)
        common = np.maximum(shares("given", one), shares("family", two))
        found.append(np.where(agree, common, np.iinfo(np.int32).min))
    high, low = np.maximum(*found), np.minimum(*found)
    high = np.where(high == np.iinfo(np.int32).min, 0, high)
    return np.where(both, high - base, 0), np.where(both, low, high)


def _common(codes: np.ndarray, tables: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    lowest = np.full(len(left), np.iinfo(np.int32).max, dtype=np.int32)
    for i in range(codes.shape[1]):
        for j in range(codes.shape[1]):
            same = (codes[left, i] == codes[right, j]) & (codes[left, i] >= 0)
            either = np.maximum(tables[left, i], tables[right, j])
            lowest = np.where(same, np.minimum(lowest, either), lowest)
    return np.where(lowest == np.iinfo(np.int32).max, 0, lowest)
