"""Values as a golden profile shows them: the customer's own spelling in the field's standard form.

Comparing wants as little of a value as tells two people apart (``matching.cleaning``); a profile wants
all of it, and no placeholder. Every function gives None for what is no value.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import phonenumbers
from phonenumbers.phonenumberutil import NumberParseException

from matching.cleaning import contacts, dates, identifiers, places
from matching.cleaning.text import words
from matching.defaults import PLACEHOLDERS
from matching.records import CanonicalRecord

_PLACEHOLDERS = {kind: frozenset(values) for kind, values in PLACEHOLDERS.items()}


def email_address(text: str) -> str | None:
    """The address in lower case; dots and tags stay, because mail is sent to it.

    >>> email_address(' Mary.Ann+shop@GoogleMail.com ')
    'mary.ann+shop@googlemail.com'
    """
    mailbox = contacts.email(text)
    if not mailbox or mailbox in _PLACEHOLDERS["email"]:
        return None
    return contacts.address(text) or None


@lru_cache(maxsize=50_000)
def phone_number(text: str, country: str | None) -> str | None:
    """E.164 where the number can be one of its country; else the digits as they came.

    >>> phone_number('0151 23455994', 'DE')
    '+4915123455994'
    """
    digits = contacts.phone(text, country or "")
    if not digits or digits in _PLACEHOLDERS["phone"]:
        return None
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException:
        return "".join(c for c in text if c.isdigit() or c == "+") or None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def birth_date(text: str | None, country: str | None) -> str | None:
    """ISO 8601 date; None for a sentinel, for an unknown year and for a day that no calendar has.

    >>> birth_date('12.03.1984', 'DE')
    '1984-03-12'
    """
    digits = dates.birth_date(text, country or "") if text else ""
    if len(digits) != 8 or digits in _PLACEHOLDERS["birth_date"]:
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).isoformat()
    except ValueError:
        return None


def country_code(text: str | None) -> str | None:
    """ISO 3166-1 alpha-2."""
    return (places.country(text) or None) if text else None


def is_placeholder(text: str | None) -> bool:
    """Whether a text such as ``N/A`` or ``unknown`` stands for nothing."""
    return not text or " ".join(text.lower().split()) in _PLACEHOLDERS["text"]


def fold(text: str) -> str:
    """Words in plain lower case, to tell whether two values are the same to a person."""
    return " ".join(words(text))


def search_terms(record: CanonicalRecord) -> Iterable[str]:
    """What people and channels look a customer up by, each with a letter for its kind: n name, e e-mail,
    p phone (its significant digits), i identifier, s source id."""
    name = record.name
    spellings = {
        fold(" ".join(part for part in parts if part))
        for parts in ((name.given, name.family), (name.family, name.given), (name.full,), (record.organisation_name,))
    }
    yield from (f"n:{spelling}" for spelling in spellings if spelling)
    yield from (f"e:{address}" for e in record.emails if (address := email_address(e.value)))
    country = next((code for a in record.addresses if (code := country_code(a.country))), "")
    yield from (f"p:{digits}" for p in record.phones if (digits := contacts.phone(p.value, country)))
    yield from (f"i:{value}" for i in record.identifiers if (value := identifiers.identifier(i.value)))
    yield f"s:{record.source_id.lower()}"


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
