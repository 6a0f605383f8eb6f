"""What a client may be told, for the doors: what may go to its region, and of that what it may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from rest_framework.request import Request

from hub.api.access import grant_of
from hub.release import Gate
from hub.visibility import View
from matching.jsontext import dumps, loads


@dataclass(frozen=True, slots=True)
class Listener:
    """Who asks, where something may be withheld: by the policy (``gate``) or from this client (``view``)."""

    gate: Gate | None
    region: str
    view: View | None

    @property
    def digest(self) -> str:
        """Changes with what is told of a profile that stays the same."""
        by_region = f"{self.gate.digest}{self.region}" if self.gate else ""
        return by_region + (_digest(self.view) if self.view else "")

    def told(self, said: Mapping[str, Any], provenance: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A profile or an event's data; ``provenance`` as ``Gate.told`` wants it."""
        if self.gate is not None:
            said = self.gate.told(said, self.region, provenance=provenance)
        return self.view.told(said) if self.view is not None else dict(said)

    def profiles(self, bodies: Mapping[str, bytes]) -> list[bytes]:
        """Stored golden profiles, by their golden ids."""
        found = [*bodies.values()] if self.gate is None else self.gate.profiles(bodies, self.region)
        return found if self.view is None else [dumps(self.view.told(loads(body)), sort=False) for body in found]

    def linked(self, entry: dict[str, Any]) -> dict[str, Any]:
        """An entry of the crosswalk, with those of the other records that may be told."""
        told = self.told({"crosswalk": entry["others"]})
        return {**entry, "others": told["crosswalk"], **notes(told)}

    def record(self, address: str) -> str:
        """``system:source_id`` as the client may read it."""
        return address if self.view is None else self.view.record(address)


def notes(told: Mapping[str, Any]) -> dict[str, Any]:
    """What an answer says of itself: what is withheld from it and what is masked in it."""
    return {key: told[key] for key in ("withheld", "masked") if key in told}


@lru_cache(maxsize=256)
def _digest(view: View) -> str:
    named = "\0".join([*sorted(view.hidden), "", *sorted(view.masked), "", view.purpose])
    return "v" + blake2b(named.encode(), digest_size=6).hexdigest()


def listener(request: Request) -> Listener | None:
    """Who asks; None where nothing is withheld from the client, which costs one look at the policy in force."""
    gate, grant = Gate.now(), grant_of(request)
    return None if gate is None and grant.view is None else Listener(gate, grant.region, grant.view)
