"""E-mail addresses, employers and tax ids. All domains are reserved ones, or slips of the finger on them."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from random import Random

from bench.second import phones
from bench.second.cultures import CULTURES
from bench.second.people import Person
from bench.second.places import NATIVE, Address, Places
from bench.second.spelling import GERMAN, PLAIN, typo
from bench.second.words import Choice, pick, words

DOMAINS = Choice(
    {"example.com": 46, "example.net": 17, "example.org": 12, "mail.example.com": 9, "post.example.org": 6}
)
SLIPS: dict[str, tuple[str, ...]] = {
    "example.com": ("exmaple.com", "example.con", "exampel.com", "examle.com", "example.co", "example.comm")
}
SLIPS |= {"example.net": ("exmaple.net", "example.ne", "exampl.net"), "example.org": ("example.og", "exampe.org")}
HANDLES = (
    "sunny",
    "tiger",
    "moon",
    "blue",
    "rocky",
    "angel",
    "star",
    "bike",
    "coffee",
    "garden",
    "wolf",
    "dance",
    "music",
    "surf",
)
SHARED = {"US": "the", "GB": "the", "DE": "familie", "FR": "famille", "ES": "familia", "NL": "fam"}
OFFICE = ("info", "office", "sales", "contact", "admin")


def ascii_letters(text: str, german: bool) -> str:
    return re.sub("[^a-z]", "", text.translate(GERMAN if german else PLAIN).lower())


class Mailboxes:
    """Gives out addresses, none of them twice. Remembers four bytes of each, so a million people fit in memory."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def free(self, rng: Random, user: str, domain: str) -> str:
        """The address, with digits added where somebody has it already."""
        address = f"{user}@{domain}"
        while (mark := zlib.crc32(address.encode())) in self._taken:
            address = f"{user}{int(rng.random() * (10 ** (2 + len(address) % 3)))}@{domain}"
        self._taken.add(mark)
        return address

    def personal(self, rng: Random, person: Person, family: str) -> str:
        """An address that somebody chose: mostly spelling the name, at times a handle."""
        german = person.country == "DE" and rng.random() < 0.8
        given = ascii_letters(person.called if person.called and rng.random() < 0.3 else person.given, german) or "x"
        last, year, style = ascii_letters(family, german) or "x", person.born[0], rng.random()
        if style < 0.34:
            user = f"{given}.{last}"
        elif style < 0.46:
            user = f"{given[0]}{pick(rng, ('.', '', '_'))}{last}"
        elif style < 0.55:
            user = f"{last}.{given}"
        elif style < 0.72:
            user = f"{given}{last}{year % 100:02d}" if rng.random() < 0.6 else f"{given}{year}"
        elif style < 0.86:
            user = f"{given}{pick(rng, ('', '_', '.'))}{pick(rng, HANDLES)}{int(rng.random() * 100)}"
        else:
            user = f"{pick(rng, HANDLES)}{pick(rng, HANDLES)}{int(rng.random() * 1000)}"
        return self.free(rng, user, DOMAINS.draw(rng))

    def household(self, rng: Random, person: Person) -> str:
        """One address for the whole family."""
        last = ascii_letters(person.family, person.country == "DE")
        return self.free(rng, f"{SHARED[person.country]}{pick(rng, ('.', '', '_'))}{last}", DOMAINS.draw(rng))


def mail_written(rng: Random, address: str, *, care: float = 1.0) -> str:
    """The address as typed; slips are 1/``care`` times as frequent."""
    user, _, domain = address.partition("@")
    chance = rng.random() * care
    if chance < 0.014:
        return f"{user}@{pick(rng, SLIPS[domain])}" if domain in SLIPS else f"{user}@{typo(rng, domain)}"
    if chance < 0.026:
        return f"{typo(rng, user)}@{domain}"
    if chance < 0.048:
        return f"{user}+{pick(rng, ('shop', 'news', 'promo', '2023', 'kaufen'))}@{domain}"
    if chance < 0.068 and domain == "example.com":
        return f"{user.replace('.', '') if '.' in user else user[:2] + '.' + user[2:]}@{domain}"
    if chance < 0.1:
        return address.upper() if chance < 0.08 else user[:1].upper() + user[1:] + "@" + domain
    return address


