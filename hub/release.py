"""What of a customer may be told to a receiver of some region: the release section of the policy in force, applied.

The stored profile and the stored event hold everything; what a receiver may not be told is left out when it is read,
and the receiver hears which attributes those were (``withheld``). A receiver is an OAuth2 client or a webhook endpoint;
its region, and that of each source system, is set when it is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub import policies
from hub.keyring import unsealed
from hub.sealing import PROVENANCE
from hub.sql import rows
from matching.jsontext import dumps, loads
from matching.release import COLLECTIONS, ReleasePolicy, attribute_of, release
from matching.visibility import HEADS


@dataclass(frozen=True, slots=True)
class Gate:
    """What is in force now: to be made for a request or a batch, not kept."""

    policy: ReleasePolicy
    regions: Mapping[str, str]  # of source systems, by code
    digest: str = ""  # changes with the policy in force

    @classmethod
    def now(cls) -> Gate | None:
        """None where nothing is withheld from anybody."""
        return cls.of(policies.active())

    @classmethod
    def of(cls, active: policies.Active) -> Gate | None:
        """Of a policy that is in force."""
        if not active.policy.release.restricts:
            return None
        found = rows("SELECT code, region FROM hub_sourcesystem")
        return cls(active.policy.release, {code: region.upper() for code, region in found}, f"p{active.id}")

    def told(
        self, said: Mapping[str, Any], region: str, *, provenance: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """A profile or an event's data (JSON) as a receiver of this region may have them, with ``withheld`` where
        that is less. ``provenance`` says where the values came from; an event has it in its ``origins``.

        A value of which nobody knows where it came from is told only where it could come from any of the records.
        """
        region = region.upper()
        known = self._origins(said, provenance)
        present = sorted({self._region_of(x["source_system"]) for x in said.get("crosswalk", ())}) or [""]
        for name, attribute in _values(said):
            if name not in known:
                barred = (o for o in present if not self.policy.allows(attribute, origin=o, receiver=region))
                known[name] = next(barred, present[0])
        found = release({key: value for key, value in said.items() if key != "origins"}, known, region, self.policy)
        return {**found.told, "withheld": found.withheld} if found.withheld else found.told

    def lets(self, attribute: str, record: str, region: str) -> bool:
        """Whether a receiver of this region may be told the attribute of a record (``system:source_id``, or the code
        of its source system alone)."""
        return self.policy.allows(attribute, origin=self._region_of(record), receiver=region.upper())

    def lets_everything(self, systems: Iterable[str], region: str) -> bool:
        """Whether a receiver of this region may be told all that records of these source systems hold."""
        named = {name.rstrip(".*") for rule in self.policy.rules for name in rule.attributes or ()}
        return all(self.lets(attribute, code, region) for code in systems for attribute in {*HEADS, *named})

    def _region_of(self, record: str) -> str:
        return self.regions.get(record.partition(":")[0], "")

    def _origins(self, said: Mapping[str, Any], provenance: Mapping[str, Any] | None) -> dict[str, str]:
        """The region of each value by its name, and of each record that is named."""
        known = {name: self._region_of(record) for name, record in (said.get("origins") or {}).items()}
        for name, why in (provenance or {}).items():
            if why.get("record"):
                known[name] = self._region_of(why["record"])
            for other in (why, *why.get("runners_up", ())):
                if record := other.get("record"):
                    known[record] = self._region_of(record)
        for linked in said.get("crosswalk", ()):
            known[f"{linked['source_system']}:{linked['source_id']}"] = self._region_of(linked["source_system"])
        return known

    def profiles(self, bodies: Mapping[str, bytes], region: str) -> list[bytes]:
        """Stored golden profiles, by their golden ids, as a receiver of this region may have them, UTF-8 JSON."""
        found = rows(
            "SELECT public_id, holders, provenance FROM hub_goldenrecord WHERE public_id = ANY(%b::text[])",
            list(bodies),
        )
        where = unsealed([(holders, sealed) for _, holders, sealed in found], PROVENANCE)
        known = {name: loads(said) for (name, *_), said in zip(found, where, strict=True) if said is not None}
        return [
            dumps(self.told(loads(body), region, provenance=known.get(name)), sort=False)
            for name, body in bodies.items()
        ]


def _values(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The name and the attribute of each value of a profile, and of each consent."""
    for name, value in said.get("profile", {}).items():
        if name == "attributes":
            yield from ((f"attributes.{key}", f"attributes.{key}") for key in value)
        elif name in COLLECTIONS:
            yield from ((f"{name}[{place}]", attribute_of(name, item)) for place, item in enumerate(value))
        else:
            yield name, name
    for consent in said.get("consents", ()):
        yield str(consent.get("decided_by", "")), "consents"
