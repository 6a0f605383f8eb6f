"""The rows of a review: what each record says, field by field, in the order in which people look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stewardship.difference import Piece, Relation, fold, pieces, relation

_NAME_PARTS = (("prefix", "Title"), ("given", "Given name"), ("middle", "Middle name"), ("family", "Family name"),
               ("suffix", "Suffix"), ("full", "Full name"))  # fmt: skip
_ADDRESS_PARTS = ("street", "unit", "postal_code", "city", "region", "country")
_PHONES = "phones"


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    """One value and the addresses of the records that say it."""

    value: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """A value as the page shows it: pieces, who says it, and how it stands to the nearest value opposite."""

    pieces: tuple[Piece, ...]
    by: tuple[str, ...]
    hidden: bool
    length: int

    @property
    def systems(self) -> list[str]:
        """The codes of the source systems that say it."""
        return sorted({address.partition(":")[0] for address in self.by})


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    key: str
    label: str
    relation: Relation
    left: tuple[Shown, ...]
    right: tuple[Shown, ...]
    revealed: bool


def values_of(record: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    """(key, label, value) of a nested canonical record, without what it does not say."""
    name = record.get("name") or {}
    for part, label in _NAME_PARTS:
        if name.get(part):
            yield f"name.{part}", label, str(name[part])
    for former in name.get("former_family") or ():
        yield "name.former_family", "Former family name", str(former)
    if organisation := (record.get("organisation") or {}).get("name"):
        yield "organisation", "Organisation", str(organisation)
    if record.get("birth_date"):
        yield "birth_date", "Birth date", str(record["birth_date"])
    for key, label in (("emails", "E-mail"), (_PHONES, "Phone")):
        for item in record.get(key) or ():
            if item.get("value"):
                yield key, label, str(item["value"])
    for item in record.get("addresses") or ():
        if line := address_line(item):
            yield "addresses", "Address", line
    for item in record.get("identifiers") or ():
        kind, issuer = str(item.get("type", "id")), item.get("issuer")
        label = kind.replace("_", " ").capitalize() + (f" ({issuer})" if issuer else "")
        if item.get("value"):
            yield f"identifiers.{kind}.{issuer or ''}", label, str(item["value"])


def address_line(item: Mapping[str, Any]) -> str:
    """An address in one line."""
    return ", ".join(str(item[part]) for part in _ADDRESS_PARTS if item.get(part))


def gather(records: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, list[Said]]]:
    """What one side says: key → (label, values), from ``{address: nested record}``."""
    found: dict[str, tuple[str, dict[str, dict[str, str]]]] = {}
    for address, record in records.items():
        for key, label, value in values_of(record):
            alike = fold(value)[-9:] if key == _PHONES else fold(value)
            found.setdefault(key, (label, {}))[1].setdefault(alike, {}).setdefault(address, value.strip())
    return {
        key: (label, [_said(by) for by in sorted(said.values(), key=lambda by: -len(by))])
        for key, (label, said) in found.items()
    }


def _said(by: Mapping[str, str]) -> Said:
    """One line for spellings that differ in case, accents and punctuation alone: the best-formed one."""
    best = max(by.values(), key=lambda value: (value not in (value.upper(), value.lower()), not value.isascii()))
    return Said(best, tuple(by))


_ORDER = [f"name.{part}" for part, _ in _NAME_PARTS]
_ORDER += ["name.former_family", "organisation", "birth_date", "emails", _PHONES, "addresses"]


def compare(
    left: Mapping[str, Mapping[str, Any]], right: Mapping[str, Mapping[str, Any]], *, revealed: frozenset[str]
) -> list[Row]:
    """One row for every field that either side fills; ``revealed`` holds the keys shown in clear."""
    one, two = gather(left), gather(right)
    keys = sorted({*one, *two}, key=lambda k: (_ORDER.index(k) if k in _ORDER else len(_ORDER), k))
    return [_row(key, one.get(key), two.get(key), revealed=key in revealed) for key in keys]


def _row(key: str, left: tuple[str, list[Said]] | None, right: tuple[str, list[Said]] | None, *, revealed: bool) -> Row:
    label = (left or right or ("", []))[0]
    ours, theirs = (left[1] if left else []), (right[1] if right else [])
    return Row(
        key=key,
        label=label,
        relation=_relation(ours, theirs, digits=key == _PHONES),
        left=tuple(_shown(said, theirs, key=key, revealed=revealed) for said in ours),
        right=tuple(_shown(said, ours, key=key, revealed=revealed) for said in theirs),
        revealed=revealed,
    )


_NEARNESS = (Relation.SAME, Relation.SIMILAR, Relation.DIFFERENT)


def _relation(ours: Sequence[Said], theirs: Sequence[Said], *, digits: bool) -> Relation:
    if not ours or not theirs:
        return Relation.ONE_SIDED
    found = {relation(a.value, b.value, digits=digits) for a in ours for b in theirs}
    return next(x for x in _NEARNESS if x in found)


def _shown(said: Said, opposite: Sequence[Said], *, key: str, revealed: bool) -> Shown:
    nearest = min(
        (other.value for other in opposite),
        key=lambda other: _NEARNESS.index(relation(said.value, other, digits=key == _PHONES)),
        default=None,
    )
    if nearest is not None and relation(said.value, nearest, digits=key == _PHONES) is not Relation.SIMILAR:
        nearest = None  # nothing to point at: the mark of the row says same or different
    return Shown(pieces(said.value, nearest, revealed=revealed), said.by, not revealed, len(said.value))
