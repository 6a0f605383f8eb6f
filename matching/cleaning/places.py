"""Addresses: towns, postal codes and countries; streets are in ``streets``."""

from __future__ import annotations

import gettext
import re
from functools import lru_cache

from matching.cleaning.placewords import COUNTRIES, TOWN_WORDS, TOWNS, WHERE, WITH_DISTRICTS
from matching.cleaning.streets import Line, split, street
from matching.cleaning.text import characters, folded, plain, words

__all__ = ["Line", "city", "country", "postal_code", "split", "street"]

_TOWNS = {" ".join(map(folded, k.split())): " ".join(map(folded, v.split())) for k, v in TOWNS.items()}
_HEAD = re.compile(r"[(,/]")
_OF = re.compile(
    r"^(?:city of|town of|ville de|stadt|landeshauptstadt|hansestadt|freie und hansestadt|gemeente|"
    r"ciudad de|comune di) "
)
_DISTRICT = re.compile(r"\d+(?:e|er|eme|th)?|[a-z]{1,2}\d{1,2}[a-z]?|cedex|arrondissement|arr|ardt")

_COUNTRY_BEFORE = re.compile(r"^[a-z]{1,2}[- ]+(?=\d{3})")
_COUNTRY_JOINED = re.compile(r"^(?:de|fr|es|it|us)(?=\d{5}$)")
_SPREADSHEET = re.compile(r"^(\d{4,5})\.0$")
_ZIP = re.compile(r"^(\d{5})(?:[- ]?\d{4}|-\d{0,3})$")
_WITH_TOWN = re.compile(r"^(\d{5})[ ,]+[a-z(].*$")
_DUTCH_WITH_TOWN = re.compile(r"^(\d{4}) ?([a-z]{2})\s+[a-z].*$")
_BRITISH = re.compile(r"^([a-z]{1,2}[0-9oil][0-9a-z]?)([0-9oil])([a-z01]{2})$")
# Letters for digits where only a digit can stand, and the other way round.
_DIGIT_MEANT = str.maketrans("oil", "011")
_LETTER_MEANT = str.maketrans("01", "oi")
# Where codes have five digits, of which a spreadsheet drops a leading nought.
_FIVE_DIGITS = frozenset("US DE FR ES IT FI EE MX TR".split())  # noqa: SIM905
LONGEST_CODE = 12
LANGUAGES = ("de", "fr", "es", "nl", "it", "pt", "pl")


@lru_cache(maxsize=1 << 15)
def city(text: str) -> str:
    """A town's name without district, postal code and what says where it lies. Idempotent.

    >>> city('Frankfurt am Main'), city('SAINT-DENIS CEDEX'), city('München'), city('Berlin-Mitte')
    ('frankfurt', 'st denis', 'munchen', 'berlin')
    """
    head = plain(text)
    head = _OF.sub("", _HEAD.split(head, maxsplit=1)[0].strip() or head)
    parts = [folded(TOWN_WORDS.get(w, w)) for w in words(head)]
    while len(parts) > 1 and (parts[0].isdigit() or (len(parts[0]) == 1 and parts[1].isdigit())):
        parts.pop(0)
    for i in range(1, len(parts)):
        if parts[i] in WHERE and (i < len(parts) - 1 or len(parts[i]) == 1):
            parts = parts[:i]
            break
    while len(parts) > 1 and _DISTRICT.fullmatch(parts[-1]):
        parts.pop()
    if len(parts) > 1 and parts[0] in WITH_DISTRICTS and "-" in head:
        parts = parts[:1]
    joined = " ".join(parts)
    return _TOWNS.get(joined, joined)


def postal_code(text: str, country: str = "") -> str:
    """A postal code without spaces; the first five digits of a ZIP+4; no country before it. Idempotent.

    With ``country`` (ISO 3166-1 alpha-2) a nought that a spreadsheet dropped is put back.

    >>> postal_code('10001-1234'), postal_code('SW1A 1AA'), postal_code('D-10115'), postal_code('1067', 'DE')
    ('10001', 'sw1a1aa', '10115', '01067')
    """
    code = text.strip()
    if len(code) == 5 and code.isascii() and code.isdigit():
        return code
    code = plain(code)
    if code and not code.isalpha():
        if code[0].isalpha():
            code = _COUNTRY_BEFORE.sub("", code)
        if code[:1].isdigit():
            if found := _ZIP.match(code) or _WITH_TOWN.match(code) or _SPREADSHEET.match(code):
                code = found[1]
            elif found := _DUTCH_WITH_TOWN.match(code):
                code = found[1] + found[2]
        code = _COUNTRY_JOINED.sub("", characters(code)[:LONGEST_CODE])
        if code.isdigit():
            if len(code) == 9:
                return code[:5]
            if len(code) == 4 and country in _FIVE_DIGITS:
                return f"0{code}"
        elif found := _BRITISH.match(code):
            code = found[1] + found[2].translate(_DIGIT_MEANT) + found[3].translate(_LETTER_MEANT)
    return code[:LONGEST_CODE]


@lru_cache(maxsize=1 << 12)
def country(text: str) -> str:
    """The ISO 3166-1 alpha-2 code of ``text``, or ``""`` where no country is known by it.

    >>> country('Deutschland'), country('U.S.A.'), country('FRA'), country('Verenigd Koninkrijk')
    ('DE', 'US', 'FR', 'GB')
    """
    joined = " ".join(words(text))
    if not joined:
        return ""
    if joined in COUNTRIES:
        return COUNTRIES[joined]
    # pycountry reads its tables on first use; most files never get here.
    import pycountry

    if len(joined) == 2:
        return joined.upper() if pycountry.countries.get(alpha_2=joined.upper()) else ""
    if len(joined) == 3:
        key = "numeric" if joined.isdigit() else "alpha_3"
        found = next((land for land in pycountry.countries if getattr(land, key) == joined.upper()), None)
        return str(found.alpha_2) if found else ""
    return _localised().get(joined, "") if len(joined) > 3 else ""


@lru_cache(maxsize=1)
def _localised() -> dict[str, str]:
    """The names of countries in English and the languages of ``LANGUAGES``, plain, and their codes."""
    import pycountry

    found: dict[str, str] = {}
    translations = [gettext.NullTranslations()] + [
        gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)
        for language in LANGUAGES
    ]
    for land in pycountry.countries:
        for name in filter(None, (getattr(land, key, "") for key in ("name", "official_name", "common_name"))):
            for translation in translations:
                found.setdefault(" ".join(words(translation.gettext(name))), str(land.alpha_2))
    return found
