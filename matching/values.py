"""Values as a golden profile shows them: the customer's own spelling in the field's standard form.

Comparing wants as little of a value as tells two people apart (``matching.cleaning``); a profile wants
all of it, and no placeholder. Every function gives None for what is no value.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from functools import lru_cache

import phonenumbers
from phonenumbers.phonenumberutil import NumberParseException

from matching.cleaning import contacts, dates, identifiers, places
from matching.cleaning.text import LONGEST, words
from matching.defaults import PLACEHOLDERS
from matching.records import CanonicalRecord

_UNKNOWN_YEARS = frozenset(f"{year:04d}" for year in dates.UNKNOWN_YEARS)
_PLACEHOLDERS = {kind: frozenset(values) for kind, values in PLACEHOLDERS.items()}


# One cleaning serves a record's profile and its search terms, and those of whatever joins its cluster soon after.
@lru_cache(maxsize=1 << 15)
def email_address(text: str) -> str | None:
    """The address in lower case; dots and tags stay, because mail is sent to it.

    >>> email_address(' Mary.Ann+shop@GoogleMail.com ')
    'mary.ann+shop@googlemail.com'
    """
    found = contacts.address(text)
    mailbox = contacts.mailbox(found) if found else ""
    return found if mailbox and mailbox not in _PLACEHOLDERS["email"] else None


significant = lru_cache(maxsize=1 << 15)(contacts.phone)


@lru_cache(maxsize=50_000)
def phone_number(text: str, country: str | None) -> str | None:
    """E.164 where the number can be one of its country; else the digits as they came.

    >>> phone_number('0151 23455994', 'DE')
    '+4915123455994'
    """
    digits = significant(text, country or "")
    if not digits or digits in _PLACEHOLDERS["phone"]:
        return None
    if plain := _plain_number(text, country):
        return plain
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException:
        return "".join(c for c in text if c.isdigit() or c == "+") or None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


# Countries whose trunk zero is dropped abroad, their code, and how many digits follow it: there a number is put in
# the standard form by rule, as libphonenumber puts it for thirty times the price.
_TRUNK_ZERO = {"DE": "49", "GB": "44", "FR": "33", "NL": "31", "AT": "43", "CH": "41", "BE": "32"}
_LENGTHS = {"49": (9, 10, 11), "44": (10,), "33": (9,), "31": (9,), "43": (10, 11), "41": (9,), "32": (9,)}
_WRITTEN = re.compile(r"\+?[0-9(][0-9 ()./-]*", re.ASCII)
# ``+44 (0)20 …``: the zero that is dialled at home alone.
_WITH_ZERO = re.compile(r"(\+[0-9]{2}) ?\(0\)")
_SIGNS = str.maketrans("", "", " ()./-")


def _plain_number(text: str, country: str | None) -> str | None:
    """The answer of ``phone_number`` for a number whose form leaves nothing to ask; None for every other."""
    if "+" not in text and not country and text.isascii() and ";" not in text:
        # Neither the number nor the record says of which country it is: the digits as they came.
        return "".join(c for c in text if c.isdigit())
    if not _WRITTEN.fullmatch(text):
        return None
    if "(0)" in text:
        text, known = _WITH_ZERO.subn(r"\1", text, count=1)
        if not known or text[1] == "1":
            return None
    digits = text.translate(_SIGNS)
    if digits[:2] == "00" and country in _TRUNK_ZERO:
        digits = f"+{digits[2:]}"
    if digits[0] == "+":
        code, rest = digits[1:3], digits[3:]
        if digits[1:2] == "1":
            rest = digits[2:]
            return f"+1{rest}" if len(rest) == 10 and rest[0] > "1" else None
        lengths = _LENGTHS.get(code, ())
    elif country in _TRUNK_ZERO and digits[0] == "0":
        code, rest = _TRUNK_ZERO[country], digits[1:]
        lengths = _LENGTHS[code]
    elif country in ("US", "CA"):
        digits = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
        return f"+1{digits}" if len(digits) == 10 and digits[0] > "1" else None
    else:
        return None
    return f"+{code}{rest}" if len(rest) in lengths and rest[0] != "0" else None


@lru_cache(maxsize=1 << 15)
def birth_date(text: str | None, country: str | None) -> str | None:
    """ISO 8601 date; None for a sentinel, for an unknown year and for a day that no calendar has.

    >>> birth_date('12.03.1984', 'DE')
    '1984-03-12'
    """
    if not text:
        return None
    if len(text) == 10 and text[4] == "-" == text[7] and text.isascii() and text[:4] not in _UNKNOWN_YEARS:
        with suppress(ValueError):  # then it is no plain ISO date, and read as any other
            if 1000 <= date.fromisoformat(text).year <= 2100:
                return None if text.replace("-", "") in _PLACEHOLDERS["birth_date"] else text
    digits = dates.birth_date(text, country or "")
    if len(digits) != 8 or digits in _PLACEHOLDERS["birth_date"]:
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).isoformat()
    except ValueError:
        return None


def country_code(text: str | None) -> str | None:
    """ISO 3166-1 alpha-2."""
    return (places.country(text) or None) if text else None


def country_of(record: CanonicalRecord) -> str | None:
    """The country of its first address that names one."""
    for address in record.addresses:
        if code := country_code(address.country):
            return code
    return None


@lru_cache(maxsize=1 << 15)
def is_placeholder(text: str | None) -> bool:
    """Whether a text such as ``N/A`` or ``unknown`` stands for nothing."""
    return not text or " ".join(text.lower().split()) in _PLACEHOLDERS["text"]


@lru_cache(maxsize=1 << 15)
def fold(text: str) -> str:
    """Words in plain lower case, to tell whether two values are the same to a person."""
    if text.isascii() and len(text) <= LONGEST and text.replace(" ", "").isalnum():
        return " ".join(text.lower().split())  # as words does it, where there is no sign to look for
    return " ".join(words(text))


def search_terms(record: CanonicalRecord) -> list[str]:
    """What people and channels look a customer up by, each with a letter for its kind: n name, e e-mail,
    p phone (its significant digits), i identifier, s source id."""
    name = record.name
    spellings = {
        fold(text)
        for text in (
            f"{name.given or ''} {name.family or ''}",
            f"{name.family or ''} {name.given or ''}",
            name.full,
            record.organisation_name,
        )
        if text
    }
    terms = [f"n:{spelling}" for spelling in spellings if spelling]
    terms += [f"e:{address}" for e in record.emails if (address := email_address(e.value))]
    if record.phones:
        country = country_of(record) or ""
        terms += [f"p:{digits}" for p in record.phones if (digits := significant(p.value, country))]
    terms += [f"i:{value}" for i in record.identifiers if (value := identifiers.identifier(i.value))]
    terms.append(f"s:{record.source_id.lower()}")
    return terms


def query_terms(text: str) -> list[str]:
    """The terms that what somebody typed may mean; each is a prefix of those of ``search_terms``."""
    terms = [f"s:{text.strip().lower()}"]
    if spelling := fold(text):
        terms.append(f"n:{spelling}")
    if "@" in text:
        terms.append(f"e:{text.strip().lower()}")
    if digits := contacts.phone(text, ""):
        terms.append(f"p:{digits}")
    if value := identifiers.identifier(text):
        terms.append(f"i:{value}")
    return terms
