"""T3, first: keys that are too common, kept in step with the counts.

A key is suppressed exactly when its committed count exceeds its rule's cap. Who brings a key over its cap finds it
crowded in T2; who leaves one that is suppressed finds it in ``Prepared.gone``. Both take the key's lock and count
again. What they move is looked at once more after they committed (``Prepared.moved``): whoever read the old list
meanwhile has committed his keys by then. So nobody else needs a lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hub.sql import columns, rows, slices, unpacked
from matching.model import MatchModel

Pairs = tuple[np.ndarray, np.ndarray]
# key → (rule, records of the batch that have it)
Crowded = Mapping[int, tuple[int, Sequence[int]]]


@dataclass(frozen=True, slots=True)
class Settled:
    """What T3 has to make good: ``touched`` records whose edges changed their standing, ``pairs`` to score (lower
    id first); ``again`` whether keys were moved, so that another T3 must follow for the same records."""

    touched: frozenset[int] = frozenset()
    pairs: Pairs = field(default_factory=lambda: (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)))
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Loose:
    """Of one record the keys that it lost, and those that were moved, with their rules."""

    gone: Sequence[int]
    moved: Mapping[int, int]


def settle(record_ids: Collection[int], *, crowded: Crowded, model_id: int, model: MatchModel) -> Settled:
    """Bring ``SuppressedKey`` in line with the counts for the ``crowded`` keys of T2 and for those that records of
    ``record_ids`` lost or moved. ``record_ids`` may leave out records that are new to the hub."""
    loose = _loose(record_ids, keepers={r for _, holders in crowded.values() for r in holders}, model_id=model_id)
    gone = {key: record for record, keys in loose.items() for key in keys.gone}
    moved = {key: record for record, keys in loose.items() for key in keys.moved}
    # Where all who have the key are gone meanwhile, nobody is left who went without its pairs.
    met = {key: there[0] for key, (_, held) in crowded.items() if (there := [r for r in held if r in loose])}
    watched = sorted({*met, *moved, *(gone.keys() & _recorded(gone, model_id=model_id).keys())})
    if not watched and not loose:
        return Settled()
    outcome = Settled()
    flipped: dict[int, tuple[int, int]] = {}
    if watched:
        # One order for all workers; held until commit, so that the next one sees this verdict.
        rows("SELECT pg_advisory_xact_lock(k) FROM unnest(%b::bigint[]) AS k", watched)
        rules = {key: rule for keys in loose.values() for key, rule in keys.moved.items()}
        rules |= {key: crowded[key][0] for key in met}
        outcome, changed = _act(watched, rules, model_id=model_id, model=model)
        keeper = {**gone, **moved, **met}
        flipped = {key: (keeper[key], rule) for key, rule in changed.items()}
    _settled(loose, flipped, model_id=model_id)
    return outcome


def _loose(record_ids: Collection[int], *, keepers: Collection[int], model_id: int) -> dict[int, _Loose]:
    """What is loose at these records, and the rows of ``keepers``, which may have to keep a note."""
    # The rows stay locked: T1 may not add news of a key between this look and its being struck off.
    found = rows(
        """
        SELECT record_id, gone, moved, moved_rules FROM hub_prepared
        WHERE record_id = ANY(%b::bigint[]) AND model_id = %s
              AND (gone <> '{}' OR moved <> '{}' OR rev = 0 OR record_id = ANY(%b::bigint[]))
        ORDER BY record_id FOR UPDATE
        """,
        sorted({*record_ids, *keepers}),
        model_id,
        sorted(keepers),
    )
    return {record: _Loose(gone, dict(zip(moved, rules, strict=True))) for record, gone, moved, rules in found}


def _recorded(keys: Collection[int], *, model_id: int) -> dict[int, int]:
    """key → rule of those that are suppressed."""
    return dict(
        rows("SELECT key, rule FROM hub_suppressedkey WHERE model_id = %s AND key = ANY(%b::bigint[])",
             model_id, sorted(keys))
        if keys
        else []
    )  # fmt: skip


def _act(
    watched: Sequence[int], left_out: Mapping[int, int], *, model_id: int, model: MatchModel
) -> tuple[Settled, dict[int, int]]:
    """What follows for the locked keys ``watched``, and those that were moved across their cap, with their rules.

    ``left_out`` are the keys, with their rules, without whose pairs some record may have gone.
    """
    was = _recorded(watched, model_id=model_id)
    rules = {**left_out, **was}
    caps = {key: model.rules[rule].cap for key, rule in rules.items()}
    blocks = _blocks(sorted(rules), {key: cap + 1 for key, cap in caps.items()}, model_id=model_id)
    over = {key for key in rules if len(blocks[key]) > caps[key]}
    up, down = sorted(over - was.keys()), sorted(was.keys() - over)
    free = [key for key in left_out if key not in was and key not in over]
    still = [key for key in left_out if key in was and key in over]
    touched: set[int] = set()
    if down:
        # Before they are struck off: what hangs on these alone begins to count.
        touched |= _hanging([*down], blocks, model_id=model_id)
        rows("DELETE FROM hub_suppressedkey WHERE model_id = %s AND key = ANY(%b::bigint[])", model_id, down)
    if up:
        rows(
            """
            INSERT INTO hub_suppressedkey (model_id, key, rule, since)
            SELECT %s::smallint, n.key, n.rule, now() FROM unnest(%b::bigint[], %b::bigint[]) AS n(key, rule)
            """,
            model_id,
            up,
            [rules[key] for key in up],
        )
    if up or still:
        whole = _blocks([*up, *still], {}, model_id=model_id)
        touched |= _hanging([*up, *still], whole, model_id=model_id)
    scored = [np.array(sorted(blocks[key]), dtype=np.int64) for key in (*down, *free)]
    pairs = [np.triu_indices(len(block), 1) for block in scored]
    left = [block[i] for block, (i, _) in zip(scored, pairs, strict=True)]
    right = [block[j] for block, (_, j) in zip(scored, pairs, strict=True)]
    touched |= {record for block in scored for record in block.tolist()}
    empty = np.empty(0, dtype=np.int64)
    both = (np.concatenate([empty, *left]), np.concatenate([empty, *right]))
    return Settled(frozenset(touched), both, bool(up or down)), {key: rules[key] for key in (*up, *down)}


def _blocks(keys: Sequence[int], most: Mapping[int, int], *, model_id: int) -> dict[int, list[int]]:
    """The records of each block, no more than ``most`` of a key that is named there."""
    (found,) = rows(
        """
        SELECT array_send(array_agg(w.key)), array_send(array_agg(b.record_id))
        FROM unnest(%b::bigint[], %b::bigint[]) AS w(key, most)
        CROSS JOIN LATERAL (
            SELECT record_id FROM hub_blockingkey k WHERE k.model_id = %s AND k.key = w.key LIMIT w.most
        ) b
        """,
        list(keys),
        [most.get(key, 2**31) for key in keys],
        model_id,
    )
    blocks: dict[int, list[int]] = defaultdict(list)
    for key, record in zip(unpacked(found[0]).tolist(), unpacked(found[1]).tolist(), strict=True):
        blocks[key].append(record)
    return blocks


def _hanging(keys: Sequence[int], blocks: Mapping[int, Sequence[int]], *, model_id: int) -> set[int]:
    """The ends of edges that share one of ``keys`` and none that is not suppressed."""
    found = rows(
        """
        SELECT e.a_id, e.b_id FROM hub_edge e
        WHERE e.model_id = %s AND e.a_id = ANY(%b::bigint[]) AND e.keys && %b::bigint[] AND NOT EXISTS (
            SELECT 1 FROM unnest(e.keys) AS k(key) WHERE NOT EXISTS (
                SELECT 1 FROM hub_suppressedkey s WHERE s.model_id = e.model_id AND s.key = k.key))
        """,
        model_id,
        sorted({record for key in keys for record in blocks[key]}),
        list(keys),
    )
    return {end for pair in found for end in pair}


def _settled(loose: Mapping[int, _Loose], flipped: Mapping[int, tuple[int, int]], *, model_id: int) -> None:
    """Strike off what was looked at, and note what was ``flipped``: key → (the record that keeps the note, rule)."""
    notes: dict[int, list[tuple[int, int]]] = {record: [] for record in loose}
    for key, (record, rule) in flipped.items():
        notes[record].append((key, rule))
    written = sorted(record for record, keys in loose.items() if keys.gone or keys.moved or notes[record])
    flat = columns((note for record in written for note in notes[record]), 2)
    rows(
        """
        UPDATE hub_prepared p
        SET gone = '{}', moved = (%b::bigint[])[n.first : n.last], moved_rules = (%b::smallint[])[n.first : n.last]
        FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[]) AS n(record_id, first, last)
        WHERE p.record_id = n.record_id AND p.model_id = %s
        """,
        *flat,
        *columns(((r, *ends) for r, ends in zip(written, slices(notes[r] for r in written), strict=True)), 3),
        model_id,
    )
    if loose:
        rows(
            """
            DELETE FROM hub_prepared
            WHERE record_id = ANY(%b::bigint[]) AND model_id = %s AND rev = 0 AND data = '' AND moved = '{}'
            """,
            sorted(loose),
            model_id,
        )
