"""Visibility: what one receiver may see of a customer, attribute by attribute. Pure.

    hidden   the attribute is left out, and ``withheld`` names it
    masked   a mask stands in its place (``matching.masks``), and ``masked`` names it
    only     every other attribute is hidden
    purpose  contact points are told where the customer granted their use for this purpose; ``withheld`` names the rest

An attribute goes by the name that the release policy has for it: ``birth_date``, ``emails``, ``identifiers.tax_id``,
``attributes.tier``, ``attributes.health.*``, ``crosswalk``, ``consents``. What the region of a value allows is decided
before, by ``matching.release``; this takes away more, and gives nothing back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matching import masks
from matching.contactpoints import channel_key, point_key, purpose_key
from matching.release import BESIDE, COLLECTIONS, attribute_of

HEADS = ("name", "organisation", "birth_date", "attributes", *COLLECTIONS, *BESIDE)
_PARTED = ("attributes", "identifiers")
POINTS = ("emails", "phones", "addresses")
SHOWN, MASKED, HIDDEN = "shown", "masked", "hidden"


def check(name: str) -> str:
    """``name``, where an attribute can have it; raises ``ValueError``, saying which there are."""
    head, dot, rest = name.partition(".")
    parts = f"{', '.join(HEADS)}, and parts such as identifiers.tax_id, attributes.tier, attributes.health.*"
    if head not in HEADS or (dot and (head not in _PARTED or not rest or "*" in rest[:-1])) or not name.strip():
        raise ValueError(f"is no attribute: there are {parts}.")
    return name


def covers(named: str, attribute: str) -> bool:
    """
    >>> covers("attributes.health.*", "attributes.health.eyes"), covers("identifiers", "identifiers.tax_id")
    (True, True)
    """
    if named.endswith("*"):
        return attribute.startswith(named[:-1])
    return attribute == named or attribute.startswith(f"{named}.")


def _part(named: str, attribute: str) -> bool:
    return covers(attribute, named.rstrip("*."))


@dataclass(frozen=True, slots=True)
class View:
    """``purpose`` is a purpose of consent, or ``purpose:channel``; empty for receivers who need none."""

    hidden: frozenset[str] = frozenset()
    masked: frozenset[str] = frozenset()
    purpose: str = ""
    only: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, hidden: Iterable[str] = (), masked: Iterable[str] = (), purpose: str = "", only: Iterable[str] = ()
    ) -> View | None:
        """None where all is seen, so that nobody pays for what is not asked for."""
        view = cls(frozenset(hidden), frozenset(masked), purpose.strip(), frozenset(only))
        return None if view == cls() else view

    def see(self, attribute: str) -> str:
        """``shown``, ``masked`` or ``hidden``."""
        if any(covers(named, attribute) for named in self.hidden):
            return HIDDEN
        # Of attributes whose parts are named, the whole counts as seen, and each part is asked about by itself.
        if self.only and not any(covers(named, attribute) or _part(named, attribute) for named in self.only):
            return HIDDEN
        return MASKED if any(covers(named, attribute) for named in self.masked) else SHOWN

    def shows(self, attribute: str) -> bool:
        """Whether nothing of the attribute is kept back, no part of it either."""
        kept_back = self.hidden | self.masked
        if self.only and not any(covers(named, attribute) for named in self.only):
            return False
        return not any(covers(named, attribute) or _part(named, attribute) for named in kept_back)

    def told(self, said: Mapping[str, Any], *, consents: Sequence[Mapping[str, Any]] | None = None) -> dict[str, Any]:
        """A golden profile or an event's data (JSON) as the receiver may have them. ``consents`` are those in force
        (SHAPES: Golden profile), by which contact points are told for a purpose; without them, those in ``said``.
        """
        in_force = said.get("consents", ()) if consents is None else consents
        return _Telling(self, _Leave.of(self.purpose, in_force) if self.purpose else None).of(said)

    def consents(self, consents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """``{"consents": …}`` of effective consents or statements, with what is withheld of them or masked."""
        return self.told({"consents": consents})

    def covered(self, attribute: str, value: Any) -> Any:
        """The mask of a value."""
        return masks.mask(attribute, value)

    def record(self, address: str) -> str:
        """``system:source_id`` as the receiver may read it where a record is named."""
        seen = self.see("crosswalk")
        if seen == SHOWN:
            return address
        return masks.STARS if seen == HIDDEN else f"{address.partition(':')[0]}:{masks.STARS}"

    def link(self, linked: Mapping[str, Any]) -> dict[str, Any]:
        """An entry of a crosswalk that is not hidden."""
        return dict(linked) if self.see("crosswalk") == SHOWN else {**linked, "source_id": masks.STARS}


@dataclass(frozen=True, slots=True, repr=False)
class _Leave:
    """The consents in force for one purpose, of one channel or of each, by (channel, contact point)."""

    channel: str
    states: Mapping[tuple[str, str], Sequence[str]]

    @classmethod
    def of(cls, purpose: str, consents: Iterable[Mapping[str, Any]]) -> _Leave:
        wanted, _, channel = purpose.partition(":")
        states: dict[tuple[str, str], list[str]] = {}
        for one in consents:
            if purpose_key(str(one.get("purpose", ""))) == purpose_key(wanted):
                place = channel_key(str(one.get("channel", ""))), point_key(str(one.get("contact_point") or ""))
                states.setdefault(place, []).append(str(one.get("state")))
        return cls(channel_key(channel), states)

    def tells(self, collection: str, item: Mapping[str, Any]) -> bool:
        """Whether a contact point may be used by one of the channels that reach it. What is said of the point itself
        decides, else what is said of the whole customer; of several brands every one."""
        value = str(item.get("value") or "")
        for channel in {channel for channel, _ in self.states}:
            if _reached_by(channel) != collection or self.channel not in ("", channel):
                continue
            if collection == "addresses":  # spelt in too many ways to be told apart: all that was said counts
                said = [state for (by, _), states in self.states.items() if by == channel for state in states]
            else:
                said = [*(self.states.get((channel, point_key(value))) or self.states.get((channel, ""), ()))]
            if said and all(state == "granted" for state in said):
                return True
        return False


def _reached_by(channel: str) -> str:
    return {"email": "emails", "postal": "addresses"}.get(channel, "phones")


class _Telling:
    """One telling: what is kept back is noted as it is met."""

    def __init__(self, view: View, leave: _Leave | None) -> None:
        self._view, self._leave = view, leave
        self._withheld: set[str] = set()
        self._masked: set[str] = set()
        self._kept: dict[str, list[int]] = {}

    def of(self, said: Mapping[str, Any]) -> dict[str, Any]:
        told = {key: value for key, value in said.items() if key != "origins"}
        if "profile" in said:
            told["profile"] = self._profile(said["profile"])
        if "crosswalk" in said:
            told["crosswalk"] = self._links(said["crosswalk"])
        if "consents" in said:
            told["consents"] = self.consents(said["consents"])
        if "provenance" in said:
            told["provenance"] = self._provenance(said["provenance"])
        if "changed" in said:
            told["changed"] = [name for name in said["changed"] if self._view.see(name) != HIDDEN]
        if self._withheld:
            told["withheld"] = sorted({*self._withheld, *said.get("withheld", ())})
        if self._masked:
            told["masked"] = sorted(self._masked)
        return told

    def _seen(self, attribute: str) -> str:
        seen = self._view.see(attribute)
        if seen == HIDDEN:
            self._withheld.add(attribute)
        elif seen == MASKED:
            self._masked.add(attribute)
        return seen

    def _profile(self, profile: Mapping[str, Any]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for name, value in profile.items():
            if name == "attributes":
                out[name] = self._values((f"attributes.{key}", key, held) for key, held in value.items())
            elif name in COLLECTIONS:
                out[name] = self._collection(name, value)
            else:
                out |= self._values([(name, name, value)])
        return out

    def _values(self, items: Iterable[tuple[str, str, Any]]) -> dict[str, Any]:
        out = {}
        for attribute, key, value in items:
            if (seen := self._seen(attribute)) != HIDDEN:
                out[key] = masks.mask(attribute, value) if seen == MASKED else value
        return out

    def _collection(self, name: str, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        kept: list[int] = []
        out: list[dict[str, Any]] = []
        for place, item in enumerate(items):
            if self._leave and name in POINTS and not self._leave.tells(name, item):
                self._withheld.add(name)
                continue
            attribute = attribute_of(name, item)
            if (seen := self._seen(attribute)) == HIDDEN:
                continue
            shown = masks.mask(attribute, item) if seen == MASKED else dict(item)
            out.append({**shown, "primary": not out} if "primary" in item else shown)
            kept.append(place)
        self._kept[name] = kept
        return out

    def _links(self, links: Collection[Mapping[str, Any]]) -> list[dict[str, Any]]:
        if not links or self._seen("crosswalk") == HIDDEN:
            return []
        return [self._view.link(linked) for linked in links]

    def consents(self, consents: Collection[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Each without the contact point where that is hidden, and with its mask where it is masked."""
        if not consents or (seen := self._seen("consents")) == HIDDEN:
            return []
        return [self._consent(one, seen == MASKED) for one in consents]

    def _consent(self, one: Mapping[str, Any], masked: bool) -> dict[str, Any]:
        point = one.get("contact_point")
        if not point:
            return dict(one)
        seen = self._seen(masks.attribute_of_point(point))
        if seen == HIDDEN:
            return {**one, "contact_point": None}
        return {**one, "contact_point": masks.contact_point(point)} if masked or seen == MASKED else dict(one)

    def _provenance(self, provenance: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for name, why in provenance.items():
            head, _, rest = name.partition("[")
            attribute, told = name, name
            if rest and head in self._kept:
                place = int(rest.rstrip("]"))
                if place not in self._kept[head]:
                    continue
                told = f"{head}[{self._kept[head].index(place)}]"
            if rest:
                attribute = head
            if (seen := self._view.see(attribute)) == HIDDEN:
                continue
            # Who lost to an identifier of one type may be of another that is kept back.
            covered = seen == MASKED or not self._view.shows(attribute)
            out[told] = self._why(attribute, why, covered=covered)
        return out

    def _why(self, attribute: str, why: Mapping[str, Any], *, covered: bool) -> dict[str, Any]:
        out = dict(why)
        if out.get("record"):
            out["record"] = self._view.record(out["record"])
        if covered and "value" in out:
            out["value"] = masks.mask(attribute, out["value"])
        if "runners_up" in out:
            pointed = self._leave is not None and attribute in POINTS
            others = () if pointed else out["runners_up"]
            out["runners_up"] = [self._why(attribute, other, covered=covered) for other in others]
        return out
