"""T3: which pairs of golden records ask for a steward, kept in step with the clusters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub.flow import Assignment, Cause, Doubt, Draft, Home, Ruling
from hub.ids import new_id
from hub.sql import columns, rows

Pair = tuple[int, int]


def settle(
    doubts: Sequence[Doubt],
    *,
    assignment: Assignment,
    changed: Collection[Home],
    rulings: Iterable[Ruling],
    cause: Cause,
) -> list[Draft]:
    """Open, keep and close reviews so that they are what clusters, edges and judgements ask for.

    The golden record of each record is read from the crosswalk, which must have been written; those of ``changed``
    are about to be, with one version more. Gives the ``review.opened`` events.
    """
    homes = {home.golden: home for home in assignment.homes}
    rulings = list(rulings)
    asked = {end for d in doubts for end in (d.a, d.b)} | {end for r in rulings for end in (r.a, r.b)}
    golden_of = dict(
        rows(
            "SELECT record_id, golden_id FROM hub_crosswalk WHERE record_id = ANY(%b::bigint[]) "
            "AND golden_id IS NOT NULL",
            sorted(asked),
        )
    )
    wanted = _wanted(doubts, rulings, golden_of)
    held = _open_reviews({*homes, *(leaver.golden for leaver in assignment.leavers)})
    _close([review for pair, review in held.items() if pair not in wanted])
    _renew({review: wanted[pair] for pair, review in held.items() if pair in wanted})
    fresh = {pair: doubt for pair, doubt in sorted(wanted.items()) if pair not in held}
    return _open(fresh, homes=homes, changed={home.golden for home in changed}, cause=cause)


def _wanted(doubts: Sequence[Doubt], rulings: Iterable[Ruling], golden_of: Mapping[int, int]) -> dict[Pair, Doubt]:
    def pair(a: int, b: int) -> Pair | None:
        one, two = golden_of.get(a), golden_of.get(b)
        return None if one is None or two is None or one == two else (min(one, two), max(one, two))

    # A must-link that could not be met stays a question, although another answer stands in its way: it is asked
    # by its own two records, so that a new answer takes its place. The other answers stand until key data change.
    unmet = {pair(r.a, r.b): r for r in rulings if r.judgement == "same"}
    answered = {pair(r.a, r.b) for r in rulings if r.judgement != "same"} - unmet.keys()
    wanted: dict[Pair, Doubt] = {}
    for doubt in doubts:
        place = pair(doubt.a, doubt.b)
        if place is None or place in answered:
            continue
        held = wanted.get(place)
        if place in unmet:
            doubt = replace(doubt, a=unmet[place].a, b=unmet[place].b)
        if held is None or (doubt.weight, -doubt.a, -doubt.b) > (held.weight, -held.a, -held.b):
            wanted[place] = doubt
    return wanted


def _open_reviews(goldens: Collection[int]) -> dict[Pair, int]:
    found = rows(
        """
        SELECT golden_a_id, golden_b_id, id FROM hub_review
        WHERE state = 'open' AND (golden_a_id = ANY(%b::bigint[]) OR golden_b_id = ANY(%b::bigint[]))
        """,
        sorted(goldens),
        sorted(goldens),
    )
    return {(a, b): review for a, b, review in found}


def _close(reviews: Sequence[int]) -> None:
    if reviews:
        rows("UPDATE hub_review SET state = 'obsolete', closed_at = now() WHERE id = ANY(%b::bigint[])", list(reviews))


def _renew(reviews: Mapping[int, Doubt]) -> None:
    """What raised an open review may have moved to another golden record: name what raises it now."""
    if reviews:
        rows(
            """
            UPDATE hub_review v SET record_a_id = n.ra, record_b_id = n.rb, weight = n.weight, conflict = n.conflict
            FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::int[], %b::text[])
                 AS n(id, ra, rb, weight, conflict)
            WHERE v.id = n.id AND (v.record_a_id, v.record_b_id, v.weight, v.conflict)
                  IS DISTINCT FROM (n.ra, n.rb, n.weight, n.conflict)
            """,
            *columns(((review, d.a, d.b, d.weight, d.conflict) for review, d in sorted(reviews.items())), 5),
        )


def priority(doubt: Doubt, sizes: int) -> int:
    """Harm × uncertainty: the more records hang on it and the nearer to even odds, the sooner."""
    uncertainty = max(0, 10_000 - abs(doubt.weight)) // 10
    return uncertainty * min(sizes, 20) + (500 if doubt.conflict else 0)


def _names(
    goldens: Collection[int], homes: Mapping[int, Home], changed: Collection[int]
) -> dict[int, tuple[str, int, int]]:
    """Public id, version and number of records of each golden record."""
    names = {g: (h.public_id, h.version + (g in changed), len(h.members)) for g in goldens if (h := homes.get(g))}
    found = rows(
        """
        SELECT g.id, g.public_id, g.version, (SELECT count(*) FROM hub_crosswalk c WHERE c.golden_id = g.id)
        FROM hub_goldenrecord g WHERE g.id = ANY(%b::bigint[])
        """,
        sorted(golden for golden in goldens if golden not in names),
    )
    return names | {golden: (public_id, version, size) for golden, public_id, version, size in found}


def _open(
    fresh: Mapping[Pair, Doubt], *, homes: Mapping[int, Home], changed: Collection[int], cause: Cause
) -> list[Draft]:
    if not fresh:
        return []
    names = _names({golden for pair in fresh for golden in pair}, homes, changed)
    opened = [
        (
            new_id("rv"),
            a,
            b,
            doubt.a,
            doubt.b,
            doubt.weight,
            doubt.conflict,
            priority(doubt, names[a][2] + names[b][2]),
        )
        for (a, b), doubt in fresh.items()
    ]
    rows(
        """
        INSERT INTO hub_review (public_id, state, golden_a_id, golden_b_id, record_a_id, record_b_id, weight,
                                conflict, priority, opened_at)
        SELECT n.public_id, 'open', n.ga, n.gb, n.ra, n.rb, n.weight, n.conflict, n.priority, now()
        FROM unnest(%b::text[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::int[], %b::text[],
                    %b::int[]) AS n(public_id, ga, gb, ra, rb, weight, conflict, priority)
        """,
        *columns(opened, 8),
    )
    drafts = []
    for public_id, a, b, *_ in opened:
        subject = a if a in homes else b  # the one whose row this transaction holds
        data: dict[str, Any] = {
            "golden_id": names[subject][0],
            "version": names[subject][1],
            "changed": [],
            "cause": cause.of(homes[subject].members) if subject in homes else {"type": cause.type, "ref": cause.ref},
            "review_id": public_id,
            "golden_ids": [names[a][0], names[b][0]],
        }
        drafts.append(Draft(subject, names[subject][0], "review.opened", data))
    return drafts
