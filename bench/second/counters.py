"""What tills, call centres and the ERP know: typed by clerks, from what they hear and what is on paper."""

from __future__ import annotations

from random import Random

from bench.second import fields
from bench.second.contacts import Firm
from bench.second.fields import Row
from bench.second.naming import Manner, Written, name, salutation, split_particle
from bench.second.online import case, split, typed_mail, typed_phone
from bench.second.people import Person
from bench.second.phones import spelled
from bench.second.places import written as written_street
from bench.second.spelling import slipped_digits, typo, unmarked
from bench.second.words import pick
from bench.second.world import Store, World

TILL = Manner(
    called=0.12,
    initial=0.05,
    middle=0.03,
    both_families=0.25,
    slip=0.05,
    sound=0.05,
    plain=0.75,
    german=0.3,
    former=0.1,
)
CARE = Manner(
    called=0.12, initial=0.04, middle=0.25, both_families=0.7, slip=0.03, sound=0.07, plain=0.4, german=0.3, former=0.1
)
ERP = Manner(
    called=0.02,
    initial=0.1,
    middle=0.3,
    both_families=0.85,
    slip=0.015,
    scan=0.025,
    plain=1.0,
    german=0.75,
    former=0.12,
)
NO_PHONE = ("0000000000", "000-000-0000", "9999999999", "0", "unknown", "123456789")
NO_MAIL = ("none@example.com", "test@example.com", "noemail@example.com", "unknown", "no@example.net", "n/a")
NO_NAME = ("unknown", "GUEST", "Kunde", "CLIENT", "n/a", "x")
# What a till knows of its customer, and how often.
CARD, RECEIPT, SLIP, CALL = 0.22, 0.4, 0.57, 0.73


def till(rng: Random, world: World, person: Person, when: float) -> Row:
    """Tills: whole names in capitals, or less. For guests the clerk types the store's own address or telephone."""
    row: Row = {"source_system": "tills"}
    home, stores = person.home(when), world.stores[person.country]
    shop = stores[person.store] if rng.random() < 0.85 else pick(rng, stores)
    written = name(rng, person, when, TILL)
    chance, guest = rng.random(), False
    row["full_name"] = till_name(rng, written, short=0.4 if chance > CALL else 0.12)
    if chance < CARD and (person.cards or person.shared_card):
        number = fields.card(rng, person)
        row["loyalty_id"] = slipped_digits(rng, number) if rng.random() < 0.03 else number
        if rng.random() < 0.27:
            row.pop("full_name")
        if rng.random() < 0.5:
            row["postal_code"] = fields.postal_code(rng, home)
    elif chance < RECEIPT and (mail := typed_mail(rng, person, when, work=0.08, care=0.5)):
        row["email"] = mail
        if rng.random() < 0.45:
            row["postal_code"] = fields.postal_code(rng, home)
    elif chance < SLIP:
        fields.address(rng, world, row, home, plain=0.7, shorten=0.75, gaps=0.06)
        phone = typed_phone(rng, person, when, mobile=0.6)
        if phone and rng.random() < 0.7:
            row["phone"] = spelled(rng, phone, international=0.04, bare=0.7)
    elif chance < CALL and (phone := typed_phone(rng, person, when, mobile=0.75)):
        row["phone"] = spelled(rng, phone, international=0.05, bare=0.75)
        if rng.random() < 0.7:
            row["postal_code"] = fields.postal_code(rng, home)
    else:
        guest = True
        _guest(rng, world, row, shop, fields.city(rng, home), fields.postal_code(rng, home))
    if chance > RECEIPT and not guest and rng.random() < 0.04:
        row["birth_date"] = f"{person.born[2]:02d}.{person.born[1]:02d}.{person.born[0] % 100:02d}"
    if rng.random() < 0.55:
        row["country"] = person.country
    row["preferred_store"] = shop.code
    case(rng, row, lower=0.0, upper=0.85)
    return row


def _guest(rng: Random, world: World, row: Row, shop: Store, city: str, postal_code: str) -> None:
    """Nothing but a name and a town or a postal code, except where the clerk filled the form with the store's own."""
    chance = rng.random()
    if chance < 0.12:
        home = shop.home
        row["street"], row["city"] = written_street(rng, world.places[home.country], home), home.city
        row["postal_code"] = home.postal_code
    elif chance < 0.55:
        row["postal_code"] = postal_code
    elif chance < 0.68:
        row["city"] = city
    else:
        row["postal_code"], row["city"] = postal_code, city
    if rng.random() < 0.05:
        row["phone"] = spelled(rng, shop.phone, bare=1.0, international=0.0)
    if rng.random() < 0.01:
        row["full_name"] = pick(rng, NO_NAME)


def till_name(rng: Random, written: Written, *, short: float) -> str:
    """ "SMITH J", "J. Smith" or "SMITH" in a share ``short``, else the whole name, surname first half of the time."""
    family = written.family
    if rng.random() < short:
        first, chance = written.given[:1], rng.random()
        if chance < 0.3:
            return family
        if chance < 0.65:
            return f"{family} {first}"
        return f"{first}{pick(rng, ('. ', ' ', '.'))}{family}"
    tail = f" {written.suffix}" if written.suffix else ""
    if rng.random() < 0.5:
        return f"{family} {written.given}{tail}"
    return f"{written.given} {written.middle + ' ' if written.middle else ''}{family}{tail}"


