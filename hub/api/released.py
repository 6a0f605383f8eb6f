"""What a client of some region may be told, for the doors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request

from hub.api.access import grant_of
from hub.release import Gate

Told = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Listener:
    """Who asks, where something may be withheld from somebody."""

    gate: Gate
    region: str

    def told(self, said: Mapping[str, Any], provenance: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self.gate.told(said, self.region, provenance=provenance)

    def profiles(self, bodies: Mapping[str, bytes]) -> list[bytes]:
        return self.gate.profiles(bodies, self.region)

    def linked(self, entry: dict[str, Any]) -> dict[str, Any]:
        """An entry of the crosswalk, with those of the other records that may be told."""
        told = self.told({"crosswalk": entry["others"]})
        return {**entry, "others": told["crosswalk"], **{key: told[key] for key in ("withheld",) if key in told}}


def listener(request: Request) -> Listener | None:
    """Who asks; None where nothing is withheld from anybody, which costs one look at the policy in force."""
    gate = Gate.now()
    return None if gate is None else Listener(gate, grant_of(request).region)
