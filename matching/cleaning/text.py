"""Text made comparable: lower case, without diacritics, one space between words.

Only pieces that come again in a file (characters, words) are remembered; whole values mostly differ, and a
cache of them would cost more than the work.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

# Values longer than this are cut: a name of 10,000 characters must not cost 10,000 times a name.
LONGEST = 120
# An entity inside an entity ("&amp;amp;") is seen now and then, a fifth layer never.
LAYERS = 4
_UMLAUT = re.compile(r"([aou])e+")
# UTF-8 read as Windows-1252: a lead byte of Latin, Greek or Cyrillic letters and what stands for the next byte.
_MOJIBAKE = re.compile(
    "[\u00c2-\u00c5\u00ce-\u00d1\u00d8\u00d9\u00e2]"
    "[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]"
)
# Greek writes one vowel with two letters; as ISO 843 has it, "ou".
_GREEK_OU = re.compile("[οΟ][υύΥΎ]")
# What Windows-1252 leaves undefined comes through as the control character of the same number.
_UNDEFINED = {0x81: "\x81", 0x8D: "\x8d", 0x8F: "\x8f", 0x90: "\x90", 0x9D: "\x9d"}


class _Letters(dict[int, str]):
    """Code point to ASCII, each worked out when it is first met.

    Signs that no one pronounces go: emoji, bidi and zero-width marks, surrogates, the mark of a lost letter.
    """

    def __missing__(self, code: int) -> str:
        character = chr(code)
        kind = unicodedata.category(character)
        if kind in ("Cf", "Cs", "Co", "Cn", "Mn", "Me") or code in (0, 0xFFFD):
            # Joiners and lost letters are no spaces.
            found = ""
        elif kind in ("Cc", "So", "Zl", "Zp", "Sk"):
            found = "'" if character == "\u00b4" else character if character in "^`" else " "
        else:
            found = anyascii(character)
        self[code] = found
        return found


_LETTERS = _Letters()
# Signs divide words, apostrophes join them.
_WORD_SIGNS = {code: " " for code in range(128) if not chr(code).isalnum()} | {ord("'"): "", ord("`"): ""}


def ascii_of(text: str) -> str:
    """``text`` in ASCII, upper and lower case kept, without control characters; at most 240 characters are read.

    Entities of HTML are resolved, text that was decoded wrongly is repaired, letters of other scripts are
    transliterated.
    """
    text = text[: LONGEST * 2]
    if "&" in text and ";" in text:
        text = _without_entities(text)
    if text.isascii():
        return text if text.isprintable() else text.translate(_LETTERS)
    return _transliterated(text)


def plain(text: str) -> str:
    """Lower-case ASCII of ``text``; letters of other scripts are transliterated. Idempotent.

    >>> plain('  Ángel   MÜLLER-Groß ')
    'angel muller-gross'
    """
    if not (text.isascii() and text.isprintable() and "&" not in text and len(text) <= LONGEST):
        text = ascii_of(text)
    return " ".join(text.lower().split())[:LONGEST].rstrip()


def words(text: str) -> list[str]:
    """The words of ``text``, plain; an apostrophe joins, any other sign divides."""
    if not (text.isascii() and text.isprintable() and "&" not in text and len(text) <= LONGEST):
        text = plain(text)
    return text.lower().translate(_WORD_SIGNS).split()


def characters(text: str) -> str:
    """Letters and digits of ``text``, plain, nothing between them."""
    if not (text.isascii() and text.isprintable() and "&" not in text and len(text) <= LONGEST):
        text = plain(text)
    return text.lower() if text.isalnum() else "".join(text.lower().translate(_WORD_SIGNS).split())


@lru_cache(maxsize=1 << 16)
def folded(word: str) -> str:
    """``word`` with ae, oe, ue written a, o, u, so that Mueller, Müller and Muller are one name. Idempotent.

    >>> folded('mueller'), folded('queen'), folded('goethe')
    ('muller', 'queen', 'gothe')
    """
    if "e" not in word or word.startswith("qu") or "que" in word:
        return word
    return _UMLAUT.sub(r"\1", word)


def one_character(text: str) -> bool:
    """Whether ``text`` is one character repeated, as in ``0000000000`` or ``xxx``."""
    return len(text) >= 3 and text == text[0] * len(text)


def repaired(text: str) -> str:
    """``text`` with UTF-8 that was read as Windows-1252 put right, twice over where it happened twice.

    >>> repaired('SeÃ±or PÃ©rez'), repaired('MÃƒÂ¼ller')
    ('Señor Pérez', 'Müller')
    """
    for _ in range(3):
        if not _MOJIBAKE.search(text):
            break
        try:
            once = text.translate(_UNDEFINED).encode("cp1252").decode("utf-8")
        except ValueError:
            once = _mended(text)
        if once == text:
            break
        text = once
    return text


def _mended(text: str) -> str:
    try:
        return _bytes_of(text).decode("utf-8")
    except ValueError:
        # ftfy costs half a second to import and is needed by one record in many thousands.
        from ftfy import fix_encoding

        return str(fix_encoding(text))


def _bytes_of(text: str) -> bytes:
    """The bytes behind Windows-1252 text, undefined characters being the byte of their number."""
    return b"".join(c.encode("latin-1") if "\x80" <= c <= "\x9f" else c.encode("cp1252") for c in text)


def _transliterated(text: str) -> str:
    if _MOJIBAKE.search(text):
        text = repaired(text)
    # The acute as a character of its own stands for an apostrophe; NFKC would make it a space.
    text = unicodedata.normalize("NFKC", text.replace("\u00b4", "'").replace("\u00bd", " 1/2"))
    if _GREEK_OU.search(text):
        text = _GREEK_OU.sub("ou", text)
    text = text.translate(_LETTERS)[: LONGEST * 2]
    # Full-width signs may have spelt an entity, which only shows now.
    return _without_entities(text, 1) if "&" in text and ";" in text else text


def _without_entities(text: str, layers: int = LAYERS) -> str:
    for _ in range(layers):
        resolved = html.unescape(text)
        if resolved == text:
            break
        text = resolved if resolved.isascii() else unicodedata.normalize("NFKC", repaired(resolved)).translate(_LETTERS)
    text = text.translate(_LETTERS)
    # What is left of "&" and ";" together could be read as an entity the next time.
    return text.replace("&", " ") if ";" in text else text
