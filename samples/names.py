"""Names as they fall in four countries: lists by frequency, and a tail composed of morphemes.

Common names follow a Zipf-like law, with shares about as in life (one in a hundred Americans is a Smith). A
list alone would make a million people share a few hundred family names, so most are put together from parts,
as family names once were.
"""

from __future__ import annotations

from samples.dice import Draw, pick, zipf
from samples.lists import lines

COUNTRIES = ("US", "GB", "DE", "FR")

_GIVEN = {(country, sex): names.split() for country, sex, names in lines("given.txt")}
GIVEN = {key: zipf(names, exponent=0.55) for key, names in _GIVEN.items()}
GIVEN_BY_INITIAL = {
    key: {initial: tuple(n for n in names if n[0] == initial) for initial in sorted({n[0] for n in names})}
    for key, names in _GIVEN.items()
}
FAMILY = {
    country: zipf([name.replace("Da-Silva", "Da Silva") for name in names.split()], exponent=0.6)
    for country, names in lines("family.txt")
}
NICKNAMES = {full: tuple(nicks.split()) for full, nicks in lines("nicknames.txt")}
_PARTS = {language: (tuple(heads.split()), tuple(tails.split())) for language, heads, tails in lines("parts.txt")}
# How often a family name comes from the list of common names; the rest is composed.
_LISTED = {"US": 0.27, "GB": 0.28, "DE": 0.22, "FR": 0.14}
_LANGUAGE = {"US": "EN", "GB": "EN", "DE": "DE", "FR": "FR"}


def given_name(r: Draw, country: str, sex: str) -> str:
    return pick(r, GIVEN[country, sex])


def family_name(r: Draw, country: str) -> str:
    """A family name; a common one for one in four, else composed of two parts, a few double-barrelled."""
    chance = r()
    if chance < _LISTED[country]:
        return pick(r, FAMILY[country])
    language = _LANGUAGE[country]
    if country == "US":
        language = ("EN", "EN", "DE", "ES")[int(r() * 4)]
    heads, tails = _PARTS[language]
    name = pick(r, heads) + pick(r, tails)
    if language == "EN" and chance > 0.94:
        name = ("Mc", "Mac", "O'", "Fitz")[int(r() * 4)] + name
    elif language == "DE" and chance > 0.985:
        name = "von " + name
    elif language == "FR" and chance > 0.97:
        name = "de " + name
    elif chance > 0.92 and language in ("EN", "FR"):
        name += ("s", "er", "ing", "e")[int(r() * 4)] if language == "EN" else "-" + pick(r, FAMILY[country])
    return name
