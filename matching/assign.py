"""Golden ids for clusters: who keeps which, pure.

Two layers, so that a judgement that is taken back leaves no trace in the ids. Beneath are the **native** ids: those of
the clusters that would be without any judgement, which go from state to state by overlap (``native_ids``). Above are
the ids of the clusters as judged, a function of the native ones alone (``judged_ids``): of what judgements did before,
it knows nothing. Where nobody judged, both are the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Member = TypeVar("Member", bound=Hashable)
Clusters = Sequence[frozenset[Member]]


def native_ids(
    clusters: Clusters[Member],
    *,
    live: Mapping[Member, int],
    retired: Mapping[int, Iterable[Member]],
    lent: Mapping[int, Iterable[Member]],
) -> list[int | None]:
    """The golden id that each cluster keeps or takes back; None where it needs a new one.

    ``live`` gives the present native id of each member, ``retired`` the last members of ids that may come back. One to
    one by largest overlap, the oldest (lowest) id first among equals; a cluster without an id then takes back the
    retired id whose last members it overlaps most, so that what joined and parted has its ids again. At last it takes
    an id of those ``lent``, which its members have by judgement only: what they are known by becomes their own.
    """
    given: list[int | None] = [None] * len(clusters)
    home = {member: place for place, cluster in enumerate(clusters) for member in cluster}
    returning = Counter(home[m] for members in retired.values() for m in members if m in home)
    _match(given, Counter((home[m], golden) for m, golden in live.items() if m in home), returning)
    for spare in (retired, lent):
        overlap = Counter(
            (home[m], golden)
            for golden, members in spare.items()
            for m in members
            if m in home and given[home[m]] is None
        )
        _match(given, overlap, Counter())
    return given


def _match(given: list[int | None], overlap: Mapping[tuple[int, int], int], returning: Mapping[int, int]) -> None:
    """Among equal overlaps a cluster that has a retired id to go back to stands behind: it takes that one."""
    taken = {golden for golden in given if golden is not None}
    for (place, golden), _ in sorted(
        overlap.items(), key=lambda item: (-item[1], item[0][1], returning.get(item[0][0], 0), item[0][0])
    ):
        if given[place] is None and golden not in taken:
            given[place] = golden
            taken.add(golden)


def judged_ids(clusters: Clusters[int], claims: Iterable[tuple[int, Iterable[int]]]) -> list[int | None]:
    """The golden id of each cluster as judged; None where it needs a new one.

    ``claims`` are (golden id, its members in the order in which they count), the strongest first. Each id goes to the
    cluster of its first member, or of the next whose cluster has no id yet: so customers who are judged to be one have
    the id of the first of them, and of one who is judged to be several the id stays with the part that has its first
    record. Growth changes neither, because whoever comes later counts later.
    """
    given: list[int | None] = [None] * len(clusters)
    home = {member: place for place, cluster in enumerate(clusters) for member in cluster}
    for golden, members in claims:
        for member in members:
            place = home.get(member)
            if place is not None and given[place] is None:
                given[place] = golden
                break
    return given
