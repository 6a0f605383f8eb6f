"""What the web shop, the loyalty app and the newsletter know: typed by customers themselves."""

from __future__ import annotations

from random import Random

from bench.second import fields
from bench.second.contacts import mail_written
from bench.second.fields import Row
from bench.second.naming import Manner, Written, name
from bench.second.people import Person
from bench.second.phones import Phone, spelled
from bench.second.spelling import broken_encoding
from bench.second.words import pick
from bench.second.world import World

SHOP = Manner(called=0.16, initial=0.03, middle=0.05, both_families=0.5, slip=0.03, plain=0.22, german=0.3)
APP = Manner(called=0.6, initial=0.01, middle=0.02, both_families=0.35, slip=0.025, plain=0.25, german=0.3)
NEWS = Manner(called=0.5, initial=0.02, middle=0.0, both_families=0.2, slip=0.03, plain=0.4, german=0.2)
SURNAME_FIRST = ("vi", "zh")


def typed_mail(rng: Random, person: Person, when: float, *, work: float, care: float = 1.0) -> str:
    """One of the person's addresses; the shared and the second one each in its share."""
    chance = rng.random()
    if person.work_mail and chance < work:
        return mail_written(rng, person.work_mail, care=care)
    if person.shared_mail and rng.random() < 0.6:
        return mail_written(rng, person.shared_mail, care=care)
    if person.other_mail and rng.random() < 0.3:
        return mail_written(rng, person.other_mail, care=care)
    mail = person.mail(when)
    return mail_written(rng, mail, care=care) if mail else ""


def typed_phone(rng: Random, person: Person, when: float, *, mobile: float, work: float = 0.08) -> Phone | None:
    """A mobile in that share, else the landline at home, at times the one at work."""
    if person.work_phone and rng.random() < work:
        return person.work_phone
    line = person.home(when).line
    if line is None or rng.random() < mobile:
        return person.mobile(when) or line
    return line


def case(rng: Random, row: Row, *, lower: float, upper: float) -> None:
    """Writes names, street and city in small or in capital letters, in those shares."""
    chance = rng.random()
    if chance > lower + upper:
        return
    for field in ("given_name", "middle_name", "family_name", "full_name", "street", "city"):
        if field in row:
            row[field] = row[field].lower() if chance < lower else row[field].upper()


def split(rng: Random, row: Row, person: Person, written: Written, *, swapped: float) -> None:
    """Given and family name into their fields, swapped in a share (six times it, for surname-first cultures)."""
    family = f"{written.family}{pick(rng, (' ', ', ', ' '))}{written.suffix}" if written.suffix else written.family
    row["given_name"], row["family_name"] = written.given, family
    if written.middle:
        row["middle_name"] = written.middle
    if rng.random() < swapped * (6 if person.culture in SURNAME_FIRST else 1):
        row["given_name"], row["family_name"] = family, written.given


def shop(rng: Random, world: World, person: Person, when: float) -> Row:
    """The web shop. Half are guests, who may order to another's door or hide their mailbox behind a market place's."""
    guest = rng.random() < 0.45
    row: Row = {"source_system": "webshop"}
    written = name(rng, person, when, SHOP)
    if guest and rng.random() < 0.12:
        row["full_name"] = f"{written.given} {written.middle + ' ' if written.middle else ''}{written.family}"
    else:
        split(rng, row, person, written, swapped=0.014)
        if written.middle and rng.random() < 0.5:
            row["given_name"] += f" {row.pop('middle_name')}"
    home = person.home(when)
    if guest and rng.random() < 0.03:
        home = world.places[home.country].address(rng, home)  # a present: the door is another's
    gaps = 0.5 if person.private and not guest else 0.02
    fields.address(rng, world, row, home, plain=0.22, shorten=0.42, gaps=gaps)
    if guest and rng.random() < 0.18:
        row["email"] = f"{int(rng.random() * 16**10):010x}@relay.example.net"
    else:
        row["email"] = typed_mail(rng, person, when, work=0.17)
    phone = typed_phone(rng, person, when, mobile=0.85)
    if phone and rng.random() < (0.3 if person.private else 0.55):
        row["phone"] = spelled(rng, phone, international=0.22, bare=0.45)
    if not guest:
        if rng.random() < 0.36:
            row["birth_date"] = fields.iso(fields.wrong_date(rng, person.born, 0.04))
        if rng.random() < 0.2:
            row["loyalty_id"] = fields.card(rng, person)
        if rng.random() < 0.5:
            row["gender"] = fields.gender(rng, person, ("male", "female"))
        if person.company and rng.random() < 0.12:
            row["company_name"] = person.company
        if person.other_mail and rng.random() < 0.1:
            row["email2"] = person.mail(when)
    case(rng, row, lower=0.08, upper=0.04)
    return row


