"""T3, first: lock what belongs together and read it again.

A region is what the touched records hang together with: by edges that would join, by the golden record they are in
now or would be in without judgements, and by stewards' judgements. Its neighbours hang on by edges that only ask for a
review. Both are locked through their crosswalk rows, in one order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hub.flow import Link, Region, Ruling
from hub.sql import rows
from matching.model import MatchModel

_EDGES = """
    SELECT e.a_id, e.b_id, e.weight, e.conflict, e.a_rev, e.b_rev FROM hub_edge e
    WHERE e.model_id = %s AND e.{end} = ANY(%b::bigint[]) AND EXISTS (
        SELECT 1 FROM unnest(e.keys) AS k(key) WHERE NOT EXISTS (
            SELECT 1 FROM hub_suppressedkey s WHERE s.model_id = e.model_id AND s.key = k.key))
"""


def links(record_ids: Collection[int], *, model_id: int) -> list[Link]:
    """The edges at these records that count now."""
    found = _edges(record_ids, model_id=model_id)
    revs = _revs({end for link in found for end in (link.a, link.b)}, model_id=model_id)
    return [link for link in found if _counts(link, revs)]


def _edges(record_ids: Collection[int], *, model_id: int) -> set[Link]:
    """The edges at these records that share a key which is not suppressed, of whatever versions."""
    wanted = sorted(record_ids)
    return {Link(*row) for end in ("a_id", "b_id") for row in rows(_EDGES.format(end=end), model_id, wanted)}


def _revs(record_ids: Collection[int], *, model_id: int) -> dict[int, int]:
    """The present version of each record that is live."""
    return dict(
        rows(
            "SELECT record_id, rev FROM hub_prepared WHERE record_id = ANY(%b::bigint[]) AND model_id = %s "
            "AND data <> ''",
            sorted(record_ids),
            model_id,
        )
    )


def _counts(link: Link, revs: Mapping[int, int]) -> bool:
    return revs.get(link.a) == link.a_rev and revs.get(link.b) == link.b_rev


def rulings(record_ids: Collection[int], *, model_id: int) -> set[Ruling]:
    """The judgements at these records that are in force: the newest of each pair that was not retracted, while
    the key data of both records are what was judged."""
    found = rows(
        """
        SELECT j.a_id, j.b_id, j.judgement FROM (
            SELECT DISTINCT ON (a_id, b_id) * FROM hub_judgement
            WHERE (a_id = ANY(%b::bigint[]) OR b_id = ANY(%b::bigint[])) AND retracted_at IS NULL
            ORDER BY a_id, b_id, id DESC
        ) j
        JOIN hub_prepared pa ON pa.record_id = j.a_id AND pa.model_id = %s AND pa.key_data = j.a_key_data
        JOIN hub_prepared pb ON pb.record_id = j.b_id AND pb.model_id = %s AND pb.key_data = j.b_key_data
        """,
        sorted(record_ids),
        sorted(record_ids),
        model_id,
        model_id,
    )
    return {Ruling(*row) for row in found}


def _lock_rows(record_ids: Collection[int], *, wait: bool) -> dict[int, int | None]:
    """The golden record of each record whose crosswalk row is locked now, until the transaction ends."""
    how = "FOR UPDATE" if wait else "FOR UPDATE SKIP LOCKED"
    return dict(
        rows(
            f"SELECT record_id, golden_id FROM hub_crosswalk WHERE record_id = ANY(%b::bigint[]) "
            f"ORDER BY record_id {how}",
            sorted(record_ids),
        )
    )


def _housemates(record_ids: Collection[int], golden_ids: Collection[int]) -> tuple[dict[int, int], set[int]]:
    """The native ids of the records that have one of their own; and who else is in one of these golden records, or
    would be without judgements."""
    found = rows(
        """
        WITH own AS MATERIALIZED (SELECT * FROM hub_nativelink WHERE record_id = ANY(%b::bigint[])),
             all_ids AS MATERIALIZED (
                SELECT array_agg(id) AS ids FROM (
                    SELECT unnest(%b::bigint[]) AS id UNION SELECT golden_id FROM own) AS i)
        SELECT record_id, golden_id FROM own
        UNION ALL SELECT record_id, NULL FROM hub_crosswalk WHERE golden_id = ANY((SELECT ids FROM all_ids)::bigint[])
        UNION ALL SELECT record_id, NULL FROM hub_nativelink WHERE golden_id = ANY((SELECT ids FROM all_ids)::bigint[])
        """,
        sorted(record_ids),
        sorted(golden_ids),
    )
    return {record: golden for record, golden in found if golden is not None}, {record for record, _ in found}


class _Growing:
    """A region while it is read, each record after its row was locked."""

    def __init__(self, model_id: int, model: MatchModel) -> None:
        self.model_id, self.model = model_id, model
        self.golden: dict[int, int | None] = {}
        self.native: dict[int, int] = {}
        self.revs: dict[int, int] = {}
        self.links: set[Link] = set()
        self.rulings: set[Ruling] = set()
        self.inner: set[int] = set()

    def add(self, found: Mapping[int, int | None]) -> set[int]:
        """Take these locked records in; gives those that they hang together with and that are not in yet."""
        self.golden |= found
        self.inner |= found.keys()
        edges = _edges(found, model_id=self.model_id)
        self.links |= edges
        # Also of those that were a far end before: only what is read under its lock stands.
        ends = {end for link in edges for end in (link.a, link.b)}
        self._read_revs(found.keys() | (ends - self.revs.keys()))
        judged = rulings(found, model_id=self.model_id)
        self.rulings |= judged
        native, reached = _housemates(found, {golden for golden in found.values() if golden is not None})
        self.native |= native
        reached |= {end for x in edges if x.joins(self.model) and _counts(x, self.revs) for end in (x.a, x.b)}
        reached |= {end for r in judged if r.judgement == "same" for end in (r.a, r.b)}
        return reached - self.inner

    def _read_revs(self, record_ids: Collection[int]) -> None:
        for record in record_ids:
            self.revs.pop(record, None)
        self.revs |= _revs(record_ids, model_id=self.model_id)

    def outer(self) -> set[int]:
        return {end for x in self.links if _counts(x, self.revs) for end in (x.a, x.b)} - self.inner

    def region(self, outer: Mapping[int, int | None]) -> Region:
        if outer:
            self._read_revs(outer.keys())
        return Region(
            frozenset(self.inner),
            frozenset(outer),
            frozenset(self.inner & self.revs.keys()),
            {record: golden for record, golden in {**outer, **self.golden}.items() if golden is not None},
            self.native,
            tuple(sorted((x for x in self.links if _counts(x, self.revs)), key=lambda x: (x.a, x.b))),
            tuple(sorted(self.rulings, key=lambda x: (x.a, x.b))),
        )


def lock(seeds: Collection[int], *, model_id: int, model: MatchModel) -> Region:
    """The region around ``seeds``, locked until the transaction ends.

    Rows are waited for in record order and all at once. What the region grows by is locked only where that needs
    no waiting; where another worker holds a row, all locks are let go (by the savepoint) and the larger set is
    waited for from its first record on: never out of order.
    """
    wanted = set(seeds)
    while True:
        rows("SAVEPOINT region")
        growing = _Growing(model_id, model)
        free = True
        held = _lock_rows(wanted, wait=True)
        reached = growing.add(held)
        while reached and free:
            more = _lock_rows(reached, wait=False)
            free = reached == more.keys()
            wanted |= reached
            reached = growing.add(more) if free else reached
        outer = growing.outer()
        if free:
            far = _lock_rows(outer, wait=False) if outer else {}
            if far.keys() == outer:
                rows("RELEASE SAVEPOINT region")
                return growing.region(far)
            wanted |= outer
        rows("ROLLBACK TO SAVEPOINT region")


def forget_stale_edges(record_ids: Collection[int], *, model_id: int) -> None:
    """Remove the edges at these (locked) records that were compared on a version no longer current."""
    if not record_ids:
        return
    for end in ("a", "b"):
        rows(
            f"""
            DELETE FROM hub_edge e WHERE e.model_id = %s AND e.{end}_id = ANY(%b::bigint[]) AND NOT EXISTS (
                SELECT 1 FROM hub_prepared p
                WHERE p.record_id = e.{end}_id AND p.model_id = e.model_id AND p.rev = e.{end}_rev)
            """,
            model_id,
            sorted(record_ids),
        )
