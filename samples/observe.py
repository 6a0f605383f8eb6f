"""What a system holds of a person: at some time, with some fields, and with what went wrong on the way."""

from __future__ import annotations

from collections import Counter

from samples import blunders
from samples.dice import Draw, pick
from samples.held import HABITS, Habits, Held
from samples.people import Company, Person
from samples.places import Place

FIRST_SECOND, LAST_SECOND = 1_546_300_800, 1_793_491_200  # 2019-01-01 to 2026-11-01, UTC


def observe(r: Draw, person: Person, system: str, source_id: str, loyalty_id: str, counts: Counter[str]) -> Held:
    """``person`` as ``system`` holds it; ``counts`` gains the difficulties that this record has."""
    habits = HABITS[system]
    era = r()
    held = Held(
        system, source_id, f"p{person.number:07d}", person.home.country,
        FIRST_SECOND + int(era * (LAST_SECOND - FIRST_SECOND)),
    )  # fmt: skip
    mark = held.marks.append
    if r() < habits.name:
        _name(r, held, person, habits, era)
    else:
        mark("no name")
    if person.birth and r() < habits.birth:
        _birth(r, held, person)
    _email(r, held, person, habits, era)
    _phone(r, held, person, habits, era)
    _address(r, held, person, habits, era)
    if loyalty_id and (system == "loyalty" or r() < habits.loyalty):
        held.loyalty_id = loyalty_id
        if system != "loyalty" and r() < 0.03:
            held.loyalty_id = blunders.digit_slip(r, loyalty_id)
            mark("loyalty id slip")
    if system == "erp" and person.tax_id and r() < 0.8:
        held.tax_id = person.tax_id
    held.opted_out = r() < 0.08
    if person.twin:
        mark("twin")
    if person.namesake:
        mark("father and son of one name")
    for name in held.marks:
        counts[name] += 1
    return held


def contact_person(
    r: Draw, person: Person, company: Company, source_id: str, company_id: str, counts: Counter[str]
) -> Held:
    """An employee as the ERP's contact at a company: the company's address, its phone, a work e-mail."""
    habits = HABITS["erp"]
    era = r()
    held = Held("erp", source_id, f"p{person.number:07d}", company.where.country,
                FIRST_SECOND + int(era * (LAST_SECOND - FIRST_SECOND)))  # fmt: skip
    _name(r, held, person, habits, era)
    held.marks += ["B2B contact"]
    held.email = person.work_email if r() < 0.8 else ""
    held.phone = company.switchboard
    if r() < 0.55:
        held.phone2 = person.mobile
    if r() < 0.3:
        held.birth = person.birth
    _settle(r, held, company.where, habits)
    held.company, held.company_id = company.name, company_id
    for name in held.marks:
        counts[name] += 1
    return held


def organisation(r: Draw, company: Company, source_id: str, truth: str, counts: Counter[str]) -> Held:
    held = Held("erp", source_id, truth, company.where.country,
                FIRST_SECOND + int(r() * (LAST_SECOND - FIRST_SECOND)), kind="organisation")  # fmt: skip
    held.company = company.name.upper() if r() < 0.4 else company.name
    if r() < 0.08:
        held.company = blunders.typo(r, held.company)
    held.email = f"info@{company.domain}" if r() < 0.7 else ""
    held.phone = blunders.phone_spelling(r, company.switchboard)
    held.tax_id = company.tax_id if r() < 0.85 else ""
    _settle(r, held, company.where, HABITS["erp"])
    counts["organisation"] += 1
    return held


def _name(r: Draw, held: Held, person: Person, habits: Habits, era: float) -> None:
    mark = held.marks.append
    given, family, middle = person.given, person.family, person.middle
    if person.born_as:
        # A tenth never tell the shop that they have married.
        if era < person.married or r() < 0.1:
            family = person.born_as
            mark("maiden name")
        elif held.system in ("crm", "erp") and r() < 0.3:
            held.former = person.born_as
    if person.nick != given and r() < habits.nick * 1.8:
        given = person.nick
        mark("nickname")
    if r() < habits.typo:
        given = blunders.typo(r, given)
        mark("typo in the given name")
    if r() < habits.typo * 1.3:
        family = blunders.typo(r, family)
        mark("typo in the family name")
    if middle:
        chance = r()
        if chance < 0.12 and held.system in ("crm", "erp"):
            held.middle = middle if chance < 0.06 else middle[0] + "."
        elif chance < 0.19:
            given += " " + (middle if chance > 0.17 else middle[0])
            mark("middle name in the given name")
    if person.suffix and r() < (0.55 if person.suffix == "Jr." else 0.15):
        if held.system == "crm":
            held.suffix = person.suffix
        else:
            family += " " + person.suffix
    chance = r()
    if chance < habits.initial:
        given = given[0] + ("." if chance < habits.initial / 2 else "")
        mark("initial only")
    elif held.system == "pos" and chance < habits.initial + 0.05:
        if r() < 0.6:
            family = ""
        else:
            given = ""
        mark("half a name")
    elif chance > 1 - habits.swapped:
        given, family = family, given
        mark("name fields swapped")
    elif chance > 1 - habits.swapped - 0.012:
        given, family = "", f"{given} {family}" if r() < 0.6 else f"{family}, {given}"
        mark("whole name in one field")
    elif chance > 1 - habits.swapped - 0.022:
        given, family = given[:8], family[: 6 + int(r() * 4)]
        mark("name cut short")
    if not (given + family).isascii():
        mark("diacritics")
        chance = r()
        if chance < habits.fold:
            given, family = blunders.folded(r, given), blunders.folded(r, family)
            mark("diacritics lost")
        elif chance > 0.985:
            given, family = blunders.garbled(given), blunders.garbled(family)
            mark("mojibake")
    chance = r()
    if chance < habits.upper:
        given, family, held.middle = given.upper(), family.upper(), held.middle.upper()
        mark("all capitals")
    elif chance > 0.97:
        given, family = given.lower(), family.lower()
        mark("all lower case")
    held.given, held.family = given, family