@dataclass(frozen=True, slots=True)
class Firm:
    """An employer: its name without legal form, the form, where it is and what its people are reached by."""

    name: str
    form: str
    country: str
    domain: str
    switchboard: phones.Phone
    home: Address


class Firms:
    """Employers of one country. Large ones employ many, so colleagues share a switchboard and an office mailbox."""

    def __init__(self, rng: Random, country: str, places: Places, count: int) -> None:
        code = country.lower()
        first, trades, forms = (words("firms.txt", f"{code}_{part}") for part in ("words", "trades", "forms"))
        self._firms = []
        for serial in range(count):
            name = f"{pick(rng, first)} {pick(rng, trades)}"
            if rng.random() < 0.5:
                name = f"{CULTURES[NATIVE[country]].family(rng)} {pick(rng, trades)}"
            home = places.address(rng)
            label = ascii_letters(name, country == "DE")[:18]
            board = phones.landline(rng, country, home.area)
            self._firms.append(Firm(name, pick(rng, forms), country, f"{label}{serial}.example.com", board, home))
        self._buyers = list(self._firms)

    def customer(self, rng: Random) -> Firm | None:
        """A firm that buys in its own name; each is one customer only, None once all are."""
        if not self._buyers:
            return None
        return self._buyers.pop(int(rng.random() * len(self._buyers)))

    def draw(self, rng: Random) -> Firm:
        return self._firms[int(rng.random() ** 2.2 * len(self._firms))]

    def hire(self, rng: Random, person: Person) -> None:
        """Gives the person a company, and at times its e-mail and telephone."""
        firm = self.draw(rng)
        person.company = f"{firm.name} {firm.form}" if rng.random() < 0.7 else firm.name
        given, last = ascii_letters(person.given, False) or "x", ascii_letters(person.family, False) or "x"
        if rng.random() < 0.3:
            person.work_mail = f"{OFFICE[len(firm.name) % 2]}@{firm.domain}"
        elif rng.random() < 0.75:
            person.work_mail = (
                f"{given}.{last}@{firm.domain}" if len(firm.name) % 3 else f"{given[0]}{last}@{firm.domain}"
            )
        if rng.random() < 0.5:
            country, number, _ = firm.switchboard
            person.work_phone = (country, number, str(int(rng.random() * 900) + 100) if rng.random() < 0.6 else "")


def tax_id(rng: Random, country: str) -> str:
    """A person's tax number of the right form, with its check digit where there is one."""
    number = int(rng.random() * 10**8)
    if country == "ES":
        return f"{number:08d}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"
    if country == "US":
        return f"{number % 665 + 1:03d}-{number // 700 % 98 + 1:02d}-{number // 7 % 9998 + 1:04d}"
    if country == "GB":
        first, second = pick(rng, "ABCEGHJKLMNPRSTWXYZ"), pick(rng, "ABCEGHJKLMNPRSTWXYZ")
        return f"{first}{second}{number % 10**6:06d}{pick(rng, 'ABCD')}"
    if country == "FR":
        stem = int(rng.random() * 10**9) + 10**9 * (1 + number % 3)
        return f"{stem}{stem % 511:03d}"
    if country == "NL":
        while True:
            text = str(10**7 + int(rng.random() * 9 * 10**7)).zfill(8)
            check = sum(int(c) * (9 - i) for i, c in enumerate(text)) % 11
            if check < 10:
                return f"{text}{check}"
    text, product = str(1 + number % 9) + str(int(rng.random() * 10**9)).zfill(9), 10
    for c in text:
        product = ((int(c) + product) % 10 or 10) * 2 % 11
    return f"{text}{(11 - product) % 10}"
