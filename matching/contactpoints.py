"""Contact points and channels of consent, as they compare: two spellings of one address are one.

No spelling is changed in the ledger; these are the keys by which statements meet.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from matching.cleaning.contacts import address, phone

# One means of contact under the names that systems give it.
_CHANNELS = {
    "e-mail": "email", "e_mail": "email", "electronic mail": "email",
    "text": "sms", "text_message": "sms", "mobile_message": "sms",
    "call": "phone", "calls": "phone", "telephone": "phone", "voice": "phone",
    "letter": "postal", "post": "postal", "postal_mail": "postal", "direct_mail": "postal",
    "all": "*", "any": "*",
}  # fmt: skip
_NUMBER_LIKE = re.compile(r"[\d\s()+./x#-]+", re.IGNORECASE)
ANY = "*"


def channel_key(channel: str) -> str:
    """The channel by the one name under which statements are compared; ``*`` is every channel.

    >>> channel_key(" E-Mail "), channel_key("WhatsApp"), channel_key("*")
    ('email', 'whatsapp', '*')
    """
    folded = " ".join(channel.casefold().split())
    return _CHANNELS.get(folded, folded)


def purpose_key(purpose: str) -> str:
    """As ``channel_key``, for a purpose or a brand: case and spaces tell nothing apart."""
    folded = " ".join(purpose.casefold().split())
    return ANY if folded in ("all", "any") else folded


def brand_key(brand: str) -> str:
    """The brand under which statements are compared; ``""`` is said of every brand.

    >>> brand_key(" Main"), brand_key("*")
    ('main', '')
    """
    folded = " ".join(brand.casefold().split())
    return "" if folded == ANY else folded


@lru_cache(maxsize=4096)
def point_key(contact_point: str, jurisdiction: str = "") -> str:
    """A contact point by what its spellings have in common; ``""`` for none.

    An e-mail address in lower case, as it stands: what a provider makes of dots and tags is its own affair, and a
    withdrawal must not reach another mailbox's owner nor miss this one's. Of a phone number its last nine digits
    behind country and trunk; ``jurisdiction`` (ISO 3166-1 alpha-2) says how a national spelling is read. Anything
    else (a push token, a postal address) without spaces around, in lower case.

    >>> point_key(" K.Meyer@Example.com"), point_key("+49 151 23455994") == point_key("0151 23455994", "DE")
    ('k.meyer@example.com', True)
    """
    text = unicodedata.normalize("NFKC", contact_point).strip()
    if not text or text == ANY:
        return ""
    if "@" in text and (found := address(text)):
        return found
    if _NUMBER_LIKE.fullmatch(text) and (found := phone(text, jurisdiction[:2].upper())):
        return f"tel:{found}"
    return " ".join(text.casefold().split())
