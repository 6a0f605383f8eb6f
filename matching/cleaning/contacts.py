"""E-mail addresses and phone numbers."""

from __future__ import annotations

import re
from functools import lru_cache

from matching.cleaning.lexicon import DIALLING, FAMILY_WORDS, HOME_WORDS, MAIL_TYPOS, ROLE_USERS
from matching.cleaning.text import LONGEST, folded, one_character

_EXTENSION = re.compile(r"\s*(?:ext\.?|extension|x|durchwahl|poste|#)\s*\d{1,6}\s*$", re.IGNORECASE)
_NOT_DIGIT = re.compile(r"\D+")
# The longest tail of a number that is the same in every way of writing it.
SIGNIFICANT = 9


@lru_cache(maxsize=200_000)
def email(text: str) -> str:
    """The mailbox that ``text`` reaches, or ``""``: tags after + and, at Google, dots do not count.

    >>> email('Mary.Ann+shop@GoogleMail.com')
    'maryann@gmail.com'
    """
    text = text.strip().lower().removeprefix("mailto:").strip(" <>;,.\"'")
    user, at, domain = text.rpartition("@")
    if not at or not user or "." not in domain or " " in text or len(text) > 2 * LONGEST:
        return ""
    domain = MAIL_TYPOS.get(domain, domain)
    user = user.split("+", 1)[0] or user
    if domain == "gmail.com":
        user = user.replace(".", "") or user
    return f"{user}@{domain}"


def is_role(address: str) -> bool:
    """Whether the mailbox belongs to an office rather than to a person."""
    return address.partition("@")[0] in ROLE_USERS


@lru_cache(maxsize=200_000)
def is_family_box(user: str, family: str) -> bool:
    """Whether the part before the @ says that a whole family reads it; ``family`` is a surname or ``""``.

    >>> is_family_box('familie.meyer', ''), is_family_box('thesmiths2', 'smith'), is_family_box('jane.smith', 'smith')
    (True, True, False)
    """
    letters = folded("".join(c for c in user if c.isalpha()))
    if letters.startswith(FAMILY_WORDS) or letters.endswith(FAMILY_WORDS):
        return True
    name = family.replace(" ", "")
    return len(name) > 2 and name in letters and letters.replace(name, "", 1) in HOME_WORDS


@lru_cache(maxsize=200_000)
def phone(text: str, country: str) -> str:
    """The digits of a number that do not depend on how it was written, at most nine, or ``""``.

    >>> phone('+49 (0)151 234 55994', ''), phone('0151 23455994', 'DE'), phone('(212) 555-0143 x12', 'US')
    ('123455994', '123455994', '125550143')
    """
    text = _EXTENSION.sub("", text.strip()[:60])
    international = text.startswith(("+", "00"))
    digits = _NOT_DIGIT.sub("", text.replace("(0)", ""))
    if international:
        digits = digits.lstrip("0")
    elif country in DIALLING:
        code, trunk = DIALLING[country]
        if trunk and digits.startswith(trunk):
            digits = digits[len(trunk) :]
        elif digits.startswith(code) and len(digits) > 10:
            digits = digits[len(code) :]
    else:
        digits = digits.lstrip("0")
    if not 6 <= len(digits) <= 16 or one_character(digits.lstrip("0") or "000") or one_character(digits[-7:]):
        return ""
    return digits[-SIGNIFICANT:]
