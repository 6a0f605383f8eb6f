"""T2: compare candidate pairs and keep the edges, each for the two record versions that were compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hub.sql import columns, rows
from matching.block import keys as blocking_keys
from matching.compare import compare
from matching.decide import CONFLICTS, conflict_kinds
from matching.model import MatchModel
from matching.normalise import Prepared
from matching.table import Table
from matching.weigh import weigh


@dataclass(frozen=True, slots=True, repr=False)
class Held:
    """A record's prepared form as read from the store."""

    rev: int
    scope: str
    prepared: Prepared


def load(record_ids: Iterable[int], *, model_id: int) -> dict[int, Held]:
    """The prepared form of the records that are live."""
    found = rows(
        """
        SELECT p.record_id, p.rev, s.scope || '/' || r.kind, p.data
        FROM hub_prepared p JOIN hub_sourcerecord r ON r.id = p.record_id
        JOIN hub_sourcesystem s ON s.id = r.system_id
        WHERE p.record_id = ANY(%b::bigint[]) AND p.model_id = %s
        """,
        sorted(set(record_ids)),
        model_id,
    )
    return {record_id: Held(rev, scope, Prepared.decode(data)) for record_id, rev, scope, data in found}


def score(pairs: Iterable[tuple[int, int]], *, model_id: int, model: MatchModel) -> int:
    """Compare ``pairs`` of record ids (lower first) and store the edges worth keeping; how many there are.

    An edge is never changed: it is a pure function of its two ``rev``s, which are part of its key.
    """
    wanted = sorted(set(pairs))
    if not wanted:
        return 0
    held = load({record_id for pair in wanted for record_id in pair}, model_id=model_id)
    wanted = [(a, b) for a, b in wanted if a in held and b in held]
    if not wanted:
        return 0
    place = {record_id: i for i, record_id in enumerate(held)}
    table = Table.of([h.prepared for h in held.values()])
    left = np.fromiter((place[a] for a, _ in wanted), dtype=np.int64, count=len(wanted))
    right = np.fromiter((place[b] for _, b in wanted), dtype=np.int64, count=len(wanted))
    weights = weigh(compare(table, left, right, model), model)
    kinds = conflict_kinds(table, left, right, model)
    kept = np.flatnonzero(weights >= model.edge_floor_mb)
    keys = _Keys(held, model)
    edges = [
        (
            a,
            b,
            held[a].rev,
            held[b].rev,
            int(weights[i]),
            CONFLICTS[kinds[i] - 1] if kinds[i] else "",
            keys.shared(a, b),
        )
        for i in kept.tolist()
        for a, b in (wanted[i],)
    ]
    _store(edges, model_id=model_id)
    return len(edges)


class _Keys:
    """The blocking keys of a prepared record, worked out once. They belong to the ``rev`` that was compared,
    whatever the store holds by now."""

    def __init__(self, held: Mapping[int, Held], model: MatchModel) -> None:
        self._held, self._model = held, model
        self._known: dict[int, frozenset[int]] = {}

    def _of(self, record_id: int) -> frozenset[int]:
        if record_id not in self._known:
            held = self._held[record_id]
            self._known[record_id] = frozenset(key for _, key in blocking_keys(held.prepared, self._model, held.scope))
        return self._known[record_id]

    def shared(self, a: int, b: int) -> list[int]:
        return sorted(self._of(a) & self._of(b))


def _store(edges: Sequence[tuple[int, int, int, int, int, str, list[int]]], *, model_id: int) -> None:
    # unnest would flatten an array of arrays: the keys travel as one flat array with the edge's place.
    rows(
        """
        INSERT INTO hub_edge (model_id, a_id, b_id, a_rev, b_rev, weight, conflict, keys)
        SELECT %s::smallint, e.a, e.b, e.a_rev, e.b_rev, e.weight, e.conflict,
               (%b::bigint[])[e.first : e.last]
        FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::int[], %b::text[],
                    %b::int[], %b::int[]) AS e(a, b, a_rev, b_rev, weight, conflict, first, last)
        ON CONFLICT DO NOTHING
        """,
        model_id,
        [key for *_, keys in edges for key in keys],
        *columns(_with_slices(edges), 8),
    )


def _with_slices(
    edges: Sequence[tuple[int, int, int, int, int, str, list[int]]],
) -> Iterable[tuple[int, int, int, int, int, str, int, int]]:
    first = 1
    for *edge, keys in edges:
        yield (*edge, first, first + len(keys) - 1)  # type: ignore[misc]
        first += len(keys)
