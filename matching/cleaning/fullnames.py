"""A name in one field, taken apart: "Smith, John M", "SMITH John", "Smith John M", "John van der Berg"."""

from __future__ import annotations

import re
from typing import NamedTuple

from matching.cleaning.givennames import (
    DOUBLE_HAN,
    EASTERN,
    GIVEN,
    KOREAN,
    SURNAMES,
    VIETNAMESE,
    VIETNAMESE_MIDDLE,
    only_given,
    only_surname,
)
from matching.cleaning.lexicon import (
    COUPLES,
    FAMILY_FIRST,
    FORMER_MARKS,
    IRISH,
    NOTES,
    PARTICLES,
    SUFFIXES,
    TITLES,
    TRAILING_ONLY,
    TWO_SURNAMES,
)
from matching.cleaning.namewords import cased_tokens, initials_of, strip, surname, tokens
from matching.cleaning.text import LONGEST, ascii_of, folded

_BRACKETS = re.compile(
    r"\(([^()]*)\)|\[([^\[\]]*)\]|\"([^\"]*)\"|\u201e([^\u201c\u201d]*)[\u201c\u201d]|\u201c([^\u201d]*)\u201d"
)
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]{2,4}|[\uac00-\ud7a3]{2,4}")
# Particles that are a name or an initial as often, so that they do not open a surname.
WEAK = frozenset(("al", "st", "saint", "san", "santa", "mac", "mc", "ben", "an", "am", "im", "di", "do", "abu"))


class Parts(NamedTuple):
    """Words of a name, sorted: given names, surname, suffix, former surnames."""

    given: list[str]
    family: list[str]
    suffix: str = ""
    former: tuple[str, ...] = ()


def parse(full: str, country: str, *, family_first: bool = False) -> Parts:
    """The parts of ``full``; ``country`` and ``family_first`` as in ``names.person``."""
    full = full[: 2 * LONGEST]
    former: tuple[str, ...] = ()
    if not full.isascii():
        if _HAN.fullmatch(full.strip()):
            return _eastern(full.strip())
        if not full.isprintable() or "\u201c" not in full:
            full = ascii_of(full)
    if "(" in full or "[" in full or '"' in full or "\u201c" in full:
        full, former = without_brackets(full)
    if "," in full:
        left, _, right = full.partition(",")
        found = _around_comma(left, right, former)
        if found:
            return found
        full = full.replace(",", " ")
    cased = cased_tokens(full)
    parts, suffix, marked = strip([t.lower() for t in cased], leading=True, full=True)
    former = marked or former
    if not parts:
        # A suffix alone, or "JR" and the like.
        return Parts([], [], suffix, former)
    if len(parts) > 3 and parts[0] == "m" and parts[1] in COUPLES and parts[2] in TITLES:
        # M. et Mme
        parts = parts[3:]
    elif country == "FR" and parts[0] == "m" and len(parts) > 1:
        # Monsieur.
        parts = parts[1:]
        if len(parts) == 1:
            return Parts([], parts, suffix, former)
    given, family = _sides(_couple(parts), cased, country, family_first)
    return Parts(_apart(given, full), family, suffix, former)


def _apart(given: list[str], text: str) -> list[str]:
    """Given names, hyphens closed, initials that were written together apart."""
    found: list[str] = []
    for word in given:
        word = word.replace("-", "")
        found.extend(initials_of(word, text) or (word,) if len(word) <= 3 else (word,))
    return found


def _couple(parts: list[str]) -> list[str]:
    """Of two people on one line the first: "John and Mary Smith"."""
    if len(parts) > 3 and parts[1] in COUPLES and only_given(folded(parts[0])) and folded(parts[2]) in GIVEN:
        return [parts[0], *parts[3:]]
    return parts


