"""The hub held to what the others wrote down: the senders' acknowledgements, the feed's reader, the receivers."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from bench.day.hub import Hub
from bench.day.people import Sent
from bench.day.plan import RECEIVERS
from bench.day.senders import Sender
from bench.day.traffic import Day, Seen

_RESOLVED, _REJECTED = 1, 2


def faults(day: Day, hub: Hub, folder: Path) -> list[str]:
    """Everything that is not as it must be, in words; ``folder`` has the receivers' records."""
    seen = day.seen
    return [
        *seen.book.wrong,
        *_acknowledged(seen, hub),
        *asyncio.run(_asked_again(day)),
        *_sequences(seen.feed),
        *(fault for name, wants in RECEIVERS.items() if name != "left" for fault in _received(
            name, _read(folder / f"{name}.ndjson"), [e for e in seen.feed if not wants or e["type"] in wants])),
        *_verified(hub),
    ]  # fmt: skip


def _person(address: tuple[str, str]) -> str:
    return address[1].rpartition("-")[2]


def _acknowledged(seen: Seen, hub: Hub) -> Iterator[str]:
    """Each acknowledged message is resolved, and of each record the newest version that was acknowledged is held."""
    erased = {_person(address) for address in seen.erased}
    found = {
        message: (status, kept)
        for message, status, kept in hub.asked(
            "SELECT m.public_id, m.status, w.public_id FROM unnest(%s::text[]) AS a(id) "
            "JOIN hub_inboxmessage m ON m.public_id = a.id LEFT JOIN hub_sourcerecord r ON r.id = m.record_id "
            "LEFT JOIN hub_inboxmessage w ON w.id = r.message_id",
            list(seen.book.acknowledged),
        )
    }
    newest: dict[tuple[str, str], Sent] = {
        address: max(versions, key=lambda one: one.record["occurred_at"])
        for address, versions in seen.book.versions.items()
    }
    for message, sent in seen.book.acknowledged.items():
        address = sent.source, sent.source_id
        if message not in found:
            yield f"{message} was acknowledged and is not held"
            continue
        status, kept = found[message]
        if _person(address) in erased and status in (_RESOLVED, _REJECTED):
            continue
        if status != _RESOLVED:
            yield f"{message} was acknowledged and has status {status}"
        elif seen.book.acknowledged[kept].record["occurred_at"] != newest[address].record["occurred_at"]:
            yield f"{message}: an older version of its record is held than was acknowledged"
    for one in seen.book.refused_as_erased:
        if _person((one.source, one.source_id)) not in erased:
            yield "a record was refused as erased that nobody had erased"


async def _asked_again(day: Day) -> list[str]:
    """By the doors alone: who was not deleted is in the crosswalk, who was erased is not, and the feed read from its
    beginning is what its reader saw come in."""
    seen, wrong = day.seen, list[str]()
    erased = {_person(address) for address in seen.erased}
    async with aiohttp.ClientSession() as http:
        office, reader = day.sender(http, "office"), day.sender(http, "reader")
        addresses = sorted(seen.book.versions)
        for start in range(0, len(addresses), 1000):
            some = addresses[start : start + 1000]
            asked = {"records": [{"source_system": s, "source_id": i} for s, i in some]}
            said = await office.post("/api/v1/crosswalk/lookup", asked)
            for address, item in zip(some, said["items"], strict=True):
                latest = max(seen.book.versions[address], key=lambda one: one.record["occurred_at"])
                if address in seen.erased:
                    if item["golden_id"] is not None:
                        wrong.append(f"an erased record of {address[0]} is in the crosswalk")
                elif _person(address) not in erased and (item["golden_id"] is None) != latest.deleted:
                    wrong.append(f"a record of {address[0]} is {'in' if latest.deleted else 'not in'} the crosswalk")
        again = await _whole_feed(reader)
    if [event["id"] for event in again] != [event["id"] for event in seen.feed]:
        missed = {e["id"] for e in again} - {e["id"] for e in seen.feed}
        wrong.append(f"the feed has {len(again)} events, its reader saw {len(seen.feed)}; it missed {len(missed)}")
    return wrong


async def _whole_feed(reader: Sender) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = await reader.get("/api/v1/events", limit="500", **({"after": after} if after else {}))
        if not page["items"]:
            return found
        found += page["items"]
        after = page["next"]


def _sequences(feed: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The events of each golden id are numbered from 1 without a gap, in the order of the feed."""
    last: dict[str, int] = defaultdict(int)
    for event in feed:
        if int(event["sequence"]) != last[event["subject"]] + 1:
            yield f"{event['subject']}: {event['sequence']} follows {last[event['subject']]}"
        last[event["subject"]] = int(event["sequence"])


def _received(name: str, lines: Sequence[dict[str, Any]], meant: Sequence[dict[str, Any]]) -> Iterator[str]:
    """A receiver got every event that was meant for it, first in order: those of one golden record, and those of a
    retired one before the merge that retired it."""
    invalid = sum(not line["valid"] for line in lines)
    if invalid:
        yield f"{name}: {invalid} deliveries were not let in"
    first: dict[str, int] = {}
    for place, line in enumerate(lines):
        if line["valid"]:
            first.setdefault(line["id"], place)
    lost = [event["id"] for event in meant if event["id"] not in first]
    if lost:
        yield f"{name}: {len(lost)} of {len(meant)} events never came, such as {lost[0]}"
        return
    if more := first.keys() - {event["id"] for event in meant}:
        yield f"{name}: {len(more)} events came that were not meant for it"
    latest: dict[str, int] = {}
    for event in meant:
        came = first[event["id"]]
        before = [latest.get(g, -1) for g in (event["subject"], *(event["data"].get("merged_from") or ()))]
        if max(before) > came:
            yield f"{name}: {event['id']} of {event['subject']} came before what it follows"
        latest[event["subject"]] = max(came, latest.get(event["subject"], -1))


def _read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _verified(hub: Hub) -> Iterator[str]:
    done = hub.stack.manage("verify", "--json", seconds=1200)
    if not done.stdout.strip():
        yield f"verify said nothing: {done.stderr[-500:]}"
        return
    said = json.loads(done.stdout.splitlines()[-1])
    yield from (json.dumps(breach) for breach in said["breaches"][:20])
    if said["waiting"] or said["dead_letters"]:
        yield f"verify: {said['waiting']} waiting, {said['dead_letters']} dead letters"
