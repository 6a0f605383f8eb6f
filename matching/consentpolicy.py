"""The consent section of a policy: for each purpose, on what it rests and how statements are counted.

consent:
  default: {legal_basis: consent}
  purposes:
    marketing:
      across_contact_points: most_restrictive
      lapses_after_months: 24
      jurisdictions:
        DE: {double_opt_in: true}
    service: {legal_basis: contract}
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from matching.contactpoints import purpose_key
from matching.policyerror import Path, PolicyError

MOST_RESTRICTIVE, PER_CONTACT_POINT = "most_restrictive", "per_contact_point"
CONSENT = "consent"
# Article 6(1) GDPR. An objection ends the second kind (Article 21); the third needs nobody's leave.
OBJECTION = ("legitimate_interest", "public_task")
NO_LEAVE = ("contract", "legal_obligation", "vital_interest")
LEGAL_BASES = (CONSENT, *OBJECTION, *NO_LEAVE)
_LONGEST_LAPSE = 1200


@dataclass(frozen=True, slots=True)
class Rule:
    """How one purpose is counted. ``lapses_after_months`` None: a grant holds until it is withdrawn."""

    across_contact_points: str = MOST_RESTRICTIVE
    legal_basis: str = CONSENT
    double_opt_in: bool = False
    lapses_after_months: int | None = None

    def lapses_at(self, granted: datetime) -> datetime | None:
        """When a grant of this instant lapses: the same day so many months later, or that month's last."""
        if self.lapses_after_months is None:
            return None
        month = granted.month - 1 + self.lapses_after_months
        year, month = granted.year + month // 12, month % 12 + 1
        if year > 9999:
            return None
        return granted.replace(year=year, month=month, day=min(granted.day, monthrange(year, month)[1]))


@dataclass(frozen=True)
class ConsentPolicy:
    """Rules by purpose and, within one, by jurisdiction (upper case)."""

    default: Rule = Rule()
    purposes: Mapping[str, Rule] = field(default_factory=dict)
    jurisdictions: Mapping[tuple[str, str], Rule] = field(default_factory=dict)

    def rule(self, purpose: str, jurisdiction: str = "") -> Rule:
        """The rule of a purpose (as compared) in a jurisdiction; a part such as ``US-CA`` falls back to ``US``.

        What the default says of jurisdictions holds for purposes that have no rule of their own.
        """
        own = self.purposes.get(purpose)
        if self.jurisdictions:
            place = jurisdiction.strip().upper()
            while place:
                if found := self.jurisdictions.get((purpose if own else "", place)):
                    return found
                place = place.rpartition("-")[0]
        return own or self.default

    @classmethod
    def read(cls, section: Any, path: Path = ("consent",)) -> ConsentPolicy:
        """The policy that ``section``, decoded YAML or JSON, says; None says nothing and gives the default.

        Raises ``PolicyError`` with the path of what is wrong: an unknown key, purpose or value, a bad type, a rule
        that contradicts itself.
        """
        if section is None:
            return cls()
        said = _mapping(section, path)
        _only(said, ("default", "purposes"), path)
        places: dict[tuple[str, str], Rule] = {}
        default = _rule(said.get("default"), (*path, "default"), Rule(), "", places)
        purposes: dict[str, Rule] = {}
        for name, given in _mapping(said.get("purposes"), (*path, "purposes")).items():
            at = (*path, "purposes", name)
            purpose = purpose_key(name)
            if not purpose or purpose == "*":
                raise PolicyError(at, "must name one purpose; what holds for all others stands under default")
            if purpose in purposes:
                raise PolicyError(at, "is named twice: case and spaces tell no purposes apart")
            purposes[purpose] = _rule(given, at, default, purpose, places)
        return cls(default, purposes, places)


_KEYS = ("across_contact_points", "legal_basis", "double_opt_in", "lapses_after_months")


def _rule(given: Any, path: Path, base: Rule, purpose: str, places: dict[tuple[str, str], Rule]) -> Rule:
    """The rule at ``path``; those of its jurisdictions go into ``places``."""
    said = _mapping(given, path)
    _only(said, (*_KEYS, "jurisdictions"), path)
    rule = _own(said, path, base)
    for name, inner in _mapping(said.get("jurisdictions"), (*path, "jurisdictions")).items():
        at = (*path, "jurisdictions", name)
        place = name.strip().upper()
        if not place.replace("-", "").isalnum() or (purpose, place) in places:
            raise PolicyError(at, "must name a country, a part of one such as US-CA, or EU, and each once")
        own = _mapping(inner, at)
        _only(own, _KEYS, at)
        places[purpose, place] = _own(own, at, rule)
    return rule


def _own(said: Mapping[str, Any], path: Path, base: Rule) -> Rule:
    rule = base
    if "across_contact_points" in said:
        rule = replace(
            rule,
            across_contact_points=_one_of(
                said["across_contact_points"], (MOST_RESTRICTIVE, PER_CONTACT_POINT), (*path, "across_contact_points")
            ),
        )
    if "legal_basis" in said:
        rule = replace(rule, legal_basis=_one_of(said["legal_basis"], LEGAL_BASES, (*path, "legal_basis")))
    if "double_opt_in" in said:
        if not isinstance(said["double_opt_in"], bool):
            raise PolicyError((*path, "double_opt_in"), "must be true or false")
        rule = replace(rule, double_opt_in=said["double_opt_in"])
    if "lapses_after_months" in said:
        months = said["lapses_after_months"]
        whole = isinstance(months, int) and not isinstance(months, bool) and 1 <= months <= _LONGEST_LAPSE
        if months is not None and not whole:
            raise PolicyError(
                (*path, "lapses_after_months"), f"must be 1 to {_LONGEST_LAPSE} months, or null for never"
            )
        rule = replace(rule, lapses_after_months=months)
    if rule.legal_basis != CONSENT and (said.get("double_opt_in") or said.get("lapses_after_months")):
        key = "double_opt_in" if said.get("double_opt_in") else "lapses_after_months"
        reason = f"has no meaning where the legal basis is {rule.legal_basis}: no grant is asked for"
        raise PolicyError((*path, key), reason)
    return rule


def _mapping(value: Any, path: Path) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise PolicyError(path, "must be a mapping of keys to values")
    for key in value:
        if not isinstance(key, str):  # YAML reads NO, the country, as false
            raise PolicyError((*path, str(key)), "must be text: write the key in quotes")
    return value


def _only(said: Mapping[str, Any], known: tuple[str, ...], path: Path) -> None:
    for key in said:
        if key not in known:
            raise PolicyError((*path, key), f"is no key of this place; known are {', '.join(known)}")


def _one_of(value: Any, known: tuple[str, ...], path: Path) -> str:
    if not isinstance(value, str) or value not in known:
        raise PolicyError(path, f"must be one of {', '.join(known)}")
    return value