def _sides(parts: list[str], cased: list[str], country: str, family_first: bool) -> tuple[list[str], list[str]]:
    """Given names and surname of the words of a name without comma."""
    if len(parts) == 1:
        one = folded(parts[0].replace("-", ""))
        return (parts, []) if only_given(one) and not cased[0].isupper() else ([], parts)
    shouted = _shouted(parts, cased)
    if shouted:
        first, last = shouted
        quiet = folded(parts[0 if first else -1])
        if last - first == 1 and only_surname(quiet) and only_given(folded(parts[first])):
            # "Smith JOHN"
            first, last = (0, first) if first else (last, len(parts))
        return parts[:first] + parts[last:], parts[first:last]
    initials = 0
    while len(parts[-1 - initials]) == 1 and parts[-1 - initials] not in ("y", "e") and initials < len(parts) - 1:
        initials += 1
    if initials and len(parts[0]) > 1:
        return _before_initials(parts[:-initials], parts[-initials:], country)
    if _surname_leads(parts, country, family_first):
        cut = _leading_surname(parts, country)
        given = parts[cut:]
        if parts[0] in VIETNAMESE and len(given) > 1 and given[0] in VIETNAMESE_MIDDLE:
            # Nguyen Van Anh: family, middle, given.
            given = [given[-1], *given[:-1]]
        return given, parts[:cut]
    cut = _trailing_surname(parts, country)
    return parts[:cut], parts[cut:]


def _before_initials(whole: list[str], initials: list[str], country: str) -> tuple[list[str], list[str]]:
    """A name that ends in initials: "Smith J R", "Smith John M", but "John Smith M" and "Mary K"."""
    first, last = folded(whole[0].replace("-", "")), folded(whole[-1].replace("-", ""))
    if len(whole) == 1:
        if only_given(first):
            return [whole[0], *initials[:-1]], initials[-1:]
        return initials, whole
    if only_given(first) and last not in GIVEN:
        cut = _trailing_surname(whole, country)
        return whole[:cut] + initials, whole[cut:]
    if all(w in PARTICLES for w in whole[:-1]):
        return initials, whole
    cut = _leading_surname(whole, country)
    if cut == len(whole):
        return initials, whole
    return whole[cut:] + initials, whole[:cut]


def _surname_leads(parts: list[str], country: str, family_first: bool) -> bool:
    first, last = folded(parts[0].replace("-", "")), folded(parts[-1].replace("-", ""))
    if family_first:
        return not (only_given(first) and only_surname(last))
    if first in VIETNAMESE and len(parts) > 2 and parts[1] in VIETNAMESE_MIDDLE and last not in VIETNAMESE:
        return True
    if parts[0] in PARTICLES and len(parts[0]) > 1 and parts[0] not in WEAK and first not in GIVEN:
        # "van der Berg Jan", and "van der Berg" alone.
        return len(parts) > 2 and (only_given(last) or all(w in PARTICLES for w in parts[:-1]))
    if country in FAMILY_FIRST and first in EASTERN and last not in EASTERN:
        return True
    if country in FAMILY_FIRST and first not in GIVEN and last not in SURNAMES:
        return country == "HU" or only_given(last)
    if first in GIVEN:
        return False
    return only_given(last) or (first in SURNAMES and last in GIVEN)


def _leading_surname(parts: list[str], country: str) -> int:
    """How many words at the beginning are the surname."""
    cut = 0
    while cut < len(parts) - 1 and parts[cut] in PARTICLES:
        cut += 1
    cut += 1
    if country in TWO_SURNAMES and len(parts) - cut >= 2 and folded(parts[cut]) not in GIVEN:
        while cut < len(parts) - 2 and parts[cut] in PARTICLES:
            cut += 1
        cut += 1
    return min(cut, len(parts)) if parts[0] in PARTICLES else min(cut, len(parts) - 1)


def _trailing_surname(parts: list[str], country: str) -> int:
    """Where the surname begins that ends a name."""
    cut = _over_particles(parts, len(parts) - 1)
    if country in TWO_SURNAMES and cut >= 2:
        before = folded(parts[cut - 1].replace("-", ""))
        if (
            len(parts[cut - 1]) > 1
            and not only_given(before)
            and (cut >= 3 or before not in GIVEN or before in SURNAMES)
        ):
            cut = _over_particles(parts, cut - 1)
    return cut


def _over_particles(parts: list[str], cut: int) -> int:
    while cut > 1 and parts[cut - 1] in PARTICLES and (len(parts[cut - 1]) > 1 or parts[cut - 1] in ("y", "e")):
        cut -= 1
        if parts[cut] in ("y", "e") and cut > 1:
            # Ortega y Gasset: both belong to the surname.
            cut -= 1
            break
    if cut > 1 and parts[cut - 1] == "d" and parts[cut - 2] == "v":
        # v. d. Berg
        return max(cut - 2, 1)
    if cut > 1 and parts[cut - 1] in ("o", "d", "l") and (parts[cut - 1] != "o" or parts[cut] in IRISH):
        cut -= parts[cut - 1] == "o" or parts[cut][0] in "aeiouh"
    return cut


