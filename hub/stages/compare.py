"""T2: compare candidate pairs and keep the edges, each for the two record versions that were compared."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from hub import keyring
from hub.errors import Unavailable
from hub.sealing import PREPARED
from hub.sql import columns, rows, slices
from matching.compare import compare
from matching.decide import CONFLICTS, conflict_kinds
from matching.model import MatchModel
from matching.normalise import Prepared
from matching.table import Table
from matching.weigh import weigh

Pairs = tuple[np.ndarray, np.ndarray]
EdgeRow = tuple[int, int, int, int, int, str, list[int]]


@dataclass(frozen=True, slots=True, repr=False)
class Held:
    """A record's prepared form and its blocking keys as read from the store."""

    rev: int
    prepared: Prepared
    keys: Sequence[int]


def load(record_ids: Collection[int] | np.ndarray, *, model_id: int) -> dict[int, Held]:
    """The prepared form of the records that are live.

    Raises ``Unavailable`` where one cannot be read any more: it is just being erased, and what is resolved without it
    would tell of a split that never was.
    """
    found = rows(
        """
        SELECT p.record_id, p.rev, p.keys, r.address, p.data FROM hub_prepared p
        JOIN hub_sourcerecord r ON r.id = p.record_id
        WHERE p.record_id = ANY(%b::bigint[]) AND p.model_id = %s AND p.data <> ''
        """,
        record_ids if isinstance(record_ids, np.ndarray) else sorted(set(record_ids)),
        model_id,
    )
    forms = keyring.opened([(address, data) for *_, address, data in found], PREPARED)
    if None in forms:
        raise Unavailable
    return {
        record_id: Held(rev, Prepared.decode(form), keys)
        for (record_id, rev, keys, *_), form in zip(found, forms, strict=True)
        if form is not None
    }


def score(pairs: Pairs, *, model_id: int, model: MatchModel) -> int:
    """Compare ``pairs`` of record ids (lower first) and store the edges worth keeping; how many there are.

    An edge is never changed: it is a pure function of its two ``rev``s, which are part of its key.
    """
    if not len(pairs[0]):
        return 0
    held = load(np.unique(np.concatenate(pairs)), model_id=model_id)
    if not held:
        return 0
    ids = np.array(sorted(held), dtype=np.int64)
    place = [np.minimum(np.searchsorted(ids, end), len(ids) - 1) for end in pairs]
    there = (ids[place[0]] == pairs[0]) & (ids[place[1]] == pairs[1])
    left, right = place[0][there], place[1][there]
    table = Table.of([held[record_id].prepared for record_id in ids.tolist()])
    vectors = compare(table, left, right, model)
    weights = weigh(vectors, model)
    kinds = conflict_kinds(table, left, right, model, vectors)
    kept = np.flatnonzero(weights >= model.edge_floor_mb)
    left, right, weights, kinds = left[kept], right[kept], weights[kept], kinds[kept]
    ends = zip(ids[left].tolist(), ids[right].tolist(), weights.tolist(), kinds.tolist(), strict=True)
    edges = [
        (a, b, held[a].rev, held[b].rev, weight, CONFLICTS[kind - 1] if kind else "",
         sorted({*held[a].keys} & {*held[b].keys}))
        for a, b, weight, kind in ends
    ]  # fmt: skip
    _store(edges, model_id=model_id)
    return len(edges)


def _store(edges: Sequence[EdgeRow], *, model_id: int) -> None:
    rows(
        """
        INSERT INTO hub_edge (model_id, a_id, b_id, a_rev, b_rev, weight, conflict, keys)
        SELECT %s::smallint, e.a, e.b, e.a_rev, e.b_rev, e.weight, e.conflict, (%b::bigint[])[e.first : e.last]
        FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::int[], %b::text[],
                    %b::int[], %b::int[]) AS e(a, b, a_rev, b_rev, weight, conflict, first, last)
        ON CONFLICT DO NOTHING
        """,
        model_id,
        [key for *_, keys in edges for key in keys],
        *columns(
            ((*edge, *ends) for (*edge, _), ends in zip(edges, slices(keys for *_, keys in edges), strict=True)), 8
        ),
    )