def _birth(r: Draw, held: Held, person: Person) -> None:
    held.birth = person.birth
    chance = r()
    if chance > {"pos": 0.62, "loyalty": 0.93}.get(held.system, 1.0):
        held.birth = "0000" + person.birth[4:]
        held.marks.append("birth year unknown")
    elif chance < 0.03:
        held.birth = blunders.wrong_day(r, person.birth)
        held.marks.append("wrong birth date")
    elif chance < 0.05:
        held.birth = "1900-01-01"
        held.marks.append("dummy birth date")


def _email(r: Draw, held: Held, person: Person, habits: Habits, era: float) -> None:
    if r() >= habits.email:
        held.marks.append("no e-mail")
        return
    chance = r()
    if chance < 0.022 and held.system != "loyalty":
        held.email = pick(r, blunders.DUMMY_EMAILS)
        held.marks.append("dummy e-mail")
        return
    # A second address took over at some time; shops keep the one that they were given.
    late = 0.80 if era < 0.5 else 0.50
    if person.family_email and r() < (0.42 if held.system == "ecommerce" else 0.3):
        held.email = person.family_email
        held.marks.append("e-mail shared by a family")
    elif person.work_email and r() < 0.12 and held.system != "loyalty":
        held.email = person.work_email
        held.marks.append("work e-mail")
    elif person.email2 and r() > (0.78 if held.system == "loyalty" else late):
        held.email = person.email2
        held.marks.append("second e-mail")
    else:
        held.email = person.email
    if r() < (0.04 if held.system == "pos" else 0.012):
        user, _, domain = held.email.partition("@")
        held.email = f"{blunders.typo(r, user)}@{domain}" if r() < 0.7 else f"{user}@{blunders.typo(r, domain)}"
        held.marks.append("typo in the e-mail")
    if r() < 0.06:
        held.email = held.email.upper() if r() < 0.4 else held.email.capitalize()
    if held.system == "crm" and person.email2 and r() < 0.05:
        held.email2 = person.email2 if held.email != person.email2 else person.email


def _phone(r: Draw, held: Held, person: Person, habits: Habits, era: float) -> None:
    if r() >= habits.phone:
        if habits.phone:
            held.marks.append("no phone")
        return
    chance = r()
    if chance < 0.022:
        held.phone = pick(r, blunders.DUMMY_PHONES)
        held.marks.append("dummy phone")
        return
    number = person.old_mobile if era < 0.45 and person.old_mobile != person.mobile else person.mobile
    if number != person.mobile:
        held.marks.append("old phone")
    if person.landline and chance < (0.50 if held.system in ("erp", "crm") else 0.28):
        number = person.landline
        held.marks.append("household phone")
    elif person.work_phone and chance < 0.66 and r() < 0.45:
        number = person.work_phone
        held.marks.append("work phone")
    held.phone = _written(r, number, habits, held)
    if held.system == "crm" and r() < 0.14 and number != person.mobile:
        held.phone2 = _written(r, person.mobile, habits, held)


def _written(r: Draw, number: str, habits: Habits, held: Held) -> str:
    if r() < 0.02:
        number = blunders.digit_slip(r, number)
        held.marks.append("slip in the phone")
    return number if r() < habits.spoken else blunders.phone_spelling(r, number)


def _address(r: Draw, held: Held, person: Person, habits: Habits, era: float) -> None:
    where = person.home
    # Not every system hears of a move.
    if person.old_home and (era < person.moved or r() < 0.25):
        where = person.old_home
        moved = True
    else:
        moved = False
    chance = r()
    if chance < habits.address:
        _settle(r, held, where, habits)
    elif chance < habits.address + habits.postal_only:
        held.postal_code = where.postal_code
        held.marks.append("postal code alone")
    else:
        held.marks.append("no address")
        return
    if moved:
        held.marks.append("former address")


def _settle(r: Draw, held: Held, where: Place, habits: Habits) -> None:
    held.country = where.country
    held.street, held.house, held.city, held.postal_code = where.street, where.house, where.city, where.postal_code
    held.unit = where.unit if r() < 0.75 else ""
    held.region = where.region if where.country == "US" or r() < 0.2 else ""
    if r() < 0.5:
        held.street = blunders.street_spelling(r, where.street, where.country)
    chance = r()
    if chance < 0.035:
        held.street = blunders.typo(r, held.street)
        held.marks.append("typo in the street")
    elif chance < 0.05:
        held.postal_code = blunders.digit_slip(r, held.postal_code)
        held.marks.append("slip in the postal code")
    elif chance < 0.06:
        held.house = blunders.digit_slip(r, held.house)
    elif chance < 0.085:
        held.postal_code = ""
    elif chance < 0.11:
        held.city = ""
    elif chance < 0.13:
        held.street = held.street[:12]
        held.marks.append("street cut short")
    if r() < habits.fold and not (held.street + held.city).isascii():
        held.street, held.city = blunders.folded(r, held.street), blunders.folded(r, held.city)
    if r() < habits.upper:
        held.street, held.city = held.street.upper(), held.city.upper()
    if where.country == "GB" and r() < 0.12:
        held.postal_code = held.postal_code.replace(" ", "")
