"""One batch run over what the hub holds: what the state must be, whatever way it came to be.

It starts from the source records, not from stored keys or edges, and takes the way of ``manage.py match`` through
the pure stages (columns of all records, pairs rule by rule), which the online path does not, so that it can catch
that path in an error. A million records take minutes and about two gigabytes: records are streamed, and only
columns, keys and pairs are kept.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hub import keyring
from hub.sealing import CANONICAL
from hub.sql import rows
from matching.block import keys as blocking_keys
from matching.bulk import cluster_all
from matching.canonical import from_nested
from matching.jsontext import loads
from matching.model import MatchModel
from matching.normalise import Prepared, normalise
from matching.pairs import candidates
from matching.parallel import cores
from matching.scoring import weigh_all
from matching.table import Table, TableBuilder

CHUNK = 2000
# Below this, more processes cost more than they bring.
_WORTH_SHARING = 200_000


@dataclass(frozen=True, slots=True, repr=False)
class Made:
    """A live record as a batch run makes it from its source record: its prepared form and blocking keys (sorted)."""

    record_id: int
    prepared: Prepared
    keys: list[int]


@dataclass(frozen=True, slots=True)
class Batch:
    """``labels[i]`` is the cluster of the live record ``record_ids[i]`` (ascending); ``suppressed`` the keys over
    their rule's cap, ascending. All int64."""

    record_ids: np.ndarray
    labels: np.ndarray
    suppressed: np.ndarray

    def partition(self) -> list[list[int]]:
        """The clusters as lists of record ids."""
        groups: dict[int, list[int]] = defaultdict(list)
        for record_id, label in zip(self.record_ids.tolist(), self.labels.tolist(), strict=True):
            groups[label].append(record_id)
        return list(groups.values())


def run(*, model_id: int, model: MatchModel, seen: Callable[[Sequence[Made]], None] = lambda made: None) -> Batch:
    """The clusters of all live records under the model and the judgements in force.

    ``seen`` is called with the records as they stream by, in the order of their ids.
    """
    table, scopes = TableBuilder(), array("i")
    record_ids, key_data, keys, rules = array("q"), array("q"), array("q"), array("h")
    number_of: dict[str, int] = {}
    for chunk in _stream():
        made = []
        said = keyring.opened([(address, canonical) for *_, address, canonical in chunk], CANONICAL)
        for (record_id, code, scope, kind, *_), canonical in zip(chunk, said, strict=True):
            if canonical is None:
                continue  # erased, and about to be removed
            prepared = normalise(from_nested(loads(canonical), source_system=code), model)
            own = blocking_keys(prepared, model, f"{scope}/{kind}")
            scopes.append(number_of.setdefault(scope, len(number_of)))
            record_ids.append(record_id)
            key_data.append(prepared.key_data)
            keys.extend(key for _, key in own)
            rules.extend(rule for rule, _ in own)
            made.append(Made(record_id, prepared, sorted({key for _, key in own})))
        table.add([m.prepared for m in made])
        seen(made)
    ids = np.array(record_ids, dtype=np.int64)
    labels = _clusters(
        table.table(),
        np.array(scopes, dtype=np.int32),
        _rulings(ids, np.array(key_data, dtype=np.int64)),
        model,
    )
    return Batch(ids, labels, _over(np.array(keys, dtype=np.int64), np.array(rules, dtype=np.int16), model))


def _stream() -> Iterator[list[tuple[int, str, str, str, bytes, bytes]]]:
    last = 0
    while page := rows(
        """
        SELECT r.id, s.code, s.scope, r.kind, r.address, r.canonical FROM hub_sourcerecord r
        JOIN hub_sourcesystem s ON s.id = r.system_id WHERE NOT r.deleted AND r.id > %s ORDER BY r.id LIMIT %s
        """,
        last,
        CHUNK,
    ):
        yield page
        last = page[-1][0]


def _over(keys: np.ndarray, rules: np.ndarray, model: MatchModel) -> np.ndarray:
    """The keys that more records hold than their rule's cap."""
    if not len(keys):
        return keys
    order = np.argsort(keys, kind="stable")
    keys, rules = keys[order], rules[order]
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    caps = np.array([rule.cap for rule in model.rules], dtype=np.int64)
    return np.asarray(keys[starts][np.diff(np.append(starts, len(keys))) > caps[rules[starts]]])


def _clusters(
    table: Table, scopes: np.ndarray, judged: Sequence[tuple[int, int, str]], model: MatchModel
) -> np.ndarray:
    if not len(table):
        return np.empty(0, dtype=np.int64)
    packed = []
    for scope in np.unique(scopes):  # nothing is compared across scopes
        own = np.flatnonzero(scopes == scope).astype(np.int64)
        left, right = candidates(table if len(own) == len(table) else table.rows(own), model)
        packed.append(own[left] << 32 | own[right])
    both = np.sort(np.concatenate(packed))
    pairs = both >> 32, both & 0xFFFFFFFF
    workers = cores() if len(both) > _WORTH_SHARING else 1
    return cluster_all(table, pairs, weigh_all(table, pairs, model, workers), model, judged)


def _rulings(record_ids: np.ndarray, key_data: np.ndarray) -> list[tuple[int, int, str]]:
    """The judgements in force as (row, row, same|different): the newest of each pair that was not retracted, while
    both records are live and their key data are what was judged."""
    found = rows(
        """
        SELECT DISTINCT ON (a_id, b_id) a_id, b_id, judgement, a_key_data, b_key_data FROM hub_judgement
        WHERE retracted_at IS NULL ORDER BY a_id, b_id, id DESC
        """
    )

    def row(record_id: int, judged_on: int) -> int | None:
        at = int(np.searchsorted(record_ids, record_id))
        held = at < len(record_ids) and record_ids[at] == record_id and key_data[at] == judged_on
        return at if held else None

    placed = ((row(a, a_key), row(b, b_key), judgement) for a, b, judgement, a_key, b_key in found)
    return [(a, b, j) for a, b, j in placed if a is not None and b is not None and j != "unsure"]
