"""Who there is: persons, who live in households, and companies that some of them work for.

Household ── Place (now, before), landline, shared e-mail
  └─ Person ── names (born, married), birth date, e-mails, phones, loyalty card
Company ── Place, switchboard, tax id ── employees
"""

from __future__ import annotations

from dataclasses import dataclass, field

from samples.dice import Draw, pick
from samples.lists import lines
from samples.places import Place

PROVIDERS = (
    "mail.example.com", "mail.example.com", "mail.example.com", "post.example.net", "inbox.example.org",
    "web.example.com", "freemail.example.net", "online.example.org", "me.example.com", "live.example.net",
)  # fmt: skip
_HANDLES = tuple(next(lines("handles.txt"))[0].split())
_FOLD = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e", "ê": "e", "ë": "e", "à": "a", "â": "a", "ç": "c",
    "ï": "i",
     "î": "i", "ô": "o", "û": "u", "ù": "u", "ñ": "n", "á": "a", "ó": "o", "ı": "i", "ş": "s", "ğ": "g", "å": "a",
     " ": "", "'": "", "-": "", ".": ""}
)  # fmt: skip


@dataclass(slots=True)
class Company:
    number: int
    name: str
    where: Place
    switchboard: str
    domain: str
    tax_id: str
    employees: list[Person] = field(default_factory=list)


@dataclass(slots=True)
class Person:
    """``era`` times (``moved``, ``married``) are fractions of the sample's years; None: never."""

    number: int
    sex: str
    given: str
    nick: str
    middle: str
    family: str
    born_as: str
    suffix: str
    birth: str
    home: Place
    old_home: Place | None
    moved: float
    married: float
    mobile: str
    old_mobile: str
    landline: str
    email: str
    email2: str
    family_email: str
    twin: bool = False
    namesake: bool = False
    company: Company | None = None
    work_email: str = ""
    work_phone: str = ""
    tax_id: str = ""


@dataclass(slots=True)
class Block:
    """What one block of persons shares: who has been named and addressed already."""

    seed: int
    index: int
    blocks: int
    r: Draw
    taken: set[str] = field(default_factory=set)
    people: list[Person] = field(default_factory=list)
    companies: list[Company] = field(default_factory=list)


def plain(name: str) -> str:
    return name.lower().translate(_FOLD)


def address_of(block: Block, given: str, family: str, birth: str = "") -> str:
    """An e-mail address that nobody else has: its number is of the block's residue class, or its provider is."""
    r = block.r
    while True:
        first, last = plain(given), plain(family)
        style = r()
        if not birth:
            user = first
        elif style < 0.34:
            user = f"{first}.{last}"
        elif style < 0.46:
            user = f"{first[0]}{last}"
        elif style < 0.56:
            user = f"{first}{last}"
        elif style < 0.62:
            user = f"{last}.{first}"
        elif style < 0.70:
            user = f"{first}_{last[0]}"
        else:
            user = pick(r, _HANDLES) + pick(r, ("", "_", ".")) + pick(r, _HANDLES)
        if r() < 0.42:
            local = f"{pick(r, _HANDLES)}{block.index}" if block.index else pick(r, _HANDLES)
            domain = f"{local}.example.{pick(r, ('org', 'net'))}"
        else:
            domain = pick(r, PROVIDERS)
            if block.blocks == 1 and birth and r() < 0.4:
                user += birth[2:4] if r() < 0.7 else birth[:4]
            elif block.blocks > 1 or r() < 0.6:
                user += str(block.index + block.blocks * int(r() * 97))
        address = f"{user}@{domain}"
        if address not in block.taken:
            block.taken.add(address)
            return address
