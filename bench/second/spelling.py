"""How letters go wrong: lost marks, slips of the finger, misheard sounds, misread scans."""

from __future__ import annotations

import unicodedata
from random import Random

from bench.second.words import pick

SPECIAL = {"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "º": "", "ª": "a", "İ": "I"}
LATIN = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿąćęłńśźżşğışőčž"


def _plain(letter: str) -> str:
    return SPECIAL.get(letter) or unicodedata.normalize("NFD", letter)[0]


PLAIN = str.maketrans({c: _plain(c) for c in LATIN + LATIN.upper() + "ßøæœªİ"})
GERMAN = PLAIN | str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEIGHBOURS: dict[str, str] = {}
for _row in ROWS:
    for _at, _key in enumerate(_row):
        NEIGHBOURS[_key] = _row[max(0, _at - 1) : _at] + _row[_at + 1 : _at + 2]
for _digit in "0123456789":
    NEIGHBOURS[_digit] = str((int(_digit) + 1) % 10) + str((int(_digit) - 1) % 10)

SOUNDS = [("ph", "f"), ("ck", "k"), ("ei", "ai"), ("ie", "i"), ("y", "i"), ("th", "t"), ("dt", "t"), ("tz", "z")]
SOUNDS += [("c", "k"), ("v", "w"), ("ll", "l"), ("ss", "s"), ("nn", "n"), ("mm", "m"), ("sch", "sh"), ("ou", "u")]
SOUNDS += [("ea", "ee"), ("b", "v"), ("z", "s"), ("que", "ke"), ("gu", "g"), ("ij", "y"), ("aa", "a"), ("rd", "rt")]
SCANS = [
    ("rn", "m"),
    ("m", "rn"),
    ("l", "1"),
    ("o", "0"),
    ("cl", "d"),
    ("i", "l"),
    ("e", "c"),
    ("h", "b"),
    ("u", "v"),
    ("S", "5"),
]


def typo(rng: Random, text: str) -> str:
    """One slip of the finger: a neighbouring key, two letters turned round, one dropped or one struck twice."""
    if len(text) < 3:
        return text
    at, kind = 1 + int(rng.random() * (len(text) - 2)), rng.random()
    if kind < 0.3:
        near = NEIGHBOURS.get(text[at].lower())
        return text[:at] + pick(rng, near) + text[at + 1 :] if near else text[:at] + text[at + 1 :]
    if kind < 0.55:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind < 0.82:
        return text[:at] + text[at + 1 :]
    return text[:at] + text[at] + text[at:]


def _swapped(rng: Random, text: str, pairs: list[tuple[str, str]]) -> str:
    start = int(rng.random() * len(pairs))
    for step in range(len(pairs)):
        old, new = pairs[(start + step) % len(pairs)]
        at = text.find(old, 1)
        if at > 0:
            return text[:at] + new + text[at + len(old) :]
    return typo(rng, text)


def misheard(rng: Random, text: str) -> str:
    """One sound written another way, as by somebody on the telephone."""
    return _swapped(rng, text, SOUNDS)


def misread(rng: Random, text: str) -> str:
    """One letter read wrongly from paper."""
    return _swapped(rng, text, SCANS)


def slipped_digits(rng: Random, text: str) -> str:
    """One digit changed or two turned round; other characters stay."""
    places = [at for at, c in enumerate(text) if c.isdigit()]
    if len(places) < 2:
        return text
    at = pick(rng, places[1:])
    if rng.random() < 0.5 and text[at - 1].isdigit() and text[at - 1] != text[at]:
        return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
    return text[:at] + str((int(text[at]) + 1 + int(rng.random() * 8)) % 10) + text[at + 1 :]


def unmarked(rng: Random, text: str, *, german: float = 0.0) -> str:
    """Without diacritics: ü as ue (share ``german``) or as u."""
    if text.isascii():
        return text
    return text.translate(GERMAN if rng.random() < german else PLAIN)


def broken_encoding(text: str) -> str:
    """UTF-8 read as Latin-1, as old interfaces do."""
    try:
        return text.encode("utf-8").decode("cp1252")
    except UnicodeDecodeError:
        return text
