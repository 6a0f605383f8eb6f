"""Masks: what is left of a value for whoever may know that there is one, and not which. Pure.

No mask tells how long a value is, and none that a value of another shape is any the less covered: what is not
understood becomes three stars.

    k.meyer@gmail.com    k***@gmail.com     a provider that many have; other domains name their owners: k***@***.com
    +4915123455994       ***94
    1984-03-12           1984
    Katherine            K***
    9065606144           ***44
    Lindenstr. 14, 10969 Berlin, DE         ***, 10***, ***, DE
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matching.cleaning.mailwords import PROVIDERS

STARS = "***"
# What a part of a value says of its kind, not of the customer.
_PLAIN = frozenset(("type", "issuer", "primary", "verified", "country"))
# Of a value shorter than this its last two characters would be too much of it.
_ENOUGH = 6
_MAILBOXES = frozenset(f"{name}.{end}" for name, ends in PROVIDERS.items() for end in ends)


def email(text: str) -> str:
    """
    >>> email("k.meyer@gmail.com"), email("k@meyer-lang.co.uk"), email("no mail")
    ('k***@gmail.com', 'k***@***.uk', '***')
    """
    user, at, domain = text.strip().rpartition("@")
    if not (user and at and domain):
        return STARS
    folded = domain.lower()
    shown = folded if folded in _MAILBOXES else f"{STARS}.{folded.rpartition('.')[2]}" if "." in folded else STARS
    return f"{user[0]}{STARS}@{shown}"


def ending(text: str) -> str:
    """The last two characters, by which people tell phone numbers and cards apart.

    >>> ending("+4915123455994"), ending("12345")
    ('***94', '***')
    """
    return STARS + text[-2:] if len(text) >= _ENOUGH else STARS


def initial(text: str) -> str:
    """
    >>> initial("Katherine"), initial("")
    ('K***', '***')
    """
    return text.strip()[:1] + STARS


def year(text: str) -> str:
    """
    >>> year("1984-03-12"), year("12 March")
    ('1984', '***')
    """
    return text[:4] if text[:4].isdigit() and text[4:5] in ("", "-") else STARS


def contact_point(text: str) -> str:
    """A mailbox or a number, and nothing of what is neither.

    >>> contact_point("k.meyer@gmail.com"), contact_point("+4915123455994"), contact_point("Lindenstr. 14")
    ('k***@gmail.com', '***94', '***')
    """
    return email(text) if "@" in text else ending(text) if _numeric(text) else STARS


def attribute_of_point(text: str) -> str:
    """The attribute of the profile that a contact point belongs to.

    >>> attribute_of_point("k@gmail.com"), attribute_of_point("+49 151"), attribute_of_point("Lindenstr. 14")
    ('emails', 'phones', 'addresses')
    """
    return "emails" if "@" in text else "phones" if _numeric(text) else "addresses"


def _numeric(text: str) -> bool:
    return bool(text) and all(c.isdigit() or c in " +()/.-" for c in text)


_TEXT = {
    "name": initial, "organisation": initial, "birth_date": year, "emails": email, "phones": ending,
    "identifiers": ending,
}  # fmt: skip


def mask(attribute: str, value: Any) -> Any:
    """A value of this attribute of the profile with its shape kept: objects keep their keys, lists their items.

    >>> mask("addresses", {"street": "Lindenstr. 14", "postal_code": "10969", "country": "DE", "primary": True})
    {'street': '***', 'postal_code': '10***', 'country': 'DE', 'primary': True}
    >>> mask("attributes.tier", 3), mask("name", {"given": "Kate", "former_family": ["Schmidt"]})
    ('***', {'given': 'K***', 'former_family': ['S***']})
    """
    if value is None:
        return None
    if isinstance(value, Mapping) and not attribute.startswith("attributes"):
        return {key: held if key in _PLAIN else _part(attribute, key, held) for key, held in value.items()}
    if isinstance(value, list) and not attribute.startswith("attributes"):
        return [mask(attribute, item) for item in value]
    covered = _TEXT.get(attribute.partition(".")[0])
    return covered(value) if covered and isinstance(value, str) else STARS


def _part(attribute: str, key: str, held: Any) -> Any:
    if key == "postal_code" and isinstance(held, str):
        return held[:2] + STARS
    return mask(attribute, held)
