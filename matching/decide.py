"""Decide: what a weight means, and what no weight may join."""

from __future__ import annotations

import numpy as np

from matching.comparators.dates import L as BIRTH
from matching.comparators.dates import birth_levels
from matching.comparators.names import G, given_levels
from matching.comparators.strings import NULL
from matching.comparators.values import ident_vetoes, places_of
from matching.compare import Vectors
from matching.model import MatchModel
from matching.table import Table

# What forbids two records to be one customer; the number of each is its place here plus one.
CONFLICTS = ("tax_id", "loyalty_id", "suffix", "birth_date", "kind")


def decision(weight_mb: int, model: MatchModel) -> str:
    """``match``, ``potential_match`` or ``non_match`` for a pair's or a group's mean weight."""
    if weight_mb > model.cut_mb:
        return "match"
    return "potential_match" if weight_mb > model.potential_mb else "non_match"


def conflicts(table: Table, left: np.ndarray, right: np.ndarray, model: MatchModel) -> np.ndarray:
    """Which pairs must not be joined, whatever they weigh (bool [pairs])."""
    return conflict_kinds(table, left, right, model) > 0


def conflict_kinds(
    table: Table, left: np.ndarray, right: np.ndarray, model: MatchModel, vectors: Vectors | None = None
) -> np.ndarray:
    """For each pair the number of the first of ``CONFLICTS`` that it has, counted from 1, else 0 (int8).

    Two valid tax ids or two loyalty numbers of one programme more than a slip apart; father's and son's
    suffixes; full birth dates and given names that both differ; a person and an organisation. ``vectors`` of the
    pairs, where they were compared, spare comparing their birth dates again.
    """
    left, right = np.asarray(left, dtype=np.intp), np.asarray(right, dtype=np.intp)
    out = np.zeros(len(left), dtype=np.int8)
    known = None
    if vectors is not None and "birth_date" in model.index:
        known = vectors.levels[:, model.index["birth_date"]]
    _births(table, left, right, model, out, known)
    kind = table.column("kind")[:, 0]
    out[kind[left] != kind[right]] = 5
    suffix = table.column("suffix")[:, 0]
    out[(suffix[left] >= 0) & (suffix[right] >= 0) & (suffix[left] != suffix[right])] = 3
    for number, name in ((2, "loyalty_id"), (1, "tax_id")):
        out[_two_ids(table, name, left, right)] = number
    return out


def _two_ids(table: Table, name: str, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    codes, texts = table.column(name), table.values(name)
    a, b = codes[left], codes[right]
    veto, shared = np.zeros(len(left), dtype=bool), np.zeros(len(left), dtype=bool)
    for rows, i, j in places_of(a, b):
        x, y = a[rows, i], b[rows, j]
        shared[rows[x == y]] = True
        differ = np.flatnonzero(x != y)
        if len(differ):
            veto[rows[differ[ident_vetoes(x[differ], y[differ], texts)]]] = True
    # Whoever shares one number may have others beside it.
    return veto & ~shared


def _births(
    table: Table,
    left: np.ndarray,
    right: np.ndarray,
    model: MatchModel,
    out: np.ndarray,
    known: np.ndarray | None,
) -> None:
    birth, given = table.column("birth")[:, 0], table.column("given")[:, 0]
    rows = np.flatnonzero((birth[left] >= 0) & (birth[right] >= 0) & (birth[left] != birth[right]))
    rows = rows[(given[left[rows]] >= 0) & (given[right[rows]] >= 0) & (given[left[rows]] != given[right[rows]])]
    if not len(rows):
        return
    a, b = left[rows], right[rows]
    births = birth_levels(birth[a], birth[b], table.values("birth")) if known is None else known[rows]
    apart = ((births == BIRTH["else"]) | (births == BIRTH["far"])) & _whole(table)[birth[a]] & _whole(table)[birth[b]]
    names = given_levels(given[a], given[b], table.values("given"))
    # A number of one's own on both sides says that name and date were keyed wrongly.
    for name in ("tax_id", "loyalty_id", *model.identifying):
        apart &= ~_shared(table.column(name), a, b)
    crossed = (table.column("family")[a, 0] == given[b]) | (table.column("family")[b, 0] == given[a])
    out[rows[apart & (names == G["else"]) & (names != NULL) & ~crossed]] = 4


def _shared(codes: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Whether two rows have a value in common (bool)."""
    out = np.zeros(len(left), dtype=bool)
    a, b = codes[left], codes[right]
    for rows, i, j in places_of(a, b):
        out[rows] |= a[rows, i] == b[rows, j]
    return out


def _whole(table: Table) -> np.ndarray:
    """For each birth date of the vocabulary whether year, month and day are known."""

    def make() -> np.ndarray:
        texts = table.values("birth")
        found = (t[:4] != "0000" and t[4:6] != "00" and t[6:] != "00" for t in texts)
        return np.fromiter(found, dtype=bool, count=len(texts))

    return np.asarray(table.derived(("vocabulary", "whole births", len(table.values("birth"))), make))
