"""Addresses: street and number apart, street types abbreviated, units dropped, countries as codes."""

from __future__ import annotations

import re
from functools import lru_cache

from matching.cleaning.lexicon import COUNTRIES, STREET_ENDINGS, STREET_TYPES, UNIT_WORDS
from matching.cleaning.text import folded, plain, words

_ORDINAL = re.compile(r"^\d+(st|nd|rd|th)$")
_NUMBER = re.compile(r"^\d+[a-z]?$")
_UNIT_TAIL = re.compile(r"#\s*\w+")
_SPLIT_LETTER = re.compile(r"^(\d+)([a-z])$")


@lru_cache(maxsize=200_000)
def street(text: str) -> tuple[str, str]:
    """Street and house number of ``text``, either of them ``""``; a unit is dropped.

    >>> street('12 Linden Street, Apt 4'), street('Lindenstr. 12a'), street('Lindenstraße 12 A')
    (('linden st', '12'), ('linden st', '12a'), ('linden st', '12a'))
    """
    parts = words(_UNIT_TAIL.sub(" ", plain(text)))
    kept: list[str] = []
    skip = False
    for i, word in enumerate(parts):
        if skip:
            skip = False
            continue
        if word in UNIT_WORDS and (i > 0 or len(parts) > 2) and i + 1 < len(parts) and len(parts[i + 1]) <= 4:
            skip = True
            continue
        if word in UNIT_WORDS and i == len(parts) - 1 and i > 1:
            continue
        if word in ("bis", "ter", "quater") and kept and kept[-1].isdigit():
            # French for a house between two: 12 bis.
            kept[-1] += word[0]
            continue
        kept.append(word)
    number, at = "", -1
    for i in (0, *range(len(kept) - 1, 0, -1)):
        if i < len(kept) and _NUMBER.match(kept[i]) and not _ORDINAL.match(kept[i]):
            number, at = kept[i], i
            break
    if at >= 0:
        rest = kept[:at] + kept[at + 1 :]
        # "12 a" is 12a; English streets begin with the number, so a letter after it is no suffix there.
        if at == len(kept) - 2 and len(kept[-1]) == 1 and kept[-1].isalpha() and number.isdigit() and at > 0:
            number += rest.pop()
        kept = rest
    return " ".join(_street_word(w) for w in kept), number.lstrip("0")


def _street_word(word: str) -> str:
    if word in STREET_TYPES:
        return STREET_TYPES[word]
    for ending, short in STREET_ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return f"{folded(word[: -len(ending)])} {short}"
    return folded(word)


@lru_cache(maxsize=200_000)
def city(text: str) -> str:
    """A town's name without what stands in brackets or after a slash or comma."""
    head = re.split(r"[(,/]", plain(text), maxsplit=1)[0]
    parts = [STREET_TYPES[w] if w in ("saint", "sainte") else w for w in words(head)]
    while len(parts) > 1 and (parts[-1].isdigit() or parts[-1] == "cedex"):
        parts.pop()
    return " ".join(folded(w) for w in parts)


@lru_cache(maxsize=200_000)
def postal_code(text: str) -> str:
    """A postal code without spaces; the first five digits of a ZIP+4; no country before a dash."""
    text = re.sub(r"^[a-z]{1,2}-(?=\d)", "", plain(text))
    if re.fullmatch(r"\d{5}-\d{0,4}", text):
        text = text[:5]
    return "".join(words(text))[:12]


@lru_cache(maxsize=20_000)
def country(text: str) -> str:
    """The ISO 3166-1 alpha-2 code of ``text``, or ``""`` where no country is known by it."""
    text = plain(text)
    if not text:
        return ""
    joined = " ".join(words(text))
    if joined in COUNTRIES:
        return COUNTRIES[joined]
    # pycountry reads its tables on first use; most files never get here.
    import pycountry

    if len(joined) == 2:
        return joined.upper() if pycountry.countries.get(alpha_2=joined.upper()) else ""
    if len(joined) == 3:
        found = pycountry.countries.get(alpha_3=joined.upper())
        return str(found.alpha_2) if found else ""
    try:
        return str(pycountry.countries.lookup(joined).alpha_2)
    except LookupError:
        return ""
