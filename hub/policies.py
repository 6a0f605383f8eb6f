"""The survivorship policy in force, and the pins of records: what *survive* reads beside the records themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import connection

from hub.errors import Refused
from hub.models import PolicyVersion
from hub.sealing import PIN, Unreadable, unseal
from hub.sql import count, rows
from matching.jsontext import loads
from matching.pins import Ignore
from matching.pins import Pin as PinnedValue
from matching.policy import Policy, shipped, shipped_text
from matching.policyfile import PolicyRefused


@dataclass(frozen=True, slots=True)
class Active:
    """A policy, in force or in force once, and the id of its version."""

    id: int
    policy: Policy


@dataclass(frozen=True, slots=True, repr=False)
class Put:
    """What stewards set at one record."""

    pins: tuple[PinnedValue, ...] = ()
    ignored: tuple[Ignore, ...] = ()


def active() -> Active:
    """The policy in force; a hub without any takes the one that ships with the project.

    Within a transaction that holds the match model (``hub.stages.model.hold``) it stays in force until the end.
    """
    found = rows(f"SELECT {SAME} FROM hub_policyversion p WHERE active")
    if not found:
        take_shipped()
        found = rows(f"SELECT {SAME} FROM hub_policyversion p WHERE active")
    return read(*found[0])


def version(version_id: int) -> Active:
    """A version, whether in force or not."""
    return read(*rows(f"SELECT {SAME} FROM hub_policyversion p WHERE id = %s", version_id)[0])


# By these a process knows a row of ``hub_policyversion p`` that it has read: PostgreSQL's own number of who wrote the
# row, and when it was made, for databases that were made anew. A hash of the document would cost more than the rest.
SAME = "p.id, p.xmin::text, p.created_at"


@lru_cache(maxsize=16)
def read(version_id: int, written: str, made: datetime) -> Active:
    """The version that ``SAME`` says. A process reads each once."""
    return Active(version_id, _policy(version_id))


def _policy(version_id: int) -> Policy:
    ((document,),) = rows("SELECT document FROM hub_policyversion WHERE id = %s", version_id)
    try:
        return Policy.read(document)
    except PolicyRefused as error:
        raise Refused(f"The active survivorship policy cannot be read: {error}") from error


def take_shipped() -> None:
    """Hold the policy that ships with the project, and put it in force where none is."""
    count(
        """
        INSERT INTO hub_policyversion (name, document, active, activated_at, created_at)
        SELECT %s, %s, NOT EXISTS (SELECT 1 FROM hub_policyversion WHERE active), now(), now()
        ON CONFLICT DO NOTHING
        """,
        shipped().name,
        shipped_text(),
    )


def held(name: str) -> PolicyVersion | None:
    return PolicyVersion.objects.filter(name=name).first()


@dataclass(frozen=True, slots=True, repr=False)
class Placed:
    """What a steward set at a record, and when that held."""

    record: int
    set: PinnedValue | Ignore
    made_at: datetime
    ended_at: datetime | None

    def held(self, at: datetime | None) -> bool:
        """Whether it was in force at an instant; None asks for now."""
        if at is None:
            return self.ended_at is None
        return self.made_at <= at and (self.ended_at is None or self.ended_at > at)


def placed(keys: Mapping[int, bytes], *, ended: bool = False) -> list[Placed]:
    """What stewards set at these records, given with their keys, the oldest first: what is in force, and with ``ended``
    all that ever was. What cannot be read with the keys any more is left out."""
    if not keys:
        return []
    found = rows(
        f"""
        SELECT record_id, public_id, kind, attribute, sealed, made_at, ended_at FROM hub_pin
        WHERE record_id = ANY(%b::bigint[]) {"" if ended else "AND ended_at IS NULL"} ORDER BY id
        """,
        sorted(keys),
    )
    out = []
    for record, public_id, kind, attribute, sealed, made_at, ended_at in found:
        try:
            value = loads(unseal(keys[record], sealed, PIN))["value"]
        except Unreadable:
            continue
        pin = kind == "pin"
        put = PinnedValue(public_id, attribute, value, made_at) if pin else Ignore(public_id, attribute, value)
        out.append(Placed(record, put, made_at, ended_at))
    return out


def put_at(found: Iterable[Placed], *, at: datetime | None = None) -> dict[int, Put]:
    """By record what of it holds now, or held at an instant."""
    by_record: dict[int, list[PinnedValue | Ignore]] = defaultdict(list)
    for one in found:
        if one.held(at):
            by_record[one.record].append(one.set)
    return {
        record: Put(tuple(x for x in put if isinstance(x, PinnedValue)), tuple(x for x in put if isinstance(x, Ignore)))
        for record, put in by_record.items()
    }


def in_force() -> dict[str, int]:
    """Every pin and ignore in force, with the record that it hangs on."""
    return dict(rows("SELECT public_id, record_id FROM hub_pin WHERE ended_at IS NULL"))


def unswept() -> tuple[int, int]:
    """Golden records with ids after the first and up to the second may still follow a policy of before."""
    found = rows("SELECT swept_to, sweep_end FROM hub_policyversion WHERE active AND swept_to IS NOT NULL")
    return found[0] if found else (0, 0)


_TURN = "hashtextextended('policy activation', 0)"


def take_turn() -> bool:
    """Be the one that brings golden records in line with a policy, until ``end_turn`` or the end of the connection."""
    return bool(rows(f"SELECT pg_try_advisory_lock({_TURN})")[0][0])


def end_turn() -> None:
    """Let another one begin. A connection that is lost has let go already."""
    if connection.connection is not None and not connection.connection.closed:
        rows(f"SELECT pg_advisory_unlock({_TURN})")


def under_way() -> bool:
    """Whether somebody does that at this moment."""
    if not take_turn():
        return True
    end_turn()
    return False
