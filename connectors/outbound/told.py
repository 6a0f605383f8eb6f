"""What each endpoint may be told of an event: by its region, then by what it is to see of a customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub import selectors
from hub.events import Fact
from hub.release import Gate
from hub.sql import rows
from hub.visibility import View

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Ear:
    region: str
    view: View | None


def told(endpoints: Sequence[int], events: Sequence[Fact], data: Sequence[Data]) -> Sequence[Data]:
    """Of each event's ``data`` what the endpoint beside it (by its number) may have.

    An endpoint for a purpose hears of the contact points that may be used for it now, whatever was granted when the
    event was written: a delivery that waited must not undo a withdrawal.
    """
    if not data:
        return data
    gate = Gate.now()
    ears = {
        pk: _Ear(region, View.of(hidden, masked, purpose, only))
        for pk, region, hidden, masked, purpose, only in rows(
            'SELECT id, region, hidden, masked, purpose, "only" FROM hub_endpoint WHERE id = ANY(%b::bigint[])',
            sorted(set(endpoints)),
        )
    }
    if gate is None and not any(ear.view for ear in ears.values()):
        return data
    asked = {
        event.golden_id
        for endpoint, event in zip(endpoints, events, strict=True)
        if (ear := ears.get(endpoint)) is not None and ear.view is not None and ear.view.purpose
    }
    in_force = selectors.consents_in_force(asked) if asked else {}
    out: list[Data] = []
    for endpoint, event, said in zip(endpoints, events, data, strict=True):
        ear = ears.get(endpoint)
        if ear is None:  # deleted a moment ago
            out.append({key: said[key] for key in ("golden_id", "version") if key in said})
            continue
        if gate is not None:
            said = gate.told(said, ear.region)
        if ear.view is not None:
            said = ear.view.told(said, consents=in_force.get(event.golden_id, ()))
        out.append(said)
    return out
