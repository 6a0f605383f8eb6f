"""Addresses and telephone numbers of four countries.

Streets are composed; towns, postal codes and dialling codes are real, so that formats and their checks
are the real ones. A number may thus belong to somebody: ranges kept for fiction are too small for a
million people. Nothing in this project ever calls or writes to one.
"""

from __future__ import annotations

from dataclasses import dataclass

from samples.dice import Draw, pick, zipf
from samples.lists import lines


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody lives: ``house`` is the number, ``unit`` the flat (may be empty)."""

    street: str
    house: str
    unit: str
    city: str
    region: str
    postal_code: str
    country: str
    dial: str


_TOWNS: dict[str, list[tuple[str, ...]]] = {}
for _country, *_town in lines("towns.txt"):
    _TOWNS.setdefault(_country, []).append(tuple(_town))
TOWNS = {country: zipf(towns, exponent=0.6) for country, towns in _TOWNS.items()}
_HEAD = {country: tuple(heads.split(";")) for country, heads in lines("streets.txt")}
_KINDS = {
    "US": ("Street", "Avenue", "Road", "Drive", "Lane", "Court", "Boulevard", "Place", "Way"),
    "GB": ("Road", "Street", "Lane", "Avenue", "Close", "Drive", "Gardens", "Terrace", "Crescent"),
    "DE": ("straße", "straße", "straße", "weg", "allee", "gasse", "platz", "ring"),
    "FR": ("rue", "rue", "rue", "avenue", "boulevard", "impasse", "place", "chemin"),
}
_MORE = ("", "", "", "wood", "view", "field", "brook", "side", "crest", "mont")
_GB_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


def _low(r: Draw) -> float:
    """In [0, 1), low numbers oftener: streets are rarely long. A product is the same on every machine."""
    drawn = r()
    return drawn * drawn


def place(r: Draw, country: str) -> Place:
    city, region, prefix, dial = pick(r, TOWNS[country])
    head, kind = pick(r, _HEAD[country]), pick(r, _KINDS[country])
    unit = ""
    if country == "US":
        street = f"{head}{pick(r, _MORE)} {kind}" if r() > 0.12 else f"{1 + int(r() * 90)}th {kind}"
        house, postal = str(1 + int(_low(r) * 9800)), f"{prefix}{int(r() * 60):02d}"
        if r() < 0.27:
            unit = f"Apt {1 + int(r() * 30)}{pick(r, ('', '', 'A', 'B', 'C'))}"
    elif country == "GB":
        street = f"{head} {kind}" if r() > 0.15 else f"{head}{pick(r, _MORE)} {kind}"
        house = str(1 + int(_low(r) * 190))
        postal = f"{prefix}{1 + int(r() * 20)} {1 + int(r() * 9)}{pick(r, _GB_LETTERS)}{pick(r, _GB_LETTERS)}"
        if r() < 0.2:
            unit = f"Flat {1 + int(r() * 12)}"
    elif country == "DE":
        street = head + kind if r() > 0.1 else f"Am {head}{pick(r, ('berg', 'hof', 'feld', 'tor', 'bach'))}"
        house = f"{1 + int(_low(r) * 140)}{pick(r, ('', '', '', '', 'a', 'b'))}"
        postal = prefix + f"{int(r() * 10 ** (5 - len(prefix))):0{5 - len(prefix)}d}"
    else:
        street, house = f"{kind} {head}", f"{1 + int(_low(r) * 140)}{pick(r, ('', '', '', '', '', ' bis'))}"
        postal = f"{prefix}{1 + int(r() * 16):02d}" if len(prefix) == 3 else f"{prefix}{int(r() * 10)}{int(r() * 3)}0"
    return Place(street, house, unit, city, region, postal, country, dial)


def mobile(r: Draw, home: Place) -> str:
    """An E.164 number of a mobile phone (in the US, of the town's area code)."""
    if home.country == "US":
        return landline(r, home)
    if home.country == "GB":
        return f"+447{4 + int(r() * 2)}{int(r() * 1e8):08d}"
    if home.country == "DE":
        prefix = pick(r, ("151", "152", "157", "160", "170", "171", "172", "173", "175", "176", "179"))
        digits = 8 if prefix < "160" else 7
        return f"+49{prefix}{int((0.1 + r() * 0.9) * 10**digits):0{digits}d}"
    return f"+336{10 + int(r() * 80)}{int(r() * 1e6):06d}"


def landline(r: Draw, home: Place) -> str:
    """An E.164 number under the town's dialling code."""
    if home.country == "US":
        return f"+1{home.dial}{2 + int(r() * 8)}{2 + int(r() * 8)}{int(r() * 10)}{int(r() * 10_000):04d}"
    if home.country == "GB":
        digits = 10 - len(home.dial)
        return f"+44{home.dial}{2 + int(r() * 7)}{int(r() * 10 ** (digits - 1)):0{digits - 1}d}"
    if home.country == "DE":
        return f"+49{home.dial}{2 + int(r() * 7)}{int(r() * 1e6):06d}"
    return f"+33{home.dial}{20 + int(r() * 70)}{int(r() * 1e6):06d}"
