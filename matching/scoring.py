"""Compare and weigh many pairs of rows: in chunks, so that memory is bounded, and on all cores that may be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from matching.cluster import Score
from matching.compare import compare, prime
from matching.decide import conflict_kinds, conflicts
from matching.model import MatchModel
from matching.pairs import Pairs
from matching.parallel import each
from matching.table import Table
from matching.weigh import weigh

AT_ONCE = 200_000


@dataclass(frozen=True)
class Weights:
    """For each pair: the match weight (int32 milli-bits), whether a conflict forbids it (looked at only where the
    weight could join), and the weight under another model, where one was asked for."""

    match: np.ndarray
    forbidden: np.ndarray
    other: np.ndarray | None = None


def weigh_all(
    table: Table, pairs: Pairs, model: MatchModel, workers: int = 1, *, other: MatchModel | None = None
) -> Weights:
    """Weights of pairs of rows. ``other`` is a second model with the same comparisons."""
    left, right = pairs
    if not len(left):
        none = np.empty(0, dtype=np.int32)
        return Weights(none, np.empty(0, dtype=bool), none if other else None)

    def some(part: slice) -> tuple[np.ndarray, ...]:
        vectors = compare(table, left[part], right[part], model)
        weights = weigh(vectors, model)
        forbidden = np.zeros(len(weights), dtype=bool)
        # Only what could join needs to be looked at for a veto.
        hot = np.flatnonzero(weights > min(model.cut_mb, 0))
        forbidden[hot] = conflicts(table, left[part][hot], right[part][hot], model)
        return (weights, forbidden, weigh(vectors, other)) if other else (weights, forbidden)

    prime(table, model)
    columns = zip(*each(some, list(chunks(len(left))), workers), strict=True)
    return Weights(*(np.concatenate(column) for column in columns))


def known_scores(table: Table, pairs: Pairs, weights: np.ndarray, model: MatchModel) -> Score:
    """Weights and conflicts of pairs of rows, the weight looked up where a pair (sorted, lesser first) was weighed."""
    packed = pairs[0] << 32 | pairs[1]

    def score(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        wanted = np.minimum(left, right).astype(np.int64) << 32 | np.maximum(left, right)
        out = np.empty(len(wanted), dtype=np.int32)
        kinds = np.empty(len(wanted), dtype=np.int8)
        known = np.zeros(len(wanted), dtype=bool)
        if len(packed):
            at = np.minimum(np.searchsorted(packed, wanted), len(packed) - 1)
            known = packed[at] == wanted
            out[known] = weights[at[known]]
        rest = np.flatnonzero(~known)
        for rows in chunks(len(rest)):
            out[rest[rows]] = weigh(compare(table, left[rest[rows]], right[rest[rows]], model), model)
        for rows in chunks(len(wanted)):
            kinds[rows] = conflict_kinds(table, left[rows], right[rows], model)
        return out, kinds

    return score


def chunks(n: int) -> Iterator[slice]:
    """Slices of ``AT_ONCE`` out of ``n``."""
    return (slice(start, start + AT_ONCE) for start in range(0, n, AT_ONCE))
