"""A golden profile as rows: value, who gave it, by which rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stewardship.difference import mask
from stewardship.fields import address_line

_RULES = {
    "owner": "its system owns this",
    "source_ranking": "its source ranks highest",
    "most_trusted": "its source is trusted most",
    "most_complete": "most complete",
    "most_frequent": "said by most records",
    "most_recent": "newest",
    "longest": "longest",
    "highest_quality": "best quality",
    "minimum": "smallest",
    "maximum": "largest",
    "collect": "every value is kept",
    "pin": "pinned by a steward",
    "ignore": "the policy takes none",
}


def rule_words(rule: str) -> str:
    """A survivorship rule as provenance names it, in words."""
    return _RULES.get(rule, rule.replace("_", " "))


_NAME = (("prefix", "Title"), ("given", "Given name"), ("middle", "Middle name"), ("family", "Family name"),
         ("suffix", "Suffix"), ("full", "Full name"))  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Outcome:
    """One value of a golden profile. ``record`` is the address of the record that gave it."""

    key: str
    label: str
    value: str
    hidden: bool
    record: str
    rule: str
    since: str
    beaten: int


def rows(
    profile: Mapping[str, Any], provenance: Mapping[str, Any], *, revealed: frozenset[str] | None
) -> list[Outcome]:
    """Every value of ``profile``; ``revealed`` None shows all of them in clear."""
    made = []
    for key, label, value, origin in _values(profile):
        shown = revealed is None or key in revealed
        where = provenance.get(origin) or {}
        made.append(
            Outcome(
                key=key,
                label=label,
                value=value if shown else mask(value),
                hidden=not shown,
                record=str(where.get("record", "")),
                rule=rule_words(str(where.get("rule") or "")),
                since=str(where.get("since", ""))[:10],
                beaten=len(where.get("runners_up") or ()),
            )
        )
    return made


def _values(profile: Mapping[str, Any]) -> Iterable[tuple[str, str, str, str]]:
    """(key, label, value, name in the provenance)."""
    name = profile.get("name") or {}
    for part, label in _NAME:
        if name.get(part):
            yield f"name.{part}", label, str(name[part]), "name"
    if organisation := (profile.get("organisation") or {}).get("name"):
        yield "organisation", "Organisation", str(organisation), "organisation"
    if profile.get("birth_date"):
        yield "birth_date", "Birth date", str(profile["birth_date"]), "birth_date"
    for key, label in (("emails", "E-mail"), ("phones", "Phone")):
        for place, item in enumerate(profile.get(key) or ()):
            yield key, label, str(item["value"]), f"{key}[{place}]"
    for place, item in enumerate(profile.get("addresses") or ()):
        yield "addresses", "Address", address_line(item), f"addresses[{place}]"
    for place, item in enumerate(profile.get("identifiers") or ()):
        kind, issuer = str(item["type"]), item.get("issuer")
        label = kind.replace("_", " ").capitalize() + (f" ({issuer})" if issuer else "")
        yield f"identifiers.{kind}.{issuer or ''}", label, str(item["value"]), f"identifiers[{place}]"
    for key, value in (profile.get("attributes") or {}).items():
        text = str(value) if not isinstance(value, dict | list) else "(structured)"
        yield f"attributes.{key}", key.replace("_", " ").capitalize(), text, f"attributes.{key}"
