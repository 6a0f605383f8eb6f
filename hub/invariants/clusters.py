"""Invariants 3 and 6: what is held is what one batch run over the same records, model and judgements gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hub import keyring
from hub.invariants.breach import Breach
from hub.sealing import PREPARED
from hub.sql import columns, rows
from hub.stages import batch
from hub.stages import model as models

_PAGE = 100_000
_NAMED = 10


def online_equals_batch() -> Iterator[Breach]:
    """3. Clusters, prepared records, blocking keys and suppressed keys are those of a batch run. A cluster that
    differs where a judgement names one of its records is a breach of 6: judgements leave what they say and no
    more, retracted ones nothing."""
    model_id, model = models.active()
    forms = _StoredForms(model_id)
    expected = batch.run(model_id=model_id, model=model, seen=forms.compare)
    yield from forms.breaches()
    yield from _suppression(expected.suppressed, model_id)
    yield from _partition(expected)


class _StoredForms:
    """Compares what T1 stored of each record with what its source record gives, as the batch run streams by."""

    def __init__(self, model_id: int) -> None:
        self._model_id = model_id
        self._prepared: list[int] = []
        self._keys: list[int] = []
        self._number_of_keys = 0

    def compare(self, made: Sequence[batch.Made]) -> None:
        ids = [m.record_id for m in made]
        held = rows(
            "SELECT p.record_id, p.rev, p.key_data, p.keys, r.address, p.data FROM hub_prepared p "
            "JOIN hub_sourcerecord r ON r.id = p.record_id WHERE p.record_id = ANY(%b::bigint[]) AND p.model_id = %s",
            ids,
            self._model_id,
        )
        forms = keyring.opened([(address, data) for *_, address, data in held], PREPARED)
        prepared = {
            record_id: (rev, key_data, form, keys)
            for (record_id, rev, key_data, keys, *_), form in zip(held, forms, strict=True)
        }
        found = dict(
            rows(
                """
                SELECT n.record_id, count(*) FROM unnest(%b::bigint[], %b::bigint[]) AS n(record_id, key)
                JOIN hub_blockingkey k ON k.model_id = %s AND k.key = n.key AND k.record_id = n.record_id
                GROUP BY n.record_id
                """,
                *columns(((m.record_id, key) for m in made for key in m.keys), 2),
                self._model_id,
            )
        )
        for m in made:
            *form, keys = prepared.get(m.record_id, (None, []))
            if form != [m.prepared.rev, m.prepared.key_data, m.prepared.encode()]:
                self._prepared.append(m.record_id)
            if sorted(keys) != m.keys or found.get(m.record_id, 0) != len(m.keys):
                self._keys.append(m.record_id)
            self._number_of_keys += len(m.keys)

    def breaches(self) -> Iterator[Breach]:
        for record_id in self._prepared:
            yield Breach(3, f"record {record_id}", "Its prepared form is not what its source record gives.")
        for record_id in self._keys:
            yield Breach(3, f"record {record_id}", "Its blocking keys are not what its source record gives.")
        ((held,),) = rows("SELECT count(*) FROM hub_blockingkey WHERE model_id = %s", self._model_id)
        if held > self._number_of_keys:
            yield Breach(3, "blocking keys", f"{held - self._number_of_keys} belong to no present version.")
        for (record_id,) in rows(
            """
            SELECT p.record_id FROM hub_prepared p LEFT JOIN hub_sourcerecord r ON r.id = p.record_id
            WHERE p.model_id = %s AND (r.deleted IS NOT FALSE OR p.gone <> '{}' OR p.moved <> '{}')
            """,
            self._model_id,
        ):
            yield Breach(3, f"record {record_id}", "It is deleted or unknown but prepared, or has keys to settle.")


def _suppression(expected: np.ndarray, model_id: int) -> Iterator[Breach]:
    """The keys are hashes of what people gave, so that only their number is told."""
    held = np.array([row[0] for row in rows("SELECT key FROM hub_suppressedkey WHERE model_id = %s", model_id)],
                    dtype=np.int64)  # fmt: skip
    if missing := len(np.setdiff1d(expected, held)):
        yield Breach(3, "suppressed keys", f"{missing} are over their cap and not suppressed.")
    if wrong := len(np.setdiff1d(held, expected)):
        yield Breach(3, "suppressed keys", f"{wrong} are suppressed and not over their cap.")


def _partition(expected: batch.Batch) -> Iterator[Breach]:
    golden = np.zeros(len(expected.record_ids), dtype=np.int64)
    for record_id, golden_id in _crosswalk():
        at = np.searchsorted(expected.record_ids, record_id)
        inside = at < len(expected.record_ids)
        at, record_id, golden_id = at[inside], record_id[inside], golden_id[inside]
        live = expected.record_ids[at] == record_id
        golden[at[live]] = golden_id[live]
    if not len(golden):
        return
    label = np.unique(expected.labels, return_inverse=True)[1]
    both = np.unique(np.stack([label, golden]), axis=1)
    labels, in_labels = np.unique(both[0], return_counts=True)
    goldens, in_goldens = np.unique(both[1], return_counts=True)
    wrong = np.isin(both[0], labels[in_labels > 1]) | np.isin(both[1], goldens[in_goldens > 1]) | (both[1] == 0)
    if not wrong.any():
        return
    judged = {r for row in rows("SELECT a_id, b_id FROM hub_judgement") for r in row}
    names: dict[int | None, str] = dict(
        rows("SELECT id, public_id FROM hub_goldenrecord WHERE id = ANY(%b::bigint[])", both[1][wrong].tolist())
    )
    for number in np.unique(both[0][wrong]).tolist():
        rows_of = np.flatnonzero(label == number)
        members = expected.record_ids[rows_of].tolist()
        homes = sorted({names.get(g, "none") for g in golden[rows_of].tolist()})
        yield Breach(
            3 if judged.isdisjoint(members) else 6,
            ", ".join(homes),
            f"A batch run puts records {members[:_NAMED]} together and no others with them.",
        )


def _crosswalk() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    last = 0
    while page := rows(
        "SELECT record_id, golden_id FROM hub_crosswalk WHERE record_id > %s AND golden_id IS NOT NULL "
        "ORDER BY record_id LIMIT %s",
        last,
        _PAGE,
    ):
        columns = np.array(page, dtype=np.int64)
        yield columns[:, 0], columns[:, 1]
        last = page[-1][0]
