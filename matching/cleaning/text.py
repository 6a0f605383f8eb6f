"""Text made comparable: lower case, without diacritics, one space between words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

# Values longer than this are cut: a name of 10,000 characters must not cost 10,000 times a name.
LONGEST = 120
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_UMLAUT = re.compile(r"([aou])e+")
_MOJIBAKE = re.compile("[\u00c2\u00c3\u00e2][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u2013-\u2122]")


@lru_cache(maxsize=200_000)
def plain(text: str) -> str:
    """Lower-case ASCII of ``text``; letters of other scripts are transliterated.

    >>> plain('  Ángel   MÜLLER-Groß ')
    'angel muller-gross'
    """
    text = text[: LONGEST * 2]
    if text.isascii():
        return " ".join(text.lower().split())[:LONGEST].strip()
    if _MOJIBAKE.search(text):
        # ftfy costs half a second to import and is needed by one record in thousands.
        from ftfy import fix_encoding

        text = fix_encoding(text)
    text = unicodedata.normalize("NFKC", text)
    return " ".join(anyascii(text).lower().split())[:LONGEST].strip()


def words(text: str) -> list[str]:
    """The words of ``text``, plain; an apostrophe joins, any other sign divides."""
    return [w for w in _NOT_WORD.split(plain(text).replace("'", "").replace("`", "")) if w]


def folded(word: str) -> str:
    """``word`` with ae, oe, ue written a, o, u, so that Mueller, Müller and Muller are one name.

    >>> folded('mueller'), folded('queen'), folded('goethe')
    ('muller', 'queen', 'gothe')
    """
    if word.startswith("qu") or "que" in word:
        return word
    return _UMLAUT.sub(r"\1", word)


def one_character(text: str) -> bool:
    """Whether ``text`` is one character repeated, as in ``0000000000`` or ``xxx``."""
    return len(text) >= 3 and len(set(text)) == 1
