"""Release by region: which receivers may be told a value, by the region of the record that it came from. Pure.

release:
  regions: {EU: [DE, FR, AT]}
  rules:
    - {from: [EU], to: [US], attributes: [birth_date, "identifiers.tax_id", "attributes.health.*"], release: never}
    - {from: [EU], to: [US], release: always}
    - {to: ["*"], attributes: [crosswalk], release: always}
  otherwise: never

A region belongs to a source record (the one of its source system) and is inherited by each value. A value may always
go back to its own region; for every other the first rule that speaks of it decides, and ``otherwise`` where none does.
This controls what is released; it does not store anything elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matching.policyerror import Path, PolicyError

ALWAYS, NEVER = "always", "never"
ANY = "*"
# What is told of a customer beside the values of the profile, and is released or withheld like one of them.
BESIDE = ("crosswalk", "consents")
COLLECTIONS = ("emails", "phones", "addresses", "identifiers")


@dataclass(frozen=True, slots=True)
class Rule:
    """``origins`` and ``receivers`` are regions, each with the parts of a group of regions; None: all of them.
    ``attributes`` as in a profile (``birth_date``, ``emails``, ``identifiers.tax_id``, ``attributes.tier``), one that
    ends in ``*`` for all that begin so; None: all."""

    release: bool
    origins: frozenset[str] | None = None
    receivers: frozenset[str] | None = None
    attributes: tuple[str, ...] | None = None

    def speaks_of(self, attribute: str, origin: str, receiver: str) -> bool:
        return (
            (self.origins is None or origin in self.origins)
            and (self.receivers is None or receiver in self.receivers)
            and (self.attributes is None or any(_covers(named, attribute) for named in self.attributes))
        )


def _covers(named: str, attribute: str) -> bool:
    if named.endswith(ANY):
        return attribute.startswith(named[:-1])
    return attribute == named or attribute.startswith(f"{named}.")


@dataclass(frozen=True)
class ReleasePolicy:
    """The default releases everything to everybody: where nobody speaks of regions, there are none."""

    rules: tuple[Rule, ...] = ()
    otherwise: bool = True
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def allows(self, attribute: str, *, origin: str, receiver: str) -> bool:
        """Whether a value of this attribute, from a record of the region ``origin``, may be told to a receiver of the
        region ``receiver``; empty where somebody has none."""
        if origin and (origin == receiver or receiver in self.groups.get(origin, ())):
            return True
        for rule in self.rules:
            if rule.speaks_of(attribute, origin, receiver):
                return rule.release
        return self.otherwise

    @property
    def restricts(self) -> bool:
        """Whether there is anything that it may withhold."""
        return not self.otherwise or any(not rule.release for rule in self.rules)

    @classmethod
    def read(cls, section: Any, path: Path = ("release",)) -> ReleasePolicy:
        """The policy that ``section``, decoded YAML or JSON, says; None gives the default.

        Raises ``PolicyError`` with the path of what is wrong: an unknown key, attribute or value, a bad type, a rule
        that could never apply because one before it speaks of all that it speaks of.
        """
        if section is None:
            return cls()
        said = _mapping(section, path)
        _only(said, ("regions", "rules", "otherwise"), path)
        groups = {
            _region(name, (*path, "regions", name)): frozenset(_regions(inner, (*path, "regions", name)))
            for name, inner in _mapping(said.get("regions", {}), (*path, "regions")).items()
        }
        rules: list[Rule] = []
        for place, given in enumerate(_list(said.get("rules", []), (*path, "rules"))):
            rule = _rule(given, (*path, "rules", place), groups)
            for earlier in rules:
                if _hides(earlier, rule):
                    raise PolicyError((*path, "rules", place), "never applies: a rule above it speaks of all this")
            rules.append(rule)
        otherwise = said.get("otherwise", ALWAYS)
        return cls(tuple(rules), _verdict(otherwise, (*path, "otherwise")), groups)


def _rule(given: Any, path: Path, groups: Mapping[str, frozenset[str]]) -> Rule:
    said = _mapping(given, path)
    _only(said, ("from", "to", "attributes", "release"), path)
    if "release" not in said:
        raise PolicyError(path, f"needs release: {ALWAYS} or {NEVER}")
    attributes = None
    if "attributes" in said:
        named = _list(said["attributes"], (*path, "attributes"))
        attributes = tuple(_attribute(a, (*path, "attributes", i)) for i, a in enumerate(named))
        if not attributes:
            raise PolicyError((*path, "attributes"), "names none: leave it away to mean all")
    return Rule(
        _verdict(said["release"], (*path, "release")),
        _side(said, "from", path, groups),
        _side(said, "to", path, groups),
        attributes,
    )


def _side(said: Mapping[str, Any], key: str, path: Path, groups: Mapping[str, frozenset[str]]) -> frozenset[str] | None:
    if key not in said:
        return None
    named = _regions(said[key], (*path, key))
    if ANY in named:
        return None
    return frozenset(named).union(*(groups[name] for name in named if name in groups))


def _hides(earlier: Rule, later: Rule) -> bool:
    def wider(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
        return one is None or (other is not None and one >= other)

    covered = earlier.attributes is None or (
        later.attributes is not None and all(any(_covers(e, a) for e in earlier.attributes) for a in later.attributes)
    )
    return covered and wider(earlier.origins, later.origins) and wider(earlier.receivers, later.receivers)


def _attribute(value: Any, path: Path) -> str:
    heads = ("name", "organisation", "birth_date", "attributes", *COLLECTIONS, *BESIDE)
    if not isinstance(value, str) or value.partition(".")[0].rstrip(ANY) not in heads:
        raise PolicyError(path, f"is no attribute: there are {', '.join(heads)}, and parts such as attributes.tier")
    if ANY in value[:-1]:
        raise PolicyError(path, "may have a * at its end and nowhere else")
    return value


def _regions(value: Any, path: Path) -> list[str]:
    found = [_region(name, (*path, place)) for place, name in enumerate(_list(value, path))]
    if not found:
        raise PolicyError(path, 'names no region: write ["*"] to mean all')
    return found


def _region(value: Any, path: Path) -> str:
    # YAML reads NO, the country, as false.
    if not isinstance(value, str) or not value.strip():
        raise PolicyError(path, "must be the code of a region, as text: write it in quotes")
    return value.strip().upper()


def _verdict(value: Any, path: Path) -> bool:
    if value not in (ALWAYS, NEVER):
        raise PolicyError(path, f"must be {ALWAYS} or {NEVER}")
    return bool(value == ALWAYS)


def _mapping(value: Any, path: Path) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise PolicyError(path, "must be a mapping of keys to values")
    return value


def _list(value: Any, path: Path) -> Sequence[Any]:
    if not isinstance(value, list):
        raise PolicyError(path, "must be a list")
    return value


def _only(said: Mapping[Any, Any], known: tuple[str, ...], path: Path) -> None:
    for key in said:
        if key not in known:
            raise PolicyError((*path, str(key)), f"is no key of this place; known are {', '.join(known)}")


@dataclass(frozen=True, slots=True, repr=False)
class Released:
    """What a receiver may be told, and which attributes it is told less or nothing of (sorted)."""

    told: dict[str, Any]
    withheld: list[str]


def release(said: Mapping[str, Any], origins: Mapping[str, str], receiver: str, policy: ReleasePolicy) -> Released:
    """What of a golden profile or of an event's data may be told to a receiver of this region.

    ``said`` has ``profile`` and may have ``crosswalk``, ``consents`` and ``provenance``; ``origins`` has the region of
    each value by its name in the provenance (``birth_date``, ``emails[0]``, ``attributes.tier``) and of each record by
    ``system:source_id``. A value whose origin is not known counts as one without a region.
    """
    withheld: set[str] = set()

    def allows(attribute: str, name: str) -> bool:
        allowed = policy.allows(attribute, origin=origins.get(name, ""), receiver=receiver)
        if not allowed:
            withheld.add(attribute)
        return allowed

    told = dict(said)
    kept: dict[str, list[int]] = {}
    if "profile" in said:
        told["profile"] = _profile(said["profile"], allows, kept)
    if "crosswalk" in said:
        told["crosswalk"] = [x for x in said["crosswalk"] if allows("crosswalk", _address(x))]
    if "consents" in said:
        told["consents"] = [
            consent for consent in said["consents"] if allows("consents", str(consent.get("decided_by", "")))
        ]
    if "provenance" in said:
        told["provenance"] = _provenance(said["provenance"], origins, receiver, policy, kept)
    return Released(told, sorted(withheld))


def _address(linked: Mapping[str, Any]) -> str:
    return f"{linked['source_system']}:{linked['source_id']}"


def _profile(
    profile: Mapping[str, Any], allows: Callable[[str, str], bool], kept: dict[str, list[int]]
) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in profile.items():
        if name == "attributes":
            out[name] = {k: v for k, v in value.items() if allows(f"attributes.{k}", f"attributes.{k}")}
        elif name in COLLECTIONS:
            kept[name] = [
                place for place, item in enumerate(value) if allows(attribute_of(name, item), f"{name}[{place}]")
            ]
            out[name] = [_primary(value[place], first=at == 0) for at, place in enumerate(kept[name])]
        elif allows(name, name):
            out[name] = value
    return out


def attribute_of(collection: str, item: Mapping[str, Any]) -> str:
    """The attribute that rules name for one value of a collection: an identifier goes by its type."""
    return f"identifiers.{item['type']}" if collection == "identifiers" else collection


def _primary(item: Mapping[str, Any], *, first: bool) -> dict[str, Any]:
    """Among what is told, the best is the primary one."""
    return {**item, "primary": first} if "primary" in item else dict(item)


def _provenance(
    provenance: Mapping[str, Any],
    origins: Mapping[str, str],
    receiver: str,
    policy: ReleasePolicy,
    kept: Mapping[str, list[int]],
) -> dict[str, Any]:
    """Of the values that are told; runners-up and their records where those may be told too."""
    out: dict[str, Any] = {}
    for name, why in provenance.items():
        attribute, _, rest = name.partition("[")
        said = name
        if attribute in kept and rest:
            place = int(rest.rstrip("]"))
            if place not in kept[attribute]:
                continue
            said = f"{attribute}[{kept[attribute].index(place)}]"
        elif not policy.allows(attribute, origin=origins.get(name, ""), receiver=receiver):
            continue
        others = [
            other
            for other in why.get("runners_up", ())
            if policy.allows(attribute, origin=origins.get(str(other.get("record")), ""), receiver=receiver)
        ]
        out[said] = {**why, "runners_up": others}
    return out
