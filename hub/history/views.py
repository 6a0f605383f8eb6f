"""A customer as shown at an instant, what differs between two, and every version with what caused it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hub import consents, keyring, ledger
from hub.consents import Book
from hub.errors import Gone, NotFound
from hub.history import pointers
from hub.history.difference import difference, flat
from hub.history.pointers import Id, Link, Pointer
from hub.history.render import Rendered, render
from hub.sql import rows
from matching.canonical import rfc3339


@dataclass(frozen=True, slots=True, repr=False)
class AsOf:
    """What a golden id answered with at an instant: ``live`` with a view, ``retired`` with where its customers were,
    or ``absent`` before it was first given out."""

    state: str
    instant: datetime
    rendered: Rendered | None
    successors: tuple[str, ...]
    view: Mapping[str, Any]


def golden_at(public_id: str, instant: datetime) -> AsOf:
    """Raises ``NotFound`` for an id that was never given out, ``Gone`` for one that was erased, at whatever time."""
    return _at(held(public_id), instant)


def held(public_id: str) -> Id:
    """The golden id; raises as ``golden_at``."""
    found = pointers.find(public_id)
    if found.erased:
        raise Gone("The golden record was erased: it is gone at every instant.")
    return found


def _at(golden: Id, instant: datetime) -> AsOf:
    pointer = pointers.at(golden.id, instant)
    if pointer is not None:
        rendered = render([pointer])[0]
        return AsOf("live", instant, rendered, (), rendered.view(golden.public_id))
    last = pointers.before(golden.id, instant)
    if last is None:
        return AsOf("absent", instant, None, (), {"state": "absent"})
    homes = _ordered(pointers.links_at(last.members, instant).values())
    return AsOf("retired", instant, None, homes, {"state": "retired", "successors": list(homes)})


def _ordered(golden_ids: Any) -> tuple[str, ...]:
    """The golden ids with most records first, as redirects name them."""
    counted: dict[str, int] = {}
    for golden_id in golden_ids:
        counted[golden_id] = counted.get(golden_id, 0) + 1
    return tuple(sorted(counted, key=lambda golden_id: (-counted[golden_id], golden_id)))


Told = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def compared(public_id: str, one: datetime, two: datetime, *, told: Told | None = None) -> dict[str, Any]:
    """What differs between what the golden id answered with at two instants; raises as ``golden_at``. ``told`` says
    what of a view may be told to whoever asks."""
    golden = held(public_id)
    before, after = _at(golden, one), _at(golden, two)
    shown = told or dict
    return {
        "golden_id": public_id,
        "from": _end(before),
        "to": _end(after),
        "changes": difference(flat(shown(before.view)), flat(shown(after.view))),
    }


def _end(found: AsOf) -> dict[str, Any]:
    end: dict[str, Any] = {"instant": rfc3339(found.instant), "state": found.state}
    if found.rendered is not None:
        end["version"] = found.rendered.pointer.version
    return end


def crosswalk_at(system: str, source_id: str, instant: datetime) -> dict[str, Any]:
    """The golden id of a source record at an instant and the other addresses of that customer then; raises
    ``NotFound`` where there was none."""
    found = rows("SELECT id FROM hub_sourcerecord WHERE address = %s", keyring.address(system, source_id))
    home = pointers.links_at([found[0][0]], instant).get(found[0][0]) if found else None
    if home is None:
        raise NotFound("No source record of this address was in a golden record then.")
    view = golden_at(home, instant).view
    own = {"source_system": system, "source_id": source_id}
    others = [entry for entry in view.get("crosswalk", []) if entry != own]
    return {"golden_id": home, **own, "others": others}


def consents_at(public_id: str, instant: datetime) -> Book:
    """All that the hub had heard by the instant of what the customer said; raises as ``golden_at``, and ``NotFound``
    where the golden record was not live then."""
    golden = held(public_id)
    pointer = pointers.at(golden.id, instant)
    if pointer is None:
        raise NotFound("The golden record was not live at that instant: ask for it to see where its records were.")
    book = consents.of_records(pointer.members, recorded_by=instant)
    gone = ledger.forsaken({one.token for one in book.held if one.grants}, at=instant)
    return replace(book, golden=golden.id, gone=gone)


@dataclass(frozen=True, slots=True, repr=False)
class Step:
    """One version beside the one before it: what changed, which records joined and left, whence and whither (other
    golden ids)."""

    now: Rendered
    before: Rendered | None
    changes: Sequence[Mapping[str, Any]]
    joined: tuple[int, ...]
    left: tuple[int, ...]
    came_from: tuple[str, ...]
    went_to: tuple[str, ...]
    retired_to: tuple[str, ...]


def steps(golden: Id, *, below: int = 2**31 - 1, limit: int = 20) -> list[Step]:
    """Versions lower than ``below``, the newest first, at most ``limit``."""
    found = pointers.versions(golden.id, below=below, limit=limit + 1)
    shown = render(found)
    links = pointers.links({record for p in found for record in p.members})
    out = []
    for place, now in enumerate(shown[:limit]):
        before = shown[place + 1] if place + 1 < len(shown) else None
        out.append(_step(golden, now, before, links))
    return out


def _step(golden: Id, now: Rendered, before: Rendered | None, links: Sequence[Link]) -> Step:
    was = set(before.pointer.members) if before else set()
    joined = tuple(r for r in now.pointer.members if r not in was)
    left = tuple(r for r in sorted(was) if r not in now.pointer.members)
    since, until = now.pointer.since, now.pointer.until
    changes = difference(flat(before.view(golden.public_id)) if before else {}, flat(now.view(golden.public_id)))
    others = [link for link in links if link.golden != golden.public_id]
    return Step(
        now,
        before,
        changes,
        joined,
        left,
        _ordered(link.golden for link in others if link.record in joined and link.until == since),
        _ordered(link.golden for link in others if link.record in left and link.since == since),
        _ordered(
            link.golden
            for link in others
            if now.pointer.end and link.record in now.pointer.members and link.since == until
        ),
    )


def history(public_id: str, *, below: int = 2**31 - 1, limit: int = 20) -> list[dict[str, Any]]:
    """Versions lower than ``below``, the newest first, each with what caused it; raises as ``golden_at``."""
    return [_told(step) for step in steps(held(public_id), below=below, limit=limit)]


def _told(step: Step) -> dict[str, Any]:
    pointer: Pointer = step.now.pointer
    crosswalk = next((c for c in step.changes if c["attribute"] == "crosswalk"), {})
    item: dict[str, Any] = {
        "version": pointer.version,
        "since": rfc3339(pointer.since),
        "until": rfc3339(pointer.until) if pointer.until else None,
        "cause": {"type": pointer.cause[0], "ref": pointer.cause[1]},
        "changed": [change["attribute"] for change in step.changes],
        "joined": crosswalk.get("added", []),
        "left": crosswalk.get("removed", []),
        "came_from": list(step.came_from),
        "went_to": list(step.went_to),
        "exact": step.now.exact,
    }
    if pointer.policy is not None:
        item["policy"] = pointer.policy
    if step.now.unreadable:
        item["unreadable"] = step.now.unreadable
    if pointer.end and pointer.until:
        item["retired"] = {
            "at": rfc3339(pointer.until),
            "cause": {"type": pointer.end[0], "ref": pointer.end[1]},
            "successors": list(step.retired_to),
        }
    return item
