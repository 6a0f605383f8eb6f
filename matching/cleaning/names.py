"""Names of people: titles, initials, particles, suffixes, former names, either order."""

from __future__ import annotations

from functools import lru_cache
from string import ascii_letters
from typing import NamedTuple

from matching.cleaning.companies import company, is_company
from matching.cleaning.fullnames import WEAK, Parts, first_of_couple, parse, without_brackets
from matching.cleaning.givennames import KOREAN, only_given, only_surname
from matching.cleaning.lexicon import SUFFIXES, TWO_SURNAMES
from matching.cleaning.namewords import PARTICLES, SPECIAL, bare, initials_of, strip, surname, tokens
from matching.cleaning.nicknames import NICKNAMES
from matching.cleaning.text import folded, words

__all__ = ["PersonName", "company", "family_name", "is_company", "nickname_roots", "order_hint", "person"]


_LETTERS = frozenset(ascii_letters)
# What is left of a surname may hold a title or a particle again; real ones never twice.
MOST_ROUNDS = 8


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


def person(
    given: str, middle: str, family: str, suffix: str, full: str, country: str, *, family_first: bool = False
) -> PersonName:
    """The name in its parts, from separate fields where there are any, else from ``full``.

    ``country`` (ISO 3166-1 alpha-2 or ``""``) says how names are built there; ``family_first`` that the
    source is known to write the surname first in ``full``.
    """
    if given and family:
        g, f = _simple(given), _simple(family)
        if g and f and not (only_surname(g) and only_given(f)):
            rest = middle.lower() if middle in _LETTERS else _simple(middle)
            if not middle or rest:
                return PersonName(g, rest, f, _suffix(suffix) if suffix else "")
        return _from_fields(given, middle, family, suffix, country)
    if full and not given and not family:
        return _named(parse(full, country, family_first=family_first), _suffix(suffix) if suffix else "")
    return _from_fields(given, middle, family, suffix, country)


def order_hint(full: str) -> int:
    """1 where the given name of a name in one field comes first, -1 where the surname does, 0 where nothing says.

    Summed over a source, this tells whether it writes surnames first.
    """
    if "," in full or "@" in full:
        return 0
    parts = [folded(w) for w in strip(tokens(full)).words if len(w) > 1]
    if len(parts) < 2:
        return 0
    first, last = parts[0], parts[-1]
    ahead = only_given(first) - only_surname(first)
    behind = only_given(last) - only_surname(last)
    return (ahead > behind) - (ahead < behind)


def family_name(text: str) -> str:
    """A surname alone, as ``person`` would give it. Idempotent."""
    found = _simple(text)
    for _ in range(0 if found else MOST_ROUNDS):
        before, found = found, surname(strip(_family_tokens(found or text)).words)
        if found == before:
            break
    return found


@lru_cache(maxsize=1 << 16)
def _simple(field: str) -> str:
    """A field of one ordinary word, folded; ``""`` where there is more to it."""
    word = bare(field)
    if len(word) < 3 or word in SPECIAL or not word.isalpha() or initials_of(word, field):
        return ""
    return surname([word]) if word.startswith(("vand", "vond", "del")) else folded(word)


def _given_tokens(text: str) -> list[str]:
    return [t.replace("-", "") for t in tokens(text)]


def _family_tokens(text: str) -> list[str]:
    return [piece for t in tokens(text) for piece in t.split("-") if piece]


def _from_fields(given: str, middle: str, family: str, suffix: str, country: str) -> PersonName:
    former: tuple[str, ...] = ()
    if "(" in family or "[" in family:
        family, former = without_brackets(family)
    if "(" in given or '"' in given:
        given, _ = without_brackets(given)
    g = strip(_given_tokens(given), leading=True)
    hyphened = tokens(family)
    f = strip([piece for t in hyphened for piece in t.split("-") if piece])
    if family in KOREAN:
        f = f._replace(words=[KOREAN[family]])
    if g.words and not f.words and not middle and len(g.words) > 1:
        if all(only_given(folded(w)) or len(w) == 1 for w in g.words):
            return _named(Parts(g.words, [], g.suffix, g.former), _suffix(suffix))
        # A whole name in the given name's field.
        return _named(parse(given, country), _suffix(suffix))
    if f.words and not g.words and len(hyphened) > 1 and _whole(f.words, family, country):
        found = _named(parse(family, country), _suffix(suffix))
        return found._replace(former=found.former or former)
    if len(g.words) == 1 and len(f.words) == 1 and only_surname(folded(g.words[0])) and only_given(folded(f.words[0])):
        # The fields were mixed up.
        g, f = g._replace(words=f.words), f._replace(words=g.words)
    firsts = _spelt(first_of_couple(g.words), given)
    if not firsts and f.words and g.suffix and given.isupper():
        # "JR" alone in the given name's field: initials.
        firsts, g = list(bare(given)), g._replace(suffix="")
    while f.words and len(firsts) > 1 and len(firsts[-1]) > 1 and firsts[-1] in PARTICLES and firsts[-1] not in WEAK:
        # "Vincent van der" in the given name's field.
        f = f._replace(words=[firsts[-1], *f.words])
        firsts = firsts[:-1]
    between = _spelt(strip(_given_tokens(middle)).words, middle) if middle else []
    said = (_suffix(suffix) if suffix else "") or f.suffix or g.suffix
    if not said and between and middle.strip(" .").lower() in SUFFIXES:
        # "Jr." in the middle name's field.
        said, between = SUFFIXES[middle.strip(" .").lower()], []
    return PersonName(
        given=folded(firsts[0]) if firsts else "",
        middle=" ".join(map(folded, firsts[1:] + between)),
        family=surname(f.words),
        suffix=said,
        former=f.former or former or g.former,
    )


def _whole(parts: list[str], family: str, country: str) -> bool:
    """Whether a surname's field without a given name holds the whole name.

    With no given name a double surname is the rarer reading, but not where people bear two.
    """
    if parts[0] in PARTICLES:
        return "," in family or only_given(folded(parts[-1]))
    if country in TWO_SURNAMES:
        return "," in family or only_given(folded(parts[0])) or (len(parts) > 2 and only_given(folded(parts[-1])))
    return True


def _spelt(parts: list[str], text: str) -> list[str]:
    """``parts`` with initials that were written together apart: "JR" is "J R"."""
    if not any(2 <= len(w) <= 3 for w in parts):
        return parts
    return [letter for w in parts for letter in (initials_of(w, text) or (w,))]


def _named(parts: Parts, suffix: str) -> PersonName:
    given = [folded(w) for w in parts.given]
    return PersonName(
        given[0] if given else "", " ".join(given[1:]), surname(parts.family), suffix or parts.suffix, parts.former
    )


def _suffix(text: str) -> str:
    for word in words(text):
        if word in SUFFIXES:
            return SUFFIXES[word]
    return ""