def _shouted(parts: list[str], cased: list[str]) -> tuple[int, int] | None:
    """Where words in capitals begin and end, if only those at one end are: "DUPONT Marie", "Marie DE LA TOUR"."""
    upper = {t.lower() for t in cased if len(t) > 1 and t.isupper()}
    if not upper or len(upper) == len(cased):
        return None
    loud = [w in upper for w in parts]
    if all(loud) or not any(not x and len(w) > 1 for x, w in zip(loud, parts, strict=True)):
        return None
    if loud[0] and (len(parts[0]) > 2 or parts[0] in PARTICLES):
        end = loud.index(False)
        return (0, end) if not any(loud[end:]) else None
    if loud[-1] and len(parts[-1]) > 2:
        start = len(loud) - loud[::-1].index(False)
        while start > 1 and parts[start - 1] in PARTICLES and len(parts[start - 1]) > 1:
            start -= 1
        return (start, len(parts)) if not any(loud[:start]) or len(parts[0]) <= 2 else None
    return None


def _around_comma(left: str, right: str, former: tuple[str, ...]) -> Parts | None:
    """The parts of "Surname, Given"; None where the comma only sets a suffix or a title apart."""
    before, after = tokens(left), tokens(right)
    if all(w in SUFFIXES or w in TRAILING_ONLY or w in NOTES for w in after) and (len(before) > 1 or not after):
        return None
    if after[:1] and after[0] in FORMER_MARKS and len(after) > 1:
        # "Anna Schmidt, geb. Meier"
        return None
    if not before or all(w in TITLES for w in before):
        return None
    given = strip(after, leading=True)
    family = strip(before)
    if not given.words and given.suffix == "":
        return None
    firsts = given.words
    if len(firsts) == 1 and firsts[0] in SUFFIXES and len(family.words) == 1:
        # "Smith, JR": nobody writes a suffix and no given name.
        return Parts(list(firsts[0][:2]), family.words, family.suffix, family.former or former)
    moved: list[str] = []
    while len(firsts) > 0 and firsts[-1] in PARTICLES and len(firsts[-1]) > 1 and firsts[-1] not in WEAK:
        # "Berg, Jan van den"
        moved.insert(0, firsts[-1])
        firsts = firsts[:-1]
    if len(firsts) > 1 and firsts[-2:] == ["v", "d"]:
        firsts = firsts[:-2]
    firsts = _apart(first_of_couple(firsts), right)
    return Parts(firsts, moved + family.words, given.suffix or family.suffix, family.former or given.former or former)


def first_of_couple(given: list[str]) -> list[str]:
    """Of "John and Mary" behind a comma the first."""
    return given[:1] if len(given) > 2 and given[1] in COUPLES else given


def without_brackets(full: str) -> tuple[str, tuple[str, ...]]:
    """``full`` without what stands in brackets and quotes; a former name among it."""
    former: tuple[str, ...] = ()
    for match in _BRACKETS.finditer(full):
        inner = tokens(next((g for g in match.groups() if g), ""))
        if not inner:
            continue
        if inner[0] in FORMER_MARKS:
            former = tuple(filter(None, (surname(inner[1:]),))) if inner[1:] else former
        elif not full[match.end() :].strip(" .,") and match[0][0] in "([" and full[: match.start()].strip():
            # "Smith (Jones)"; but "Smith (Bill)" and "Smith (VIP)"
            said = only_given(folded(inner[0])) or any(w in NOTES or w in TITLES for w in inner)
            former = former if said else tuple(filter(None, (surname(inner),)))
    return _BRACKETS.sub(" ", full), former


def _eastern(text: str) -> Parts:
    """A name in Chinese or Korean characters: the family name is the first, of some the first two."""
    size = 2 if text[:2] in DOUBLE_HAN or (len(text) == 4) else 1
    family, given = text[:size], text[size:]
    return Parts([ascii_of(given).lower()] if given else [], [KOREAN.get(family) or ascii_of(family).lower()])
