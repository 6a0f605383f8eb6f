"""Block: the keys that bring candidates together.

A rule names parts that are joined into one key; a record without one of the parts has no key under the rule.
Every broad rule has a refined twin (phone, phone+family), so that a key over its cap loses little.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from struct import unpack
from typing import Any

import jellyfish

from matching.model import MatchModel
from matching.prepared import Prepared

Values = Sequence[str]
# A record with several values in every part must not have thousands of keys.
MOST_PARTS = 6
MOST_ATTRIBUTES = 8
MOST_PLANS = 4096


@lru_cache(maxsize=200_000)
def sound_of(word: str) -> str:
    """Soundex of a word, ``""`` where it has none."""
    return str(jellyfish.soundex(word)) if word.isalpha() else ""


def name_parts(name: str) -> list[str]:
    """A compound surname answers to each of its longer parts and to the whole."""
    if " " not in name:
        return [name]
    return [name, *(w for w in name.split() if len(w) > 2)][:MOST_PARTS]


def is_whole_birth(birth: str) -> bool:
    """Whether year, month and day of ``YYYYMMDD`` are all known."""
    return bool(birth) and "00" not in (birth[4:6], birth[6:]) and birth[:4] != "0000"


def _parts(p: Prepared) -> dict[str, Values]:
    """The distinct values of every part that the record has. (A chain of tests: every record passes here.)"""
    (_, _, _, given, middle, family, _, former, birth, emails, phones, places, ids, company, attributes) = p
    found: dict[str, Values] = {}
    if phones:
        found["phone"] = phones
    if emails:
        found["email"] = emails
        found["user"] = _distinct(u for e in emails if len(u := e.partition("@")[0]) > 4)
    families: Values = ()
    if family:
        families = _distinct(name_parts(family)) if " " in family else (family,)
        found["family3"] = (family[:3],)
    if family or former:
        found["family"] = _distinct((*families, *former)) if former else families
    if given:
        found["given1"] = (given[0],)
        if len(given) > 1:
            found["given"] = (given,)
        if family:
            # Both names, whichever came first.
            found["names"] = [f"{given}\x1e{f}" if given < f else f"{f}\x1e{given}" for f in families]
            if len(given) > 1:
                found["sounds"] = _sounds(given, name_parts(family)[-1])
    if middle:
        found["middle"] = (middle[0],)
    if birth:
        if birth[:4] != "0000":
            found["year"] = (birth[:4],)
        if is_whole_birth(birth):
            found["birth"] = (birth,)
    if places:
        for part, values in zip(_PLACE, places[0] if len(places) == 1 else zip(*places, strict=True), strict=True):
            found[part] = ((values,) if values else ()) if isinstance(values, str) else _distinct(filter(None, values))
        found["country"] = found["country"][:1]
    if ids:
        found["loyalty_id"] = _distinct(f"{i.issuer}:{i.value}" for i in ids if i.type == "loyalty_id")
        found["tax_id"] = _distinct(i.value for i in ids if i.type == "tax_id")
        others = (i for i in ids if i.type not in ("tax_id", "loyalty_id"))
        found["identifier"] = _distinct(f"{i.type}:{i.issuer}:{i.value}" for i in others)
    if company:
        found["company"] = (company,)
    if attributes:
        found["attribute"] = [f"{key}={value}" for key, value in attributes[:MOST_ATTRIBUTES]]
    return found


# The parts of a place in the order of its fields.
_PLACE = ("street", "number", "city", "region", "postal", "country")


def _distinct(values: Iterable[str]) -> Values:
    return tuple(dict.fromkeys(values))


def _sounds(given: str, family: str) -> Values:
    """Soundex of both names, whichever came first; of a compound surname its last part."""
    first, second = sound_of(given), sound_of(family.replace(" ", ""))
    if not first or not second:
        return ()
    return (first + second if first < second else second + first,)


RULE_NAMES = (
    "phone", "phone+family", "email", "email+given", "loyalty_id", "tax_id", "identifier", "family+birth",
    "given+birth", "names", "names+middle", "names+country", "family+postal", "given+postal+number",
    "family3+given1+postal", "birth+postal", "sounds+year", "attribute+family+given1", "given1+family+city",
    "given+postal", "sounds", "company+postal", "street+number+given1", "user+given1", "family+given1+region",
    "birth+city", "names+birth", "names+postal", "birth", "attribute+family", "attribute+given", "attribute+birth",
    "attribute+postal", "attribute",
)  # fmt: skip


class _Plan:
    """Which rules can give a record keys; worked out once for all records that have the same parts."""

    def __init__(self, rules: tuple[str, ...], scope: str) -> None:
        # A hash that has read what the keys of a rule begin with: copying it costs two thirds of starting one.
        self._rules = [
            (index, blake2b(f"{scope}\x1e{rule}\x1e".encode(), digest_size=8).copy, *(*rule.split("+"), "", "")[:3])
            for index, rule in enumerate(rules)
        ]
        self._known: dict[tuple[str, ...], list[Any]] = {}

    def of(self, parts: tuple[str, ...]) -> list[Any]:
        """Index, begun hash and parts (three, of which the last may be "") of the rules for which these suffice."""
        found = self._known.get(parts)
        if found is None:
            if len(self._known) >= MOST_PLANS:
                self._known.clear()
            found = self._known[parts] = [rule for rule in self._rules if {*parts, ""}.issuperset(rule[2:])]
        return found


@lru_cache(maxsize=64)
def _plan(rules: tuple[str, ...], scope: str) -> _Plan:
    return _Plan(rules, scope)


def keys(prepared: Prepared, model: MatchModel, scope: str) -> list[tuple[int, int]]:
    """The record's blocking keys as (index of the rule in the model, signed 64-bit key), sorted and distinct.

    A key hides its value; records of two scopes never share one.
    """
    values = _parts(prepared)
    indexes: list[int] = []
    digests: list[bytes] = []
    for index, begun, one, two, three in _plan(model.rule_names, scope).of(tuple(values)):
        texts = values[one]
        if two:
            texts = [f"{text}\x1f{value}" for text in texts for value in values[two]]
            if three:
                texts = [f"{text}\x1f{value}" for text in texts for value in values[three]]
        for text in texts:
            whole = begun()
            whole.update(text.encode())
            indexes.append(index)
            digests.append(whole.digest())
    return sorted(zip(indexes, unpack(f">{len(digests)}q", b"".join(digests)), strict=True))
