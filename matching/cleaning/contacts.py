"""E-mail addresses."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.distance import OSA

from matching.cleaning.mailwords import (
    ALIASES,
    DAMAGED,
    DAMAGED_COM,
    DASH_TAGS,
    FAMILY_WORDS,
    HOME_WORDS,
    PROVIDERS,
    REAL,
    ROLE_USERS,
)
from matching.cleaning.phones import phone
from matching.cleaning.text import ascii_of, folded

__all__ = ["address", "email", "is_family_box", "is_role", "mailbox", "phone"]

# RFC 5321: the most that an address may hold.
LONGEST_ADDRESS = 254
_PLAIN = re.compile(
    r"[a-z0-9_][a-z0-9_.!#$%&'*+/=?^{|}~-]*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?"
)
_BRACKETED = re.compile(r"<\s*([^<>@]*@[^<>]*?)\s*>")
_LABEL = re.compile(r"^(?:e-?mail|mail(?:to)?|courriel|correo|adresse)\s*[:=]\s*")
_AT = re.compile(r"\s*(?:\(at\)|\[at\]|\{at\}|\bat\b|\(a\)|\bbei\b|\barroba\b)\s*")
_DOT = re.compile(r"\s*(?:\(dot\)|\[dot\]|\(punkt\)|\bdot\b|\bpunkt\b|\bpunto\b)\s*")
_AROUND = re.compile(r"\s*([@.])\s*")
_DOTS = re.compile(r"\.{2,}")
# What stands around an address in lists, links and sentences.
_EDGES = " <>;,.\"'()[]:"
_OTHERS = re.compile(r"[;|]|,(?=[^@]*@)|\s/\s")


def email(text: str) -> str:
    """The mailbox that ``text`` reaches, or ``""`` where it is no address. Idempotent.

    Tags after + (at Yahoo, after a dash) do not count, nor do dots at Google and Proton; domains of one
    mailbox are one, mistyped providers put right. Of several addresses the first counts.

    >>> email('Mary.Ann+shop@GoogleMail.com'), email('"Jo" <jo@gmail.con>')
    ('maryann@gmail.com', 'jo@gmail.com')
    """
    found = address(text)
    return mailbox(found) if found else ""


def mailbox(found: str) -> str:
    """The mailbox that mail to this ``address`` reaches, or ``""``."""
    user, _, domain = found.rpartition("@")
    domain = _domain(domain)
    box = _box(user, domain)
    if domain.endswith(".fastmail.com"):
        # Anything before the @ reaches the user whom the domain names.
        box, _, domain = domain.partition(".")
    if box != user and not _PLAIN.fullmatch(f"{box}@{domain}"):
        return ""
    return f"{box}@{domain}"


def address(text: str) -> str:
    """The address in ``text`` to which mail is sent, lower case, as it was written; ``""`` for none.

    >>> address('"Jo" <Jo.B+news@GMail.com>')
    'jo.b+news@gmail.com'
    """
    found = text.strip().lower() if len(text) <= LONGEST_ADDRESS else ""
    return found if _PLAIN.fullmatch(found) else _found(text)


def _box(user: str, domain: str) -> str:
    """The user part without what its provider takes no notice of."""
    if "+" in user:
        user = user.partition("+")[0]
    if domain == "gmail.com":
        return user.replace(".", "")
    if domain == "proton.me":
        return user.replace(".", "").replace("_", "").replace("-", "")
    if "-" in user and domain.startswith(DASH_TAGS):
        user = user.partition("-")[0]
    return user.strip(".")


def is_role(mailbox: str) -> bool:
    """Whether the mailbox belongs to an office rather than to a person."""
    user = mailbox.partition("@")[0]
    return user in ROLE_USERS or (user[-1:].isdigit() and user.rstrip("0123456789-_.") in ROLE_USERS)


@lru_cache(maxsize=1 << 15)
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


def _found(text: str) -> str:
    """The address in a value that is not simply one; ``""`` where there is none."""
    text = text[: 2 * LONGEST_ADDRESS]
    if bracketed := _BRACKETED.search(text):
        text = bracketed[1]
    text = _idn(text.strip())
    text = ascii_of(text).strip().lower() if len(text) < LONGEST_ADDRESS else ""
    text = _LABEL.sub("", text).strip(_EDGES)
    if "@" not in text:
        text = _DOT.sub(".", _AT.sub("@", text, count=1))
    if text.count("@") > 1:
        text = _OTHERS.split(text.replace("@@", "@"))[0]
        text = next((t for t in text.split() if "@" in t), text) if text.count("@") > 1 else text
    user, _, domain = _AROUND.sub(r"\1", text).rpartition("@")
    user = user.strip(_EDGES).removeprefix("www.")
    domain = _DOTS.sub(".", re.sub(r"\s*,\s*|\s+", ".", domain.strip(_EDGES + "/\\"))).strip(".-")
    if " " in user and domain in ("gmail.com", "googlemail.com"):
        # Dots do not count there, so that a space for one does no harm.
        user = user.replace(" ", "")
    found = f"{_DOTS.sub('.', user)}@{domain if '.' in domain else _WITHOUT_DOT.get(domain, '')}"
    return found if len(found) <= LONGEST_ADDRESS and _PLAIN.fullmatch(found) else ""


def _idn(text: str) -> str:
    """A domain with letters of its own language as it is known to name servers."""
    user, at, domain = text.rpartition("@")
    if not at or domain.isascii():
        return text
    # The tables of IDNA take a while to load, and most files never need them.
    import idna

    try:
        return f"{user}@{idna.encode(domain.strip(_EDGES), uts46=True).decode()}"
    except (idna.IDNAError, UnicodeError):
        return text


@lru_cache(maxsize=1 << 15)
def _domain(domain: str) -> str:
    """The domain that was meant, slips in the names of big providers put right."""
    if domain in REAL:
        return domain
    domain = ALIASES.get(domain, domain)
    name, _, end = domain.partition(".")
    if end in PROVIDERS.get(name, ()):
        return domain
    meant = name if name in PROVIDERS else _one_slip(name)
    ends = PROVIDERS.get(meant, ())
    if not ends:
        return domain
    if end not in ends:
        fixed = DAMAGED.get(end, "com" if end in DAMAGED_COM else "")
        if fixed not in ends:
            # Another company of that name, in another country.
            return domain
        end = fixed
    domain = f"{meant}.{end}"
    return ALIASES.get(domain, domain)


def _one_slip(name: str) -> str:
    """The provider that ``name`` is one slip from; a first letter is seldom mistyped, and tells firms apart."""
    if len(name) < 4:
        return ""
    for provider in PROVIDERS:
        if len(provider) >= 5 and provider[0] == name[0] and OSA.distance(provider, name, score_cutoff=1) == 1:
            return provider
    return ""


_WITHOUT_DOT = {f"{name}{end.replace('.', '')}": f"{name}.{end}" for name, ends in PROVIDERS.items() for end in ends}
_WITHOUT_DOT |= {"gmail": "gmail.com", "googlemail": "gmail.com", "icloud": "icloud.com"}
