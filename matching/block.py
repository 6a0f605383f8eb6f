"""Block: the keys that bring candidates together.

A rule names parts that are joined into one key; a record without one of the parts has no key under the rule.
Every broad rule has a refined twin (phone, phone+family), so that a key over its cap loses little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import blake2b
from itertools import product

import jellyfish

from matching.model import MatchModel
from matching.prepared import Prepared

Values = Iterable[str]
# A record with several values in every part must not have thousands of keys.
MOST_PARTS = 6
MOST_ATTRIBUTES = 8


@lru_cache(maxsize=200_000)
def sound_of(word: str) -> str:
    """Soundex of a word, ``""`` where it has none."""
    return str(jellyfish.soundex(word)) if word.isalpha() else ""


def name_parts(name: str) -> list[str]:
    """A compound surname answers to each of its longer parts and to the whole."""
    if " " not in name:
        return [name]
    return [name, *(w for w in name.split() if len(w) > 2)][:MOST_PARTS]


def _both(p: Prepared) -> Values:
    """Both names, whichever came first."""
    if p.given and p.family:
        yield from ("\x1e".join(sorted((p.given, f))) for f in name_parts(p.family))


def _sounds(p: Prepared) -> Values:
    if len(p.given) > 1 and p.family:
        first = sound_of(p.given)
        for part in name_parts(p.family)[-1:]:
            second = sound_of(part.replace(" ", ""))
            if first and second:
                yield "".join(sorted((first, second)))


def _families(p: Prepared) -> Values:
    if p.family:
        yield from name_parts(p.family)
    yield from p.former


def _given(p: Prepared) -> Values:
    return (p.given,) if len(p.given) > 1 else ()


def _first_letters(p: Prepared) -> Values:
    return (p.given[0],) if p.given else ()


def is_whole_birth(birth: str) -> bool:
    """Whether year, month and day of ``YYYYMMDD`` are all known."""
    return bool(birth) and "00" not in (birth[4:6], birth[6:]) and birth[:4] != "0000"


def _full_birth(p: Prepared) -> Values:
    return (p.birth,) if is_whole_birth(p.birth) else ()


_PARTS: dict[str, Callable[[Prepared], Values]] = {
    "phone": lambda p: p.phones,
    "email": lambda p: p.emails,
    "user": lambda p: {u for e in p.emails if len(u := e.partition("@")[0]) > 4},
    "loyalty_id": lambda p: [f"{i.issuer}:{i.value}" for i in p.ids if i.type == "loyalty_id"],
    "tax_id": lambda p: [i.value for i in p.ids if i.type == "tax_id"],
    "identifier": lambda p: [f"{i.type}:{i.issuer}:{i.value}" for i in p.ids if i.type not in ("tax_id", "loyalty_id")],
    "family": _families,
    "given": _given,
    "birth": _full_birth,
    "names": _both,
    "middle": lambda p: (p.middle[:1],) if p.middle else (),
    "country": lambda p: (p.country,) if p.country else (),
    "postal": lambda p: {a.postal_code for a in p.places if a.postal_code},
    "number": lambda p: {a.number for a in p.places if a.number},
    "street": lambda p: {a.street for a in p.places if a.street},
    "city": lambda p: {a.city for a in p.places if a.city},
    "region": lambda p: {a.region for a in p.places if a.region},
    "family3": lambda p: (p.family[:3],) if p.family else (),
    "given1": _first_letters,
    "year": lambda p: (p.birth[:4],) if p.birth and p.birth[:4] != "0000" else (),
    "sounds": _sounds,
    "attribute": lambda p: [f"{key}={value}" for key, value in p.attributes[:MOST_ATTRIBUTES]],
    "company": lambda p: (p.company,) if p.company else (),
}

RULE_NAMES = (
    "phone", "phone+family", "email", "email+given", "loyalty_id", "tax_id", "identifier", "family+birth",
    "given+birth", "names", "names+middle", "names+country", "family+postal", "given+postal+number",
    "family3+given1+postal", "birth+postal", "sounds+year", "attribute+family+given1", "given1+family+city",
    "given+postal", "sounds", "company+postal", "street+number+given1", "user+given1", "family+given1+region",
    "birth+city", "names+birth", "names+postal", "birth", "attribute+family", "attribute+given", "attribute+birth",
    "attribute+postal", "attribute",
)  # fmt: skip


@lru_cache(maxsize=64)
def _plan(rules: tuple[str, ...], scope: str) -> tuple[tuple[bytes, tuple[str, ...]], ...]:
    """For each rule what its keys' hashes begin with, and its parts."""
    return tuple((f"{scope}\x1e{rule}\x1e".encode(), tuple(rule.split("+"))) for rule in rules)


def keys(prepared: Prepared, model: MatchModel, scope: str) -> list[tuple[int, int]]:
    """The record's blocking keys as (index of the rule in the model, signed 64-bit key), sorted and distinct.

    A key hides its value; records of two scopes never share one.
    """
    out: set[tuple[int, int]] = set()
    values: dict[str, list[str]] = {}
    for index, (start, parts) in enumerate(_plan(model.rule_names, scope)):
        found = []
        for part in parts:
            texts = values.get(part)
            if texts is None:
                texts = values[part] = sorted(_PARTS[part](prepared))
            if not texts:
                break
            found.append(texts)
        else:
            for text in product(*found):
                data = start + "\x1f".join(text).encode()
                out.add((index, int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)))
    return sorted(out)
