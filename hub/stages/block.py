"""Candidates by blocking key: who else has one, and which keys are too common to bring any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hub.sql import columns, rows, unpacked
from matching.model import MatchModel

Pairs = tuple[np.ndarray, np.ndarray]
# By record id: the record's (rule, key)s.
KeysOf = Mapping[int, Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Candidates:
    """``pairs`` of record ids, lower first; ``crowded`` the keys that are over their cap and not yet suppressed:
    key → (rule, those of the records asked for that have it)."""

    pairs: Pairs
    crowded: Mapping[int, tuple[int, Sequence[int]]]


@dataclass(frozen=True, slots=True)
class _Own:
    """The keys that are asked for, one place for each key of each record."""

    records: np.ndarray
    rules: np.ndarray
    keys: np.ndarray

    @classmethod
    def of(cls, keys_of: KeysOf) -> _Own:
        flat = [(record, rule, key) for record, found in keys_of.items() for rule, key in found]
        turned = [np.array(column, dtype=np.int64) for column in columns(flat, 3)]
        return cls(*turned)


def candidates(keys_of: KeysOf, *, model_id: int, model: MatchModel) -> Candidates:
    """Every pair of one of these records with another that shares a key which is not suppressed.

    Suppressed is what ``SuppressedKey`` holds now, and what is found to be over its cap: T3 settles both.
    """
    own = _Own.of(keys_of)
    keys, place = np.unique(own.keys, return_index=True)
    caps = _caps(model)[own.rules[place]]
    open_keys = ~np.isin(keys, _suppressed(keys, model_id=model_id))
    keys, caps, place = keys[open_keys], caps[open_keys], place[open_keys]
    held, members = _blocks(keys, caps, model_id=model_id)
    order = np.argsort(held, kind="stable")
    held, members = held[order], members[order]
    first, last = np.searchsorted(held, keys, "left"), np.searchsorted(held, keys, "right")
    over = last - first > caps
    crowded = {
        int(keys[i]): (int(own.rules[place[i]]), own.records[own.keys == keys[i]].tolist())
        for i in np.flatnonzero(over).tolist()
    }
    return Candidates(_joined(own, keys[~over], first[~over], last[~over], members), crowded)


def _joined(own: _Own, keys: np.ndarray, first: np.ndarray, last: np.ndarray, members: np.ndarray) -> Pairs:
    """Each own record beside the members of the blocks of its ``keys`` (sorted), every pair once."""
    if not len(keys):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    at = np.minimum(np.searchsorted(keys, own.keys), len(keys) - 1)
    hit = keys[at] == own.keys
    at, mine = at[hit], own.records[hit]
    sizes = (last - first)[at]
    ends = np.cumsum(sizes)
    within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)
    other = members[np.repeat(first[at], sizes) + within]
    return distinct_pairs(np.repeat(mine, sizes), other)


def distinct_pairs(one: np.ndarray, two: np.ndarray) -> Pairs:
    """Pairs of two different records, lower id first, each once, in order."""
    ids, numbered = np.unique(np.concatenate([one, two]), return_inverse=True)
    a, b = numbered[: len(one)], numbered[len(one) :]
    codes = np.unique((np.minimum(a, b) * len(ids) + np.maximum(a, b))[a != b])
    return ids[codes // max(1, len(ids))], ids[codes % max(1, len(ids))]


def _caps(model: MatchModel) -> np.ndarray:
    return np.array([rule.cap for rule in model.rules], dtype=np.int64)


def _suppressed(keys: np.ndarray, *, model_id: int) -> np.ndarray:
    found = rows(
        "SELECT array_send(array_agg(key)) FROM hub_suppressedkey WHERE model_id = %s AND key = ANY(%b::bigint[])",
        model_id,
        keys,
    )
    return unpacked(found[0][0])


def _blocks(keys: np.ndarray, caps: np.ndarray, *, model_id: int) -> Pairs:
    """(key, record id) of the blocks of these keys; of one that is over its cap no more than cap + 1."""
    found = rows(
        """
        SELECT array_send(array_agg(w.key)), array_send(array_agg(b.record_id))
        FROM unnest(%b::bigint[], %b::bigint[]) AS w(key, cap)
        CROSS JOIN LATERAL (
            SELECT record_id FROM hub_blockingkey k WHERE k.model_id = %s AND k.key = w.key LIMIT w.cap + 1
        ) b
        """,
        keys,
        caps,
        model_id,
    )
    return unpacked(found[0][0]), unpacked(found[0][1])


def search(keys: Iterable[tuple[int, int]], *, model_id: int, model: MatchModel) -> list[int]:
    """The records that share one of ``keys`` (rule, key) that is not over its cap; nothing is stored."""
    own = _Own.of({0: sorted(keys, key=lambda found: found[1])})
    wanted, place = np.unique(own.keys, return_index=True)
    caps = _caps(model)[own.rules[place]]
    held, members = _blocks(wanted, caps, model_id=model_id)
    at = np.searchsorted(wanted, held)
    sizes = np.bincount(at, minlength=len(wanted))
    found: list[int] = np.unique(members[sizes[at] <= caps[at]]).tolist()
    return found