def care(rng: Random, world: World, person: Person, when: float) -> Row:
    """Two call centres: the American one writes the month first, the European one the day."""
    american = person.country == "US"
    row: Row = {"source_system": "care_us" if american else "care_eu"}
    written = name(rng, person, when, CARE)
    families = written.family.split()
    if american and person.second_family and len(families) > 1:  # takes a first surname for a middle name
        written.middle, written.family = " ".join(families[:-1]), families[-1]
    elif person.country == "NL" and rng.random() < 0.6:
        particle, rest = split_particle(written.family)
        written.middle, written.family = particle or written.middle, rest
    split(rng, row, person, written, swapped=0.012 if american else 0.035)
    if rng.random() < 0.05:
        row["given_name"] = f"{salutation(rng, person)} {row['given_name']}"
    fields.address(rng, world, row, person.home(when), plain=0.4, shorten=0.6, gaps=0.22 if person.private else 0.08)
    _care_contacts(rng, row, person, when)
    if rng.random() < (0.4 if person.private else 0.82):
        born = fields.wrong_date(rng, person.born, 0.05)
        year = f"{born[0] % 100:02d}" if when < 2016 and not american else str(born[0])
        row["birth_date"] = fields.month_first(born) if american else f"{born[2]:02d}/{born[1]:02d}/{year}"
    elif rng.random() < 0.06:
        row["birth_date"] = "01/01/1900"
    if rng.random() < 0.12:
        row["loyalty_id"] = fields.card(rng, person)
    if person.tax_id and rng.random() < 0.1:
        row["tax_id"] = person.tax_id
    if rng.random() < 0.6:
        row["gender"] = fields.gender(rng, person, ("M", "F"))
    if person.company and rng.random() < 0.15:
        row["company_name"] = person.company
    case(rng, row, lower=0.03, upper=0.06)
    return row


def _care_contacts(rng: Random, row: Row, person: Person, when: float) -> None:
    phone = typed_phone(rng, person, when, mobile=0.5, work=0.15)
    if phone and rng.random() < 0.8:
        text = spelled(rng, phone, international=0.2, bare=0.2)
        row["phone"] = slipped_digits(rng, text) if rng.random() < 0.03 else text
        second = typed_phone(rng, person, when, mobile=0.5)
        if second and second != phone and rng.random() < 0.25:
            row["phone2"] = spelled(rng, second, international=0.2, bare=0.2)
    elif rng.random() < 0.3:
        row["phone"] = pick(rng, NO_PHONE)
    if rng.random() < 0.42:
        row["email"] = typed_mail(rng, person, when, work=0.12, care=0.45)
    elif rng.random() < 0.1:
        row["email"] = pick(rng, NO_MAIL)


def erp(rng: Random, world: World, person: Person, when: float) -> Row:
    """The ERP: "SURNAME, GIVEN" in capitals without marks, cut at 25 letters; an unknown birth date is 01.01.1900."""
    row: Row = {"source_system": "erp"}
    written = name(rng, person, when, ERP)
    particle, rest = split_particle(written.family)
    family = f"{rest} {particle}".strip() if person.country == "NL" and rng.random() < 0.5 else written.family
    given = f"{written.given} {written.middle}".strip()
    whole = f"{family}{pick(rng, (', ', ', ', ' '))}{given}"
    if person.title and rng.random() < 0.5:
        whole = f"{person.title} {whole}"
    if written.suffix:
        whole = f"{whole} {written.suffix}"
    row["full_name"] = whole.upper()[:25].strip()
    fields.address(rng, world, row, person.home(when), plain=1.0, shorten=0.7, gaps=0.03)
    row["country"] = row["country"] or "DE"  # the form's default
    if rng.random() < 0.55:
        phone = typed_phone(rng, person, when, mobile=0.35, work=0.3)
        row["phone"] = spelled(rng, phone, international=0.7, bare=0.15) if phone else pick(rng, NO_PHONE)
    if rng.random() < 0.42:
        row["email"] = typed_mail(rng, person, when, work=0.4).lower()
    chance = rng.random()
    if chance < 0.16:
        row["birth_date"] = "01.01.1900"
    elif chance < 0.5:
        row["birth_date"] = fields.day_first(fields.wrong_date(rng, person.born, 0.02), ".")
    if person.tax_id and rng.random() < 0.6:
        row["tax_id"] = person.tax_id if rng.random() > 0.02 else slipped_digits(rng, person.tax_id)
    if person.company and rng.random() < 0.35:
        row["company_name"] = unmarked(rng, person.company, german=1.0).upper()[:35]
    for field in ("street", "city"):
        if field in row:
            row[field] = row[field].upper()[:35]
    return row


def organisation(rng: Random, world: World, country: str, when: float, system: str, firm: Firm) -> Row:
    """A firm as customer: its name in the ERP's or another system's spelling, office mailbox and switchboard."""
    legal = firm.form if rng.random() < 0.75 else ""
    title = f"{firm.name} {legal}".strip()
    row: Row = {"source_system": system, "kind": "organisation"}
    row["company_name"] = typo(rng, title) if rng.random() < 0.04 else title
    if system == "erp":
        row["company_name"] = unmarked(rng, row["company_name"], german=1.0).upper()[:35]
    fields.address(rng, world, row, firm.home, plain=0.4, shorten=0.6, gaps=0.06)
    if rng.random() < 0.6:
        row["phone"] = spelled(rng, firm.switchboard)
    if rng.random() < 0.5:
        row["email"] = f"{pick(rng, ('info', 'office', 'orders'))}@{firm.domain}"
    return row
