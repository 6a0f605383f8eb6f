"""T3: the golden profile of each cluster that may have changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

from hub import keyring, ledger, policies
from hub.errors import Unavailable
from hub.flow import Golden
from hub.keyring import tokens
from hub.sealing import CANONICAL, unseal
from hub.sql import rows
from matching.canonical import from_nested
from matching.consent import Statement, in_profile
from matching.jsontext import loads
from matching.records import CanonicalRecord
from matching.survive import Member, survive
from matching.values import search_terms


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """A live record as it enters a golden record."""

    id: int
    message: int
    key: bytes
    member: Member
    scope: str
    kind: str

    @classmethod
    def of(
        cls, record_id: int, key: bytes, record: CanonicalRecord, *, message: int, source_kind: str, scope: str,
        occurred_at: datetime,
    ) -> Row:  # fmt: skip
        # Never by database id: ties must fall the same way in every hub that holds these records.
        address = f"{record.source_system}\0{record.source_id}".encode()
        order = int.from_bytes(blake2b(address, digest_size=8).digest())
        return cls(record_id, message, key, Member(record, source_kind, occurred_at, order), scope, record.kind)

    def under(self, put: policies.Put) -> Row:
        """The record with what stewards set at it."""
        return replace(self, member=replace(self.member, pins=put.pins, ignored=put.ignored))


# Records that were decoded already, by record id, each with the content hash that it was stored under.
Known = Mapping[int, tuple[bytes, CanonicalRecord]]


def golden_of(clusters: Sequence[frozenset[int]], *, known: Known = MappingProxyType({})) -> list[Golden]:
    """The golden view of each cluster of live record ids, read in one go.

    A record in ``known`` is taken from there where its content hash is still the stored one.
    """
    wanted = sorted({record for cluster in clusters for record in cluster})
    held = read(wanted, known=known)
    keys = {row.id: row.key for row in held.values()}
    rules = policies.active()
    for record, put in policies.put_at(policies.placed(keys)).items():
        held[record] = held[record].under(put)
    said = _said(clusters, keys)
    return [
        view([held[r] for r in sorted(cluster)], statements, rules)
        for cluster, statements in zip(clusters, said, strict=True)
    ]


def view(cluster: Sequence[Row], statements: Iterable[Statement], rules: policies.Active) -> Golden:
    """What the records of one cluster (at least one, by record id) and their statements say, by a policy."""
    survived = survive([row.member for row in cluster], rules.policy)
    addresses = sorted([(row.member.record.source_system, row.member.record.source_id) for row in cluster])
    return Golden(
        kind=cluster[0].kind,
        scope=cluster[0].scope,
        profile=survived.profile,
        crosswalk=[{"source_system": system, "source_id": source_id} for system, source_id in addresses],
        consents=in_profile(list(statements), policy=rules.policy.consent),
        provenance=survived.provenance,
        terms=frozenset([token for row in cluster for token in tokens(search_terms(row.member.record))]),
        holders={row.id: row.key for row in cluster},
        messages=tuple(row.message for row in cluster),
        policy=rules.id,
        origins=_origins(survived.provenance) if rules.policy.release.restricts else None,
    )  # fmt: skip


def _origins(provenance: Mapping[str, Any]) -> dict[str, str]:
    """The record that each value came from, for receivers who may not be told all of them."""
    return {name: why["record"] for name, why in provenance.items() if why.get("record")}


def read(record_ids: Sequence[int], *, known: Known = MappingProxyType({})) -> dict[int, Row]:
    """These records as they enter a golden record, without what stewards set.

    Raises ``Unavailable`` where the key of one is destroyed: it is just being erased.
    """
    hashes = [known[r][0] if r in known else None for r in record_ids]
    found = rows(
        """
        SELECT r.id, r.message_id, s.code, s.kind, s.scope, r.occurred_at, r.address,
               CASE WHEN r.content_hash IS DISTINCT FROM n.content_hash THEN r.canonical END
        FROM unnest(%b::bigint[], %b::bytea[]) AS n(id, content_hash)
        JOIN hub_sourcerecord r ON r.id = n.id JOIN hub_sourcesystem s ON s.id = r.system_id
        """,
        list(record_ids),
        hashes,
    )
    out = {}
    held = keyring.keys([address for *_, address, _ in found])
    for record_id, message, code, source_kind, scope, occurred_at, address, canonical in found:
        key = held.get(address)
        if key is None:
            raise Unavailable
        record = (
            known[record_id][1]
            if canonical is None
            else from_nested(loads(unseal(key, canonical, CANONICAL)), source_system=code)
        )
        out[record_id] = Row.of(record_id, key, record, message=message, source_kind=source_kind, scope=scope,
                                occurred_at=occurred_at)  # fmt: skip
    return out


def _said(clusters: Sequence[frozenset[int]], keys: Mapping[int, bytes]) -> Iterator[list[Statement]]:
    """The statements that count for each cluster."""
    by_record: dict[int, list[ledger.Held]] = defaultdict(list)
    for one in ledger.held(keys, keys=keys):
        by_record[one.record].append(one)
    gone = ledger.forsaken({one.token for found in by_record.values() for one in found if one.grants})
    for cluster in clusters:
        yield ledger.with_forsaken([one for r in sorted(cluster) for one in by_record.get(r, ())], gone)
