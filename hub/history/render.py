"""A past version, worked out again from the messages that made it, by the functions that made it then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub import keyring, ledger, policies
from hub.errors import InvalidRecord
from hub.flow import Golden, Message
from hub.history.pointers import Pointer
from hub.sql import rows
from hub.stages import ingest, normalise, survive
from hub.stages.survive import Row
from matching.jsontext import loads


@dataclass(frozen=True, slots=True, repr=False)
class Rendered:
    """A version with its values. ``unreadable`` of its records are redacted or erased since: the values are those of
    the others. ``exact``: they are just what was shown then; where they are not, and nothing is unreadable, the hub
    works them out otherwise today (another release, another kind of source system)."""

    pointer: Pointer
    golden: Golden | None
    unreadable: int
    exact: bool

    def view(self, public_id: str) -> dict[str, Any]:
        """The golden profile as the API shows it, with ``state``."""
        if self.golden is None:
            return {"golden_id": public_id, "state": "live", "version": self.pointer.version,
                    "unreadable": self.unreadable}  # fmt: skip
        body: dict[str, Any] = loads(
            self.golden.body(public_id, version=self.pointer.version, updated_at=self.pointer.since)
        )
        return {**body, "state": "live", **({"unreadable": self.unreadable} if self.unreadable else {})}


def render(pointers: Sequence[Pointer]) -> list[Rendered]:
    """The values of these versions, read in one go."""
    read = _records({m for p in pointers for m in p.messages})
    keys = {row.id: row.key for row in read.values()}
    said: dict[int, list[ledger.Held]] = defaultdict(list)
    for one in ledger.held(keys, keys=keys):
        said[one.record].append(one)
    put = policies.placed(keys, ended=True)
    return [_rendered(pointer, read, said, put) for pointer in pointers]


def _rendered(
    pointer: Pointer, read: Mapping[int, Row], said: Mapping[int, Sequence[ledger.Held]],
    placed: Sequence[policies.Placed],
) -> Rendered:  # fmt: skip
    members = [row for message in pointer.messages if (row := read.get(message)) is not None]
    missing = len(pointer.messages) - len(members)
    if not members:
        return Rendered(pointer, None, missing, exact=False)
    held = [one for row in members for one in said.get(row.id, ()) if one.recorded_at <= pointer.since]
    gone = ledger.forsaken({one.token for one in held if one.grants}, at=pointer.since)
    rules = policies.active() if pointer.policy is None else policies.version(pointer.policy)
    put = policies.put_at(placed, at=pointer.since)
    members = [row.under(put[row.id]) if row.id in put else row for row in members]
    golden = survive.view(members, ledger.with_forsaken(held, gone), rules)
    return Rendered(pointer, golden, missing, exact=golden.content_hash == pointer.content_hash)


def _records(message_ids: Iterable[int]) -> dict[int, Row]:
    """The records as these messages gave them, by message; those that cannot be read any more are left out."""
    found = rows(
        """
        SELECT r.id, s.kind, m.id, m.public_id, m.system_id, m.address, s.code, s.scope, m.mapping, m.part, m.payload,
               m.received_at, m.attempts
        FROM hub_inboxmessage m JOIN hub_sourcesystem s ON s.id = m.system_id
        JOIN hub_sourcerecord r ON r.address = m.address
        WHERE m.id = ANY(%b::bigint[])
        """,
        sorted(message_ids),
    )
    messages = [Message(*(*fields, 0)) for _, _, *fields in found]
    keys = keyring.keys({message.address for message in messages})
    out: dict[int, Row] = {}
    for (record_id, kind, *_), message, payload in zip(found, messages, ingest.opened(messages), strict=True):
        key = keys.get(message.address)
        if key is None:
            continue
        try:
            version = normalise.Version.of(message, ingest.record_in(message, payload))
        except InvalidRecord:
            continue
        out[message.id] = Row.of(
            record_id, key, version.record, message=message.id, source_kind=kind, scope=message.scope,
            occurred_at=version.occurred_at,
        )  # fmt: skip
    return out
