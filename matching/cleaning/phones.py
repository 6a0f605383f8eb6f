"""Phone numbers: the digits that stay the same however a number was written."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers.phonenumberutil import NumberParseException

from matching.cleaning.text import ascii_of, one_character

# The longest tail of a number that is the same in every way of writing it: a national spelling without a known
# country keeps what the international one has behind the country's code, and nine digits tell people apart.
SIGNIFICANT = 9
# ITU-T E.164, and the shortest that anyone writes down as a customer's number.
MOST_DIGITS, LEAST_DIGITS = 15, 6
LONGEST_NUMBER = 80

_SIGNS = {ord(c): None for c in " ()-./\t\u00a0"}
_EXTENSION = re.compile(
    r"[\s,;]*(?:\b(?:ext(?:ension)?|extn|durchwahl|dw|poste|toestel|anexo|int(?:erno)?)\b\.?:?|x|#)\s*\d{1,6}\)?\s*$",
    re.IGNORECASE,
)
_VANITY = re.compile(r"^\+?1?[-. ]*\(?8\d\d\)?[-. ]*(?=[0-9-]*[a-z])[a-z0-9-]{7,}$", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+[.:]?")
_PIECES = re.compile(r"[;,|]|\s/\s|\s(?:or|oder|ou|o|of)\s|/(?=\s*(?:\+|00?[1-9]))", re.IGNORECASE)
_NOT_DIGIT = re.compile(r"\D+")
_SPREADSHEET = re.compile(r"^(\d+)\.0$")

# How many digits follow the trunk zero, or the country's code, in spellings that need no parsing.
_LENGTHS = {
    "DE": ("49", "0", (10, 11)), "GB": ("44", "0", (10,)), "FR": ("33", "0", (9,)), "NL": ("31", "0", (9,)),
    "ES": ("34", "", (9,)), "US": ("1", "", (10,)), "CA": ("1", "", (10,)), "AT": ("43", "0", (10, 11)),
    "CH": ("41", "0", (9,)), "BE": ("32", "0", (9,)), "IT": ("39", "", (10,)),
}  # fmt: skip
_CODES = tuple(sorted({(code, trunk, lengths) for code, trunk, lengths in _LENGTHS.values()}))
_BY_CODE = {code: (trunk, lengths) for code, trunk, lengths in _CODES}


def phone(text: str, country: str) -> str:
    """The digits of a number that do not depend on how it was written, at most nine, or ``""``.

    ``country`` (ISO 3166-1 alpha-2 or ``""``) says how a national spelling is read. Digits too few or too many
    for any number give ``""``; a number of the wrong length for its country is kept, because one that lost
    a digit, or a foreign one written as at home, is still evidence.

    >>> phone('+49 (0)151 234 55994', ''), phone('0151 23455994', 'DE'), phone('(212) 555-0143 x12', 'US')
    ('123455994', '123455994', '125550143')
    """
    digits = text.replace("(0)", "").translate(_SIGNS) if len(text) <= LONGEST_NUMBER else ""
    number = _simple(digits, country) if digits and digits.isascii() else ""
    if not number:
        return parsed(text, country)
    return "" if one_character(number[-7:]) else number


def _simple(digits: str, country: str) -> str:
    """The answer of ``parsed`` for a well-formed number of a country whose numbers are all of a length."""
    if digits[0] == "+":
        rest = digits[1:]
    elif digits.startswith("00"):
        rest = digits[2:]
    else:
        rule = _LENGTHS.get(country)
        if rule is None or not digits.isdigit():
            return ""
        _, trunk, lengths = rule
        if trunk:
            if digits[0] != "0":
                return ""
            digits = digits[1:]
        elif digits[0] in "01":
            return ""
        return digits[-SIGNIFICANT:] if len(digits) in lengths and digits[0] != "0" else ""
    if not rest.isdigit():
        return ""
    for size in (2, 1):
        rule_of_code = _BY_CODE.get(rest[:size])
        if rule_of_code is not None:
            trunk, lengths = rule_of_code
            rest = rest[size:]
            if trunk and rest[:1] == "0":
                rest = rest[1:]
            return rest[-SIGNIFICANT:] if len(rest) in lengths and rest[0] not in ("0" if trunk else "01") else ""
    return ""


def parsed(text: str, country: str) -> str:
    """As ``phone``, every number read by libphonenumber: slower, and the authority on national spellings."""
    text = ascii_of(text[:LONGEST_NUMBER]).strip(" '\"=")
    if found := _SPREADSHEET.match(text):
        text = found[1]
    text = _EXTENSION.sub("", text)
    if len(_NOT_DIGIT.sub("", text)) > MOST_DIGITS + 1 or ";" in text or "," in text:
        text = next((p for p in _PIECES.split(text) if len(_NOT_DIGIT.sub("", p)) >= LEAST_DIGITS), text)
    if re.match(r"^\d[.,]\d+e\+?\d+$", text, re.IGNORECASE):
        # A spreadsheet rounded it away.
        return ""
    if not _VANITY.match(text):
        text = _LETTERS.sub(" ", text).strip()
    text = text.replace("(0)", "")
    if text.startswith("00"):
        text = f"+{text[2:].lstrip('0 ')}"
    elif text.startswith("(+"):
        text = text[1:].replace(")", " ", 1)
    number = _national(text, country) or _NOT_DIGIT.sub("", text).lstrip("0")
    if not LEAST_DIGITS <= len(number) <= MOST_DIGITS or one_character(number) or one_character(number[-7:]):
        return ""
    return number[-SIGNIFICANT:]


def _national(text: str, country: str) -> str:
    """The national number without leading zeros, where the length is one of its country's; else ``""``."""
    if not country and not text.startswith("+"):
        return ""
    try:
        number = phonenumbers.parse(text, country if country in _regions() else None)
    except NumberParseException:
        return ""
    return str(number.national_number) if phonenumbers.is_possible_number(number) else ""


@lru_cache(maxsize=1)
def _regions() -> frozenset[str]:
    return frozenset(phonenumbers.SUPPORTED_REGIONS)
