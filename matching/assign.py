"""Golden ids for clusters: who keeps which, pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Member = TypeVar("Member", bound=Hashable)


def assign_ids(
    clusters: Sequence[frozenset[Member]],
    *,
    live: Mapping[Member, int],
    retired: Mapping[int, Iterable[Member]],
) -> list[int | None]:
    """The golden id that each cluster keeps or takes back; None where it needs a new one.

    ``live`` gives the present golden id of each member, ``retired`` the last members of ids that may come
    back. One to one by largest overlap, the oldest (lowest) id first among equals; a cluster without an id
    then takes back the retired id whose last members it overlaps most, so that an unmerge restores ids.
    """
    given: list[int | None] = [None] * len(clusters)
    home = {member: place for place, cluster in enumerate(clusters) for member in cluster}
    returning = Counter(home[m] for members in retired.values() for m in members if m in home)
    _match(given, Counter((home[m], golden) for m, golden in live.items() if m in home), returning)
    overlap = Counter(
        (home[m], golden)
        for golden, members in retired.items()
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
