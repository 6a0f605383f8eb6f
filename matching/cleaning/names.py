"""Person and company names: titles, initials, particles, suffixes, former names, either order."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from matching.cleaning.lexicon import (
    COMPANY_MARKS,
    COMPANY_WORDS,
    DROPPED_PARTICLES,
    FORMER_MARKS,
    GLUED_PARTICLES,
    LEADING_ONLY,
    LEGAL_FORMS,
    PARTICLES,
    SUFFIXES,
    TITLES,
    TRAILING_ONLY,
)
from matching.cleaning.nicknames import NICKNAMES
from matching.cleaning.text import folded, plain, words

_BRACKETS = re.compile(r"\(([^)]*)\)|\[([^\]]*)\]")


# Here people bear two surnames, so that two words in a surname's field are no given name and surname.
TWO_SURNAMES = frozenset(("ES", "MX", "AR", "CO", "PE", "CL"))


class PersonName(NamedTuple):
    """Folded parts of a name; ``""`` where there is none. ``given`` is the first given name."""

    given: str = ""
    middle: str = ""
    family: str = ""
    suffix: str = ""
    former: tuple[str, ...] = ()


_FOLDED_NICKNAMES: dict[str, tuple[int, ...]] = {}
for _word, _roots in NICKNAMES.items():
    _FOLDED_NICKNAMES[folded(_word)] = tuple(sorted({*_FOLDED_NICKNAMES.get(folded(_word), ()), *_roots}))


def nickname_roots(given: str) -> tuple[int, ...]:
    """Numbers of the names that ``given`` may stand for; two names that share one are variants."""
    return _FOLDED_NICKNAMES.get(given, ())


@lru_cache(maxsize=200_000)
def person(given: str, middle: str, family: str, suffix: str, full: str, country: str) -> PersonName:
    """The name in its parts, from separate fields where there are any, else from ``full``."""
    if not given and not family and full:
        return _from_full(full, country)
    g, g_suffix, _ = _strip(_given_words(given), leading=True)
    f, f_suffix, former = _strip(_family_words(family), leading=False)
    if g and not f and not family and len(g) > 1 and not middle:
        # A whole name in the given name's field.
        return _from_full(given, country)
    if f and not given and len(f) > 1 and (f[0] not in PARTICLES or "," in family) and country not in TWO_SURNAMES:
        # A whole name in the surname's field: with no given name a double surname is the rarer reading.
        return _from_full(family, country)
    rest = g[1:] + _strip(_given_words(middle), leading=False)[0]
    return PersonName(
        given=folded(g[0]) if g else "",
        middle=" ".join(folded(w) for w in rest),
        family=_surname(f),
        suffix=_suffix(suffix) or f_suffix or g_suffix,
        former=former,
    )


def family_name(text: str) -> str:
    """A surname alone, as ``person`` would give it."""
    return _surname(_strip(_family_words(text), leading=False)[0])


def _given_words(text: str) -> list[str]:
    # A hyphen joins a given name ("Jean-Pierre" is one name) and divides a surname.
    return words(plain(text).replace("-", ""))


def _family_words(text: str) -> list[str]:
    return words(text)


def _suffix(text: str) -> str:
    for word in words(text):
        if word in SUFFIXES:
            return SUFFIXES[word]
    return ""


def _strip(parts: list[str], *, leading: bool) -> tuple[list[str], str, tuple[str, ...]]:
    """``parts`` without titles and suffixes; the suffix; former names, which follow a mark."""
    former: tuple[str, ...] = ()
    for i, word in enumerate(parts):
        if word in FORMER_MARKS and i and i + 1 < len(parts):
            former = (_surname(parts[i + 1 :]),)
            parts = parts[:i]
            break
    suffix = ""
    while len(parts) > 1 and (parts[-1] in SUFFIXES or parts[-1] in TRAILING_ONLY):
        suffix = SUFFIXES.get(parts[-1], suffix)
        parts = parts[:-1]
    while len(parts) > (0 if leading else 1) and parts[0] in TITLES and parts[0] not in TRAILING_ONLY:
        if parts[0] in LEADING_ONLY and len(parts) == 1:
            break
        parts = parts[1:]
    return parts, suffix, former


def _surname(parts: list[str]) -> str:
    """One surname of ``parts``: free particles dropped, "O Brien" and "Mc Donald" glued."""
    kept: list[str] = []
    glue = ""
    for word in parts:
        if word in GLUED_PARTICLES:
            glue += word
        elif word in DROPPED_PARTICLES:
            continue
        else:
            kept.append(folded(glue + word))
            glue = ""
    if glue:
        kept.append(glue)
    return " ".join(kept or [folded(w) for w in parts])


def _from_full(full: str, country: str) -> PersonName:
    """A name in one field: "Smith, John M", "SMITH John", "Smith John M", "John van der Berg"."""
    former: tuple[str, ...] = ()
    for match in _BRACKETS.finditer(full):
        inner = words(match.group(1) or match.group(2) or "")
        if inner and inner[0] in FORMER_MARKS:
            former = (_surname(inner[1:]),) if inner[1:] else ()
    full = _BRACKETS.sub(" ", full)
    if "," in full:
        left, _, right = full.partition(",")
        right_words = words(right)
        if right_words and not all(w in SUFFIXES or w in TRAILING_ONLY for w in right_words):
            right_words, right_suffix, _ = _strip(_given_words(right), leading=True)
            left_words, left_suffix, left_former = _strip(_family_words(left), leading=False)
            return _join(right_words, left_words, right_suffix or left_suffix, left_former or former)
    shouted = _shouted(full)
    parts, suffix, marked = _strip(words(full), leading=True)
    former = marked or former
    if not parts:
        return PersonName(suffix=suffix, former=former)
    if country == "FR" and parts[0] == "m" and len(parts) > 1:
        parts = parts[1:]
        if len(parts) == 1:
            return PersonName(family=_surname(parts), suffix=suffix, former=former)
    if len(parts) == 1:
        return PersonName(family=folded(parts[0]), suffix=suffix, former=former)
    if shouted and parts[0] == shouted:
        return _join(parts[1:], parts[:1], suffix, former)
    if len(parts[-1]) == 1 and parts[-1] not in ("y", "e") and len(parts) <= 3 and len(parts[0]) > 1:
        # Nobody's surname is one letter, so the surname came first.
        return _join(parts[1:], parts[:1], suffix, former)
    cut = len(parts) - 1
    while cut > 1 and parts[cut - 1] in PARTICLES and len(parts[cut - 1]) > 1:
        cut -= 1
    if country in TWO_SURNAMES and cut >= 3 and len(parts) >= 4 and parts[cut - 1] not in PARTICLES:
        cut -= 1
    return _join(parts[:cut], parts[cut:], suffix, former)


def _shouted(full: str) -> str:
    """The first word where it alone is in capitals ("DUPONT Marie"), which marks a surname."""
    tokens = [t for t in re.split(r"[\s.]+", full) if len(t) > 1]
    if len(tokens) > 1 and tokens[0].isupper() and not any(t.isupper() for t in tokens[1:]):
        found = words(tokens[0])
        return found[0] if len(found) == 1 else ""
    return ""


def _join(given: list[str], family: list[str], suffix: str, former: tuple[str, ...]) -> PersonName:
    given = [folded(w) for w in given]
    return PersonName(given[0] if given else "", " ".join(given[1:]), _surname(family), suffix, former)


@lru_cache(maxsize=100_000)
def company(text: str) -> str:
    """A company's name without legal form; ``""`` where nothing is left.

    >>> company('Müller & Söhne GmbH & Co. KG')
    'muller sohne'
    """
    parts = [COMPANY_WORDS.get(w, w) for w in words(text)]
    kept = [folded(w) for w in parts if w not in LEGAL_FORMS and w != "the"]
    return " ".join(kept or [folded(w) for w in parts])


@lru_cache(maxsize=100_000)
def is_company(text: str) -> bool:
    """Whether a name field holds a company: it bears a legal form."""
    parts = words(text)
    return len(parts) > 1 and any(w in COMPANY_MARKS for w in parts[1:])
