"""Address lines: street, house number and unit apart, street types abbreviated, fillers left out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from matching.cleaning.placewords import (
    CARE_OF,
    FLOORS_AFTER,
    NUMBER_WORDS,
    NUMBERED,
    ORDINAL_FLOORS,
    SIDES,
    STREET_ENDINGS,
    STREET_FILLERS,
    STREET_TYPES,
    STRONG_UNITS,
    UNIT_WORDS,
)
from matching.cleaning.text import LONGEST, folded, plain


class Line(NamedTuple):
    """The parts of an address line, ``""`` for what is missing."""

    street: str = ""
    number: str = ""
    unit: str = ""


_NUMBER = re.compile(r"\d{1,6}[a-z]?")
_ORDINAL = re.compile(r"\d*(?:1st|2nd|3rd|\dth|\de|\der|\deme|\dere)")
_BREAKS = re.compile(r"[,;|\n\r\t]+")
_POST_BOX = re.compile(
    r"(?:p\.? ?o\.? ?box|post ?box|post office box|postfach|pf|b\.? ?p\.?|boite postale|"
    r"apartado(?: de correos)?|apdo\.?(?: de correos)?|postbus|casella postale|gpo box|private bag)"
    r"(?: ?(?:n|no|nr)\.?)? ?#?:? ?(\d[\d ]*[a-z]?)(?= |$|-)"
)
_RANGE = re.compile(
    r"(?<!\w)(\d+) ?([a-z]?) ?([-/+]|\bto\b|\bbis\b(?= ?\d)) ?(\d+[a-z]?|[a-z](?: ?- ?[a-z])?)(?:/\w+)*(?!\w)"
)
_WITHOUT_NUMBER = re.compile(r"\bs\s?/\s?n\b|\bsin numero\b")
_ODD_ORDINAL = re.compile(r"^\d{1,2}\. ?(?=[a-z]{3})(?=.*\d)")
_GLUED = re.compile(r"([a-z]{4,})(\d{1,4}[a-z]?)")
_SIGNS = {code: " " for code in range(128) if not chr(code).isalnum()} | {ord("'"): "", ord("`"): ""}
_ENDINGS = tuple(ending for ending, _ in STREET_ENDINGS)
_FRENCH = {"bis": "b", "ter": "t", "quater": "q"}
_TYPES = frozenset(STREET_TYPES.values()) - {"n", "s", "e", "w", "o", "ne", "nw", "se", "sw", "gen", "pres", "prof"}
# A letter behind a number that opens a line, unless it abbreviates a direction, "calle", "rue" or an article.
_HOUSE_LETTERS = frozenset("abfghijkmopqtuvxyz")
_OPEN_UNIT = UNIT_WORDS | ORDINAL_FLOORS
# Stands for the words of a piece that is too long to be a unit or a number alone.
_MANY = [" "]
_MARKED = frozenset(UNIT_WORDS | SIDES | ORDINAL_FLOORS | _FRENCH.keys() | NUMBER_WORDS)


def street(text: str) -> tuple[str, str]:
    """Street and house number of ``text``, either of them ``""``; a unit is dropped.

    >>> street('12 Linden Street, Apt 4'), street('Lindenstr. 12a'), street('Lindenstraße 12 A')
    (('linden st', '12'), ('linden st', '12a'), ('linden st', '12a'))
    """
    return split(text)[:2]


def split(text: str) -> Line:
    """Street, house number and unit of an address line of any country.

    A range of numbers is its first, a post-office box the street ``po box``.

    >>> split('Flat 3, 12-14 High Street'), split('Calle de Alcalá, 12, 3º B'), split('Postfach 10 20')
    (Line(street='high st', number='12', unit='3'), Line(street='c alcala', number='12', unit='3ob'), \
Line(street='po box', number='1020', unit=''))
    """
    if "\n" in text:
        text = text.replace("\n", ",")
    if not (text.isascii() and text.isprintable() and "&" not in text and len(text) <= LONGEST):
        text = plain(text)
    line = text.lower()
    if "," in line or ";" in line or "|" in line:
        return _several(_BREAKS.split(line))
    return _one(line)


def _one(line: str) -> Line:
    """The parts of a line without commas."""
    if line[:1] in "pbacg" and (box := _POST_BOX.match(line)):
        return Line("po box", box[1].replace(" ", ""))
    unit = ""
    if "#" in line:
        line, _, unit = line.partition("#")
        unit, _, tail = unit.strip().partition(" ")
        line = f"{line} {tail}"
    if "/" in line or "-" in line or "+" in line or " bis " in line or " to " in line:
        line = _RANGE.sub(_first_number, _WITHOUT_NUMBER.sub(" ", line).replace(" 1/2", " "))
    skip = 1 if line[1:3].find(".") >= 0 and _ODD_ORDINAL.match(line) else 0
    parts = line.translate(_SIGNS).split()
    if not _MARKED.isdisjoint(parts):
        parts, found = _without_unit(parts)
        unit = found or unit
    if not parts:
        return Line(unit=unit)
    first = parts[0]
    if (
        not skip
        and first[0].isdigit()
        and len(parts) > 1
        and _NUMBER.fullmatch(first)
        and not _ORDINAL.fullmatch(first)
    ):
        return _number_first(parts, unit)
    return _number_last(parts, unit)


def _number_first(parts: list[str], unit: str) -> Line:
    number, at = parts[0], 1
    second = parts[1]
    if second in _FRENCH and len(parts) > 2:
        number, at = number + _FRENCH[second], 2
    elif len(second) == 1 and len(parts) > 3 and second in _HOUSE_LETTERS and number.isdigit():
        # "12 a High Street", but not "123 N Main Street", "12 C Mayor" or "123 J Street".
        number, at = number + second, 2
    rest = [_word(w) for w in parts[at:]]
    last = parts[-1]
    if len(rest) > 2 and last[0].isdigit() and len(last) <= 4 and rest[-2] in _TYPES and rest[-2] not in NUMBERED:
        # "12 Main Street 4B"
        unit = unit or last
        rest.pop()
    return Line(_joined(rest), number.lstrip("0"), unit)


def _number_last(parts: list[str], unit: str) -> Line:
    end = len(parts)
    start = end
    while start > 1 and _is_short(parts[start - 1]):
        start -= 1
    run = parts[start:]
    at = next((i for i, w in enumerate(run) if w[0].isdigit() and _NUMBER.fullmatch(w)), -1)
    if at >= 0:
        number, after, before = run[at], run[at + 1 :], parts[: start + at]
        if number.isdigit() and after and len(after[0]) == 1 and after[0].isalpha() and (len(after) == 1):
            number += after.pop()
        unit = unit or "".join(after)
    else:
        number, before = "", parts
        for i in range(len(parts) - 1, 0, -1):
            if parts[i][0].isdigit() and _NUMBER.fullmatch(parts[i]) and not _ORDINAL.fullmatch(parts[i]):
                number = parts[i]
                before = parts[:i] if len(parts[i - 1]) > 1 else parts[:i] + parts[i + 1 :]
                break
        if not number and (glued := _GLUED.fullmatch(parts[-1])):
            before, number = [*parts[:-1], glued[1]], glued[2]
        elif not number and len(parts) == 1 and _NUMBER.fullmatch(parts[0]):
            before, number = [], parts[0]
    if len(before) > 1 and before[-1] in NUMBER_WORDS and number:
        before = before[:-1]
    return Line(_joined([_word(w) for w in before]), number.lstrip("0"), unit)


def _is_short(word: str) -> bool:
    """Whether a word behind a street can be a number or name a flat."""
    return (word[0].isdigit() and len(word) <= 6 and not _ORDINAL.fullmatch(word)) or len(word) == 1 or word in SIDES


def _joined(words: list[str]) -> str:
    kept = [w for w in words if w not in STREET_FILLERS]
    return " ".join(kept or words)


def _first_number(match: re.Match[str]) -> str:
    """What a range or a compound number comes down to: its first number, and which letter belongs to it."""
    first, letter, mark, second = match.groups()
    ahead = match.start() == 0 and match.end() < len(match.string)
    if second[0].isalpha():
        return f"{first}{letter or second[0]}"
    digits = second.rstrip("abcdefghijklmnopqrstuvwxyz")
    if mark == "/" and ahead:
        # Flat 3 of number 12, as Australians write it.
        return second
    if (
        mark == "-"
        and ahead
        and not letter
        and 2 <= len(first) <= 3
        and len(digits) == 2
        and int(digits) < int(first) % 100
    ):
        # The hyphened house numbers of Queens.
        return first + second
    return first + letter


def _without_unit(parts: list[str]) -> tuple[list[str], str]:
    """``parts`` without units, floors and sides of a house; the unit."""
    kept: list[str] = []
    unit = ""
    last = len(parts) - 1
    numbers = sum(w[0].isdigit() for w in parts)
    skip = False
    for i, word in enumerate(parts):
        if skip:
            skip = False
            continue
        following = parts[i + 1] if i < last else ""
        if word in UNIT_WORDS:
            value = following and len(following) <= 5 and (following[0].isdigit() or len(following) == 1)
            enough = word in STRONG_UNITS or numbers > 1 or not following[0:1].isdigit()
            if word in FLOORS_AFTER and kept and kept[-1] in ORDINAL_FLOORS:
                kept.pop()
                continue
            if word in FLOORS_AFTER and len(kept) > 1 and kept[-1][0].isdigit() and numbers > 1 and len(kept[-1]) <= 4:
                unit = unit or kept.pop()
                numbers -= 1
                continue
            if value and enough and (i > 0 or last > 1):
                unit = following if word not in FLOORS_AFTER else unit or following
                numbers -= following[0].isdigit()
                skip = True
                continue
            if (i == last and i > 1 and word not in STREET_TYPES) or (
                word in ("flat", "apt", "apartment") and i < 3 < last
            ):
                continue
        elif word in SIDES and i > 1 and kept and (kept[-1][0].isdigit() or unit):
            continue
        elif word in _FRENCH and kept and kept[-1].isdigit() and i == last:
            # French for a house between two: 12 bis.
            kept[-1] += _FRENCH[word]
            continue
        elif word in NUMBER_WORDS and following[0:1].isdigit() and (len(word) > 1 or kept):
            continue
        kept.append(word)
    return kept, unit


def _several(pieces: list[str]) -> Line:
    """The street among the pieces of a line with commas: the one with a number and a street's type."""
    best, best_score = Line(), -1
    alone = unit = ""
    for raw in pieces:
        piece = raw.strip()
        if piece.startswith(CARE_OF):
            continue
        words = piece.translate(_SIGNS).split() if len(piece) < 24 else _MANY
        if not words:
            continue
        if words[0] in _OPEN_UNIT and len(words) <= 3 and words[-1] not in STREET_TYPES:
            unit = unit or words[-1]
            continue
        line = _one(piece)
        if not line.street:
            if line.number and not alone:
                alone = line.number
            else:
                unit = unit or line.number or line.unit
            continue
        if words[0][0].isdigit() and len(words) <= 2 and all(_is_short(w) or _ORDINAL.fullmatch(w) for w in words):
            # "12 B", or "3 B" behind the number.
            if alone or best.number:
                unit = unit or "".join(words)
            else:
                alone = "".join(words)
            continue
        score = 2 * bool(line.number) + (not _TYPES.isdisjoint(line.street.split())) - (line.street == "po box")
        if score > best_score:
            best, best_score = line, score
    return Line(best.street, best.number or alone.lstrip("0"), best.unit or unit)


@lru_cache(maxsize=1 << 16)
def _word(word: str) -> str:
    """A street's word as it is compared: its type abbreviated, umlauts folded, compounds apart."""
    if word in STREET_TYPES:
        return STREET_TYPES[word]
    if not word.endswith(_ENDINGS):
        return folded(word)
    for ending, short in STREET_ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return f"{folded(word[: -len(ending)])} {short}"
    return folded(word)
