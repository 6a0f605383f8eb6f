"""The words of a name field: tokens, titles and suffixes off, surnames put together."""

# ruff: noqa: SIM905 - lists of words read best as words

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from matching.cleaning.lexicon import (
    DROPPED_PARTICLES,
    FORMER_MARKS,
    GLUED_PARTICLES,
    LEADING_ONLY,
    NAMES_TOO,
    NOTES,
    PARTICLES,
    SUFFIX_OR_NAME,
    SUFFIXES,
    TITLES,
    TRAILING_ONLY,
    WRITTEN_TOGETHER,
)
from matching.cleaning.text import LONGEST, ascii_of, folded

__all__ = ["PARTICLES", "SPECIAL", "Stripped", "bare", "cased_tokens", "initials_of", "strip", "surname", "tokens"]

# Words that a name field may hold beside a name, or that are more than a plain name.
SPECIAL = frozenset(
    {*TITLES, *TRAILING_ONLY, *NOTES, *SUFFIXES, *PARTICLES, *FORMER_MARKS, *DROPPED_PARTICLES, *GLUED_PARTICLES}
)
# Two letters without a vowel are initials; of those with one, these are names.
SHORT_NAMES = frozenset(
    "al bo cy di ed el io jo ki ky li lu ly mo ng oz ty vi wu xu yu an ah ai bu do du fu gu he hu ha ho hi ji ju ka le "
    "lo ma mi mu na no nu ny oh om pu qi ra re ri ru sa si su ta te to tu ye yi yo za ze zu ub ib ia ea bi ba be go ga "
    "uy ke ko ku la me mia ian ari ali ana ann amy ada ava eva ida ivo ilo ina ute udo uwe uli una iva isa ira".split()
)
_SIGNS = {code: " " for code in range(128) if not chr(code).isalnum()} | {
    ord("'"): "", ord("`"): "", ord("-"): "-", ord("?"): "", ord("&"): " and ", ord("+"): " and ", ord("~"): "-",
}  # fmt: skip
_VOWELS = frozenset("aeiouy")
ARTICLES = frozenset(("la", "le", "l", "d", "lo"))
_ORDINALS = ("2nd", "3rd", "4th")
_NUMBERED = re.compile(r"\d+$|^\d+(?:st|nd|rd|th)$", re.IGNORECASE)
_NOUGHT = re.compile(r"(?<=[a-zA-Z])0")
_SPACED_HYPHEN = re.compile(r"(?<=\w)\s*-\s+(?=\w)|(?<=\w)\s+-\s*(?=\w)")


class Stripped(NamedTuple):
    """Words of a name without titles and suffixes, the suffix, and former names."""

    words: list[str]
    suffix: str = ""
    former: tuple[str, ...] = ()


def bare(text: str) -> str:
    """Lower-case ASCII of a field of one word, apostrophes and dots aside."""
    if not (text.isascii() and text.isalpha()):
        text = ascii_of(text).strip(" .,").replace("'", "")
    return text.lower()


def cased_tokens(text: str) -> list[str]:
    """The words of a name, upper and lower case kept; a hyphen joins, an apostrophe is left out."""
    text = text[: 2 * LONGEST]
    if not (text.isascii() and text.isprintable()) or ("&" in text and ";" in text):
        text = ascii_of(text)
    text = text[:LONGEST]
    if "@" in text or "://" in text:
        return []
    if "-" in text:
        text = _SPACED_HYPHEN.sub("-", text)
    found = text.translate(_SIGNS).split()
    if text.isalpha():
        return found
    return [t for t in map(_cleaned, found) if t]


@lru_cache(maxsize=1 << 16)
def _cleaned(token: str) -> str:
    token = token.strip("-")
    if token.isalpha() or token.lower() in _ORDINALS:
        return token
    # A digit at the end numbers a duplicate, one within is a slip that comparing will see; 0 is meant for O.
    token = _NOUGHT.sub("o", _NUMBERED.sub("", token)).strip("-")
    return "-".join(filter(None, token.split("-")))


