"""Candidates by blocking key, and the keys that are too common to bring any.

A key is suppressed exactly when its committed count exceeds its rule's cap. ``SuppressedKey`` records what
the last T3 acted on; whoever finds the count on the other side of the cap acts on the whole block.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hub.sql import rows
from matching.model import MatchModel

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Candidates:
    """``pairs`` of record ids, lower first; ``skipped`` the keys that were over their cap when looked at."""

    pairs: set[Pair] = field(default_factory=set)
    skipped: frozenset[int] = frozenset()


def _caps(model: MatchModel) -> list[int]:
    return [rule.cap for rule in model.rules]


def candidates(record_ids: Sequence[int], *, model_id: int, model: MatchModel) -> Candidates:
    """Every pair of one of ``record_ids`` with a record that shares a key which is not over its cap."""
    own, blocks, skipped = _blocks_of(record_ids, model_id=model_id, model=model)
    pairs = {
        (mine, other) if mine < other else (other, mine)
        for key, holders in own.items()
        for mine in holders
        for other in blocks.get(key, ())
        if other != mine
    }
    return Candidates(pairs, frozenset(skipped))


def _blocks_of(
    record_ids: Sequence[int], *, model_id: int, model: MatchModel
) -> tuple[dict[int, list[int]], dict[int, list[int]], set[int]]:
    """(key → own records, key → records of its block, keys over their cap), of one snapshot."""
    own: dict[int, list[int]] = defaultdict(list)
    rule_of: dict[int, int] = {}
    for key, record_id, rule in rows(
        """
        SELECT key, record_id, rule FROM hub_blockingkey
        WHERE record_id = ANY(%b::bigint[]) AND model_id = %s AND live
        """,
        list(record_ids),
        model_id,
    ):
        own[key].append(record_id)
        rule_of[key] = rule
    return own, *_read_blocks(rule_of, model_id=model_id, model=model)


def _read_blocks(rule_of: dict[int, int], *, model_id: int, model: MatchModel) -> tuple[dict[int, list[int]], set[int]]:
    caps = _caps(model)
    wanted = sorted(rule_of)
    blocks: dict[int, list[int]] = defaultdict(list)
    for key, record_id in rows(
        """
        SELECT w.key, b.record_id
        FROM unnest(%b::bigint[], %b::int[]) AS w(key, cap)
        CROSS JOIN LATERAL (
            SELECT record_id FROM hub_blockingkey k
            WHERE k.model_id = %s AND k.key = w.key AND k.live LIMIT w.cap + 1
        ) b
        """,
        wanted,
        [caps[rule_of[key]] for key in wanted],
        model_id,
    ):
        blocks[key].append(record_id)
    over = {key for key, members in blocks.items() if len(members) > caps[rule_of[key]]}
    return {key: members for key, members in blocks.items() if key not in over}, over


def search(keys: Iterable[tuple[int, int]], *, model_id: int, model: MatchModel) -> list[int]:
    """The records that share one of ``keys`` (rule, key) that is not over its cap; nothing is stored."""
    blocks, _ = _read_blocks({key: rule for rule, key in keys}, model_id=model_id, model=model)
    return sorted({record_id for members in blocks.values() for record_id in members})


@dataclass(frozen=True, slots=True)
class Crossed:
    """What T3 has to make good: ``touched`` records whose edges changed their standing, ``pairs`` to score."""

    touched: frozenset[int] = frozenset()
    pairs: frozenset[Pair] = frozenset()


def settle_suppression(
    record_ids: Sequence[int], *, skipped: frozenset[int], model_id: int, model: MatchModel
) -> Crossed:
    """Bring ``SuppressedKey`` in line with the counts for every key these records have or just lost.

    Dead rows are removed. A key that crossed its cap upwards touches its whole block, whose edges may have
    lost their last key; one that crossed downwards, or was skipped in T2 and is free now, has its block
    scored.
    """
    caps = _caps(model)
    found = rows(
        """
        SELECT k.key, min(k.rule), bool_or(s.key IS NOT NULL), bool_or(NOT k.live)
        FROM hub_blockingkey k
        LEFT JOIN hub_suppressedkey s ON s.model_id = k.model_id AND s.key = k.key
        WHERE k.record_id = ANY(%b::bigint[]) AND k.model_id = %s GROUP BY k.key
        """,
        list(record_ids),
        model_id,
    )
    rule_of = {key: rule for key, rule, _, _ in found}
    watched = sorted(
        _crowded(rule_of, caps, model_id) | {key for key, _, was, _ in found if was} | (skipped & rule_of.keys())
    )
    if watched:
        # One order for all workers. The lock is held until commit, so that the next one sees this verdict.
        rows("SELECT pg_advisory_xact_lock(k) FROM unnest(%b::bigint[]) AS k", watched)
    crossed = _act(watched, rule_of, skipped=skipped, model_id=model_id, model=model) if watched else Crossed()
    if any(dead for *_, dead in found):
        rows("DELETE FROM hub_blockingkey WHERE record_id = ANY(%b::bigint[]) AND model_id = %s AND NOT live",
             list(record_ids), model_id)  # fmt: skip
    return crossed


def _crowded(rule_of: dict[int, int], caps: list[int], model_id: int) -> set[int]:
    """Keys with more rows, dead ones included, than their cap: their count may be crossing it."""
    wanted = sorted(rule_of)
    found = rows(
        """
        SELECT w.key FROM unnest(%b::bigint[], %b::int[]) AS w(key, cap)
        WHERE EXISTS (SELECT 1 FROM hub_blockingkey k WHERE k.model_id = %s AND k.key = w.key OFFSET w.cap)
        """,
        wanted,
        [caps[rule_of[key]] for key in wanted],
        model_id,
    )
    return {row[0] for row in found}


def _act(
    watched: Sequence[int], rule_of: dict[int, int], *, skipped: frozenset[int], model_id: int, model: MatchModel
) -> Crossed:
    caps = _caps(model)
    was = {row[0] for row in rows("SELECT key FROM hub_suppressedkey WHERE model_id = %s AND key = ANY(%b::bigint[])",
                                  model_id, list(watched))}  # fmt: skip
    blocks: dict[int, list[int]] = defaultdict(list)
    for key, record_id in rows(
        "SELECT key, record_id FROM hub_blockingkey WHERE model_id = %s AND key = ANY(%b::bigint[]) AND live",
        model_id,
        list(watched),
    ):
        blocks[key].append(record_id)
    now = {key for key in watched if len(blocks[key]) > caps[rule_of[key]]}
    up, down = sorted(now - was), sorted(was - now)
    if up:
        rows(
            "INSERT INTO hub_suppressedkey (model_id, key, since) SELECT %s::smallint, unnest(%b::bigint[]), now()",
            model_id,
            up,
        )
    if down:
        rows("DELETE FROM hub_suppressedkey WHERE model_id = %s AND key = ANY(%b::bigint[])", model_id, down)
    free_again = [key for key in {*down, *skipped} if key in rule_of and key not in now]
    return Crossed(
        touched=frozenset(record_id for key in (*up, *down) for record_id in blocks[key]),
        pairs=frozenset((a, b) for key in free_again for a in blocks[key] for b in blocks[key] if a < b),
    )