def app(rng: Random, world: World, person: Person, when: float) -> Row:
    """The loyalty app: short names, birthdays for a present, no street. A skipped birthday is 1990-01-01."""
    row: Row = {"source_system": "app"}
    written = name(rng, person, when, APP)
    split(rng, row, person, written, swapped=0.01)
    if rng.random() < 0.07:
        row.pop("family_name")
    row["email"] = typed_mail(rng, person, when, work=0.03)
    phone = person.mobile(when)
    if phone and rng.random() < 0.7:
        row["phone"] = spelled(rng, phone, international=0.6, bare=0.8)
    chance = rng.random()
    if chance < 0.08:
        row["birth_date"] = "1990-01-01"
    elif chance < 0.12:
        row["birth_date"] = f"{person.born[0]}-01-01"
    elif chance < 0.17:
        row["birth_date"] = f"--{person.born[1]:02d}-{person.born[2]:02d}"
    elif chance < 0.8:
        row["birth_date"] = fields.iso(fields.wrong_date(rng, person.born, 0.05))
    if rng.random() < 0.85:
        row["postal_code"] = fields.postal_code(rng, person.home(when))
    if rng.random() < 0.9:
        row["country"] = person.country
    if not person.cards:
        person.cards = [world.card(rng)]
    if rng.random() < 0.9:
        row["loyalty_id"] = fields.card(rng, person)
    if rng.random() < 0.7:
        row["gender"] = fields.gender(rng, person, ("M", "F"))
    if rng.random() < 0.85:
        row["preferred_store"] = fields.store(rng, world, person)
    case(rng, row, lower=0.14, upper=0.02)
    return row


def news(rng: Random, world: World, person: Person, when: float) -> Row:
    """The newsletter: a mailbox, and perhaps a name, often whole in the field for the given name."""
    row: Row = {"source_system": "newsletter"}
    written = name(rng, person, when, NEWS)
    chance = rng.random()
    if chance < 0.15:
        row["given_name"] = written.given
    elif chance < 0.4:
        row["given_name"] = f"{written.given} {written.family}"
    elif chance < 0.68:
        row["full_name"] = f"{written.given} {written.family}"
    elif chance < 0.94:
        split(rng, row, person, written, swapped=0.03)
    row["email"] = typed_mail(rng, person, when, work=0.1)
    if rng.random() < 0.6:
        row["country"] = person.country
    if rng.random() < 0.55:
        row["postal_code"] = fields.postal_code(rng, person.home(when))
    if rng.random() < 0.12:
        row["birth_date"] = fields.iso(person.born)
    if rng.random() < 0.2:
        row["gender"] = fields.gender(rng, person, ("m", "w" if person.country == "DE" else "f"))
    for field in ("given_name", "family_name", "full_name"):
        if field in row and not row[field].isascii() and rng.random() < 0.12:
            row[field] = broken_encoding(row[field])
    case(rng, row, lower=0.2, upper=0.03)
    return row