def tokens(text: str) -> list[str]:
    """The words of a name in lower case; a hyphen joins, an apostrophe is left out."""
    return [t.lower() for t in cased_tokens(text)]


def initials_of(word: str, text: str) -> tuple[str, ...]:
    """The letters of ``word`` where it is initials written together, as ``text`` shows; else ``()``.

    >>> initials_of('jr', 'JR'), initials_of('aj', 'AJ'), initials_of('jo', 'Jo'), initials_of('ed', 'ED')
    (('j', 'r'), ('a', 'j'), (), ())
    """
    if not 2 <= len(word) <= 3 or word in SHORT_NAMES:
        return ()
    shouted = word.upper() in text
    if len(word) == 2 and shouted and not (len(text) > 4 and text.isupper()):
        return tuple(word)
    return tuple(word) if (shouted or len(word) == 2) and not _VOWELS.intersection(word) and word.isalpha() else ()


def strip(parts: list[str], *, leading: bool = False, full: bool = False) -> Stripped:
    """``parts`` without titles, suffixes and notes.

    ``leading`` where all may be titles (a given name's field), ``full`` for a whole name, which two words
    must be left of before a word that is a name of its own counts as a suffix.
    """
    if SPECIAL.isdisjoint(parts):
        return Stripped(parts)
    former: tuple[str, ...] = ()
    for i, word in enumerate(parts):
        if word in FORMER_MARKS and 0 < i < len(parts) - 1:
            born = [piece for t in parts[i + 1 :] for piece in t.split("-")]
            former = tuple(filter(None, (surname(born),)))
            parts = parts[:i]
            break
    suffix = ""
    while len(parts) > 1:
        last = parts[-1]
        if last in SUFFIXES and not (full and last in SUFFIX_OR_NAME and len(parts) < 3):
            suffix = SUFFIXES[last]
        elif not (last in TRAILING_ONLY or last in NOTES) or (full and len(last) == 2 and len(parts) < 3):
            break
        parts = parts[:-1]
    while parts and parts[0] in TITLES and parts[0] not in TRAILING_ONLY:
        if len(parts) == 1 and (not leading or parts[0] in LEADING_ONLY):
            break
        if len(parts) < (3 if full else 2) and parts[0] in NAMES_TOO:
            break
        parts = parts[1:]
        if len(parts) > 2 and parts[0] in ("and", "und", "et", "y", "en", "e") and parts[1] in TITLES:
            parts = parts[2:]
    return Stripped(parts, suffix, former)


def surname(parts: list[str]) -> str:
    """One surname of ``parts``: free particles dropped, "O Brien", "Mc Donald" and "Le Roux" written together."""
    if len(parts) == 1 and "-" not in parts[0]:
        return _part(parts[0])
    pieces = [piece for token in parts for piece in token.split("-") if piece]
    kept: list[str] = []
    glue, before = "", ""
    for word in pieces:
        if word in DROPPED_PARTICLES or (word in ARTICLES and before in DROPPED_PARTICLES):
            # "de la Cruz": the article goes with its preposition.
            glue = ""
        elif word in GLUED_PARTICLES:
            glue += word
        elif word == "v" and not kept:
            # "v. d. Berg", "v. Berg"
            before = "von"
            continue
        else:
            if len(word) > 2:
                kept.append(_part(glue + word))
            else:
                kept.extend((*(glue and [glue]), word))
            glue = ""
        before = word
    if glue:
        kept.append(glue)
    return " ".join(kept or map(folded, pieces))


@lru_cache(maxsize=1 << 16)
def _part(word: str) -> str:
    for start in WRITTEN_TOGETHER:
        rest = word[len(start) :]
        if word.startswith(start) and len(rest) >= 4 and rest[0] not in "aeiouy":
            return _part(rest)
    return folded(word)
