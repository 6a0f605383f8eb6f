"""Whom a request is about, and who holds copies of what it is about."""

from __future__ import annotations

from dataclasses import dataclass

from hub import erasures, keyring
from hub.errors import NotFound, Refused
from hub.sql import rows


class Gone(Refused):
    """It was erased: nothing is held of it any more."""

    code = "gone"
    status = 410


@dataclass(frozen=True, slots=True)
class Subject:
    """The golden record (database id and public id, None where there is none yet) and the source records."""

    golden: int | None
    golden_id: str | None
    records: tuple[int, ...]
    address: bytes = b""


def of_golden(golden_id: str) -> Subject:
    """The customer behind a golden id; a retired one leads to the live one that has its records.

    Raises ``NotFound``, ``Gone``, and ``Refused`` where its records are in several golden records today.
    """
    found = rows("SELECT id, state, last_members FROM hub_goldenrecord WHERE public_id = %s", golden_id)
    if not found:
        raise NotFound("No golden record has this id.")
    golden, state, last_members = found[0]
    if state == 2:
        raise Gone
    if state == 0:
        return Subject(golden, golden_id, members(golden))
    homes = rows(
        """
        SELECT DISTINCT g.id, g.public_id FROM hub_crosswalk c JOIN hub_goldenrecord g ON g.id = c.golden_id
        WHERE c.record_id = ANY(%b::bigint[]) AND g.state = 0 ORDER BY g.public_id
        """,
        list(last_members),
    )
    if len(homes) > 1:
        names = ", ".join(public_id for _, public_id in homes)
        raise Refused(f"The records of this golden id are several customers today: file for one of {names}.",
                      field="golden_id")  # fmt: skip
    if homes:
        return Subject(homes[0][0], homes[0][1], members(homes[0][0]))
    return Subject(golden, golden_id, tuple(sorted(last_members)))  # deleted at their sources, and still held


def of_record(system: str, source_id: str, *, known: bool = True) -> Subject:
    """One source record, and the golden record that it is in. With ``known`` false also one that was never heard of,
    which a vendor may name. Raises ``NotFound``, and ``Gone`` for one that was erased."""
    address = keyring.address(system, source_id)
    if keyring.forgotten([address]):
        raise Gone
    found = rows(
        """
        SELECT r.id, g.id, g.public_id FROM hub_sourcerecord r LEFT JOIN hub_crosswalk c ON c.record_id = r.id
        LEFT JOIN hub_goldenrecord g ON g.id = c.golden_id WHERE r.address = %b::bytea
        """,
        address,
    )
    if found:
        record, golden, golden_id = found[0]
        return Subject(golden, golden_id, (record,), address)
    waits = rows("SELECT 1 FROM hub_inboxmessage WHERE address = %b::bytea LIMIT 1", address)
    if known and not waits:
        raise NotFound(f"No source record of {system} has this id.")
    return Subject(None, None, (), address)


def members(golden: int) -> tuple[int, ...]:
    """The records of a live golden record: those in it, and those that were deleted at their source and were in it
    last, or in one that retired into it. Their versions are held: whoever asks for all that is held means them too."""
    found = rows(
        """
        WITH own AS (SELECT record_id FROM hub_crosswalk WHERE golden_id = %s),
             ids AS (SELECT %s::bigint AS id UNION SELECT g.id FROM hub_goldenrecord g
                     WHERE g.state = 1 AND g.last_members && ARRAY(SELECT record_id FROM own))
        SELECT record_id FROM own
        UNION
        SELECT c.record_id FROM ids JOIN hub_pastlink l ON l.golden_id = ids.id
        JOIN hub_crosswalk c ON c.record_id = l.record_id AND c.golden_id IS NULL
        WHERE NOT EXISTS (SELECT 1 FROM hub_pastlink n WHERE n.record_id = l.record_id AND n.until > l.until)
        ORDER BY 1
        """,
        golden,
        golden,
    )
    return tuple(row[0] for row in found)


def systems(records: tuple[int, ...]) -> list[str]:
    """The codes of the source systems that these records are from."""
    found = rows(
        "SELECT DISTINCT s.code FROM hub_sourcerecord r JOIN hub_sourcesystem s ON s.id = r.system_id "
        "WHERE r.id = ANY(%b::bigint[]) ORDER BY s.code",
        list(records),
    )
    return [row[0] for row in found]


def receivers(goldens: list[int]) -> list[str]:
    """The endpoints (``we_…``) to which something about these golden records was delivered, or tried."""
    found = rows(
        """
        SELECT DISTINCT p.public_id FROM hub_delivery d JOIN hub_endpoint p ON p.id = d.endpoint_id
        WHERE d.golden_id = ANY(%b::bigint[]) AND (d.state = 1 OR d.attempts > 0) ORDER BY p.public_id
        """,
        goldens,
    )
    return [row[0] for row in found]


def erased_by(address: bytes) -> str:
    """The privacy request that the record at this address was erased by. Raises ``NotFound``."""
    found = erasures.of_address(address)
    if found is None:
        raise NotFound
    return found
