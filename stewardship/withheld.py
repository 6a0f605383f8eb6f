"""What receivers of each region are not told of a customer, by the release section of the policy in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.models import ApiClient, Endpoint
from hub.release import Gate
from stewardship.profile import label_of


@dataclass(frozen=True, slots=True)
class Withheld:
    """``receivers`` is how many clients and endpoints stand in the region; it is empty for those without any."""

    region: str
    receivers: int
    attributes: tuple[str, ...]


def of(body: Mapping[str, Any], provenance: Mapping[str, Any]) -> list[Withheld]:
    """For each region in which somebody receives something, the attributes that are withheld there, if any are."""
    gate = Gate.now()
    if gate is None:
        return []
    regions = [*ApiClient.objects.values_list("region", flat=True)]
    regions += Endpoint.objects.filter(state=Endpoint.State.ACTIVE).values_list("region", flat=True)
    places = [region.upper() for region in regions]
    found = []
    for region in sorted(set(places)):
        names = gate.told(body, region, provenance=provenance).get("withheld", ())
        if names:
            found.append(Withheld(region, places.count(region), tuple(label_of(name) for name in names)))
    return found
