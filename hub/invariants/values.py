"""Invariant 4: a golden value is a pure function of its cluster's records, rules and pins."""

from __future__ import annotations

from collections.abc import Iterator

from hub import keyring, policies
from hub.invariants.breach import Breach
from hub.sealing import GOLDEN, PROVENANCE
from hub.sql import rows
from hub.stages import survive
from matching.jsontext import loads

_PAGE = 2000


def follow_the_policy() -> Iterator[Breach]:
    """4. Where a policy was put in force, all golden records follow it, or somebody sees to it now."""
    if policies.unswept() != (0, 0) and not policies.under_way():
        yield Breach(4, "policy", "Not all golden records follow the policy in force: activate it again.")


def follow_from_records() -> Iterator[Breach]:
    """4. Profile, crosswalk, consents, provenance, hash and search terms are what the members give, and the stored
    profile names its own id, kind and version."""
    last = 0
    first, end = policies.unswept()
    while page := rows(
        """
        SELECT id, public_id, kind, scope, version, content_hash, holders, body, provenance FROM hub_goldenrecord
        WHERE state = 0 AND id > %s ORDER BY id LIMIT %s
        """,
        last,
        _PAGE,
    ):
        last = page[-1][0]
        ids = [row[0] for row in page]
        members: dict[int, set[int]] = {}
        for golden, record in rows(
            "SELECT c.golden_id, c.record_id FROM hub_crosswalk c JOIN hub_sourcerecord r ON r.id = c.record_id "
            "WHERE c.golden_id = ANY(%b::bigint[])",
            ids,
        ):
            members.setdefault(golden, set()).add(record)
        terms = dict(
            rows("SELECT golden_id, array_agg(token) FROM hub_goldenterm WHERE golden_id = ANY(%b::bigint[]) "
                 "GROUP BY golden_id", ids)
        )  # fmt: skip
        present = [row for row in page if row[0] in members and not first < row[0] <= end]
        views = survive.golden_of([frozenset(members[row[0]]) for row in present])
        bodies = keyring.unsealed([(row[6], row[7]) for row in present], GOLDEN)
        origins = keyring.unsealed([(row[6], row[8]) for row in present], PROVENANCE)
        for (golden, public_id, kind, scope, version, content_hash, holders, *_), view, body, provenance in zip(
            present, views, bodies, origins, strict=True
        ):
            if body is None or provenance is None:
                yield Breach(4, public_id, "It cannot be read with the keys of its records.")
                continue
            if holders != view.members:
                yield Breach(4, public_id, "It is sealed by other records than it is made of.")
            stored = loads(body)
            for part, value in (
                ("golden_id", public_id),
                ("version", version),
                ("kind", kind),
                ("profile", view.profile),
                ("crosswalk", view.crosswalk),
                ("consents", view.consents),
            ):
                if stored.get(part) != value:
                    yield Breach(4, public_id, f"Its stored {part} is not what its records give.")
            if loads(provenance) != view.provenance:
                yield Breach(4, public_id, "Its stored provenance is not what its records give.")
            elif view.content_hash != bytes(content_hash):
                yield Breach(4, public_id, "Its content hash is not that of its records.")
            if (view.kind, view.scope) != (kind, scope):
                yield Breach(4, public_id, "Its kind or scope is not that of its records.")
            if set(terms.get(golden, ())) != view.terms:
                yield Breach(4, public_id, "What it is found by is not what its records give.")
