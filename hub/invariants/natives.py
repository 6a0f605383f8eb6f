"""Invariant 6 for golden ids: they follow from the ids that would be without judgements (``matching.assign``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from hub.invariants.breach import Breach
from hub.sql import rows
from matching.assign import judged_ids

_Groups = Mapping[int, set[int]]


def ids_follow_from_native_ones() -> Iterator[Breach]:
    """6. Where judgements moved records, each golden id is with the cluster that the native ids give it to."""
    links: dict[int, int] = dict(rows("SELECT record_id, golden_id FROM hub_nativelink"))
    if not links:
        return
    # Whoever shares an id of either kind with one of them; of the others both kinds are the same.
    golden_of: dict[int, int] = dict(
        rows(
            """
            SELECT record_id, golden_id FROM hub_crosswalk WHERE golden_id = ANY(
                SELECT golden_id FROM hub_nativelink UNION SELECT c.golden_id FROM hub_crosswalk c
                JOIN hub_nativelink l ON l.record_id = c.record_id)
            """
        )
    )
    for record in sorted(links):
        if links[record] == golden_of.get(record):
            yield Breach(6, f"record {record}", "Its native id is noted, though it is the one that it has.")
        elif record not in golden_of:
            yield Breach(6, f"record {record}", "A native id is noted of it, though it is in no golden record.")
    clusters = _groups(golden_of)
    native = _groups({record: links.get(record, golden) for record, golden in golden_of.items()})
    given = judged_ids(
        [frozenset(members) for members in clusters.values()],
        sorted((golden, sorted(members)) for golden, members in native.items()),
    )
    wrong = [
        golden
        for golden, claimed in zip(clusters, given, strict=True)
        if claimed != golden and (claimed is not None or golden in native)
    ]
    for (public_id,) in rows("SELECT public_id FROM hub_goldenrecord WHERE id = ANY(%b::bigint[]) ORDER BY id", wrong):
        yield Breach(6, public_id, "By the native ids of its records it belongs to other records.")


def spare_ids_are_spare() -> Iterator[Breach]:
    """6. An id that is noted as lent, or as live by judgement only, is the native id of no record."""
    for (public_id,) in rows(
        """
        SELECT g.public_id FROM hub_spareid s JOIN hub_goldenrecord g ON g.id = s.golden_id
        WHERE (NOT s.lent AND g.state <> 0) OR EXISTS (SELECT 1 FROM hub_nativelink l WHERE l.golden_id = g.id)
           OR EXISTS (SELECT 1 FROM hub_crosswalk c WHERE c.golden_id = g.id
                      AND NOT EXISTS (SELECT 1 FROM hub_nativelink l WHERE l.record_id = c.record_id))
        ORDER BY g.id
        """
    ):
        yield Breach(6, public_id, "Its id is noted as one that no record has natively, though one has.")


def _groups(of: Mapping[int, int]) -> _Groups:
    found: dict[int, set[int]] = defaultdict(set)
    for record, golden in of.items():
        found[golden].add(record)
    return found
