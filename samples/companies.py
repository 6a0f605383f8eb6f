"""The companies of a block, and who works for them."""

from __future__ import annotations

from samples import ids
from samples.dice import pick
from samples.names import family_name
from samples.people import Block, Company, plain
from samples.places import landline, place

_TRADES = {
    "US": ("Supply", "Logistics", "Hardware", "Catering", "Dental", "Consulting", "Roofing", "Motors"),
    "GB": ("Engineering", "Joinery", "Catering", "Logistics", "Solicitors", "Motors", "Print", "Textiles"),
    "DE": ("Maschinenbau", "Logistik", "Elektrotechnik", "Bäckerei", "Sanitär", "Druck", "Möbel", "Bau"),
    "FR": ("Transports", "Menuiserie", "Boulangerie", "Informatique", "Imprimerie", "Bâtiment", "Conseil", "Textile"),
}
_FORMS = {"US": ("Inc.", "LLC", "Co."), "GB": ("Ltd", "PLC", "& Sons Ltd"), "DE": ("GmbH", "AG", "GmbH & Co. KG"),
          "FR": ("SARL", "SA", "SAS")}  # fmt: skip


def employ(block: Block) -> None:
    """One company to about 28 persons; a third of the adults under 66 work for one of their country."""
    r = block.r
    by_country: dict[str, list[Company]] = {}
    for number in range(max(4, len(block.people) // 28)):
        country = ("US", "GB", "DE", "FR")[number % 4]
        name = f"{family_name(r, country)} {pick(r, _TRADES[country])} {pick(r, _FORMS[country])}"
        where = place(r, country)
        domain = f"{plain(name.split(' ')[0])}-{block.index}-{number}.example.com"
        company = Company(number, name, where, landline(r, where), domain, ids.tax_id(r, country))
        by_country.setdefault(country, []).append(company)
        block.companies.append(company)
    for person in block.people:
        if "1960" < person.birth < "2007" and r() < 0.36:
            company = pick(r, by_country[person.home.country])
            person.company = company
            company.employees.append(person)
            person.work_email = f"{plain(person.given)}.{plain(person.family)}@{company.domain}"
            person.work_phone = company.switchboard
        elif r() < 0.06:
            person.tax_id = ids.tax_id(r, person.home.country)
