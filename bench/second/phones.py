"""Telephone numbers of six countries: (country, national digits, extension), and their many spellings."""

from __future__ import annotations

from functools import cache
from random import Random

from bench.second.words import pick, sections

Phone = tuple[str, str, str]
CODES = {"US": "1", "GB": "44", "DE": "49", "FR": "33", "ES": "34", "NL": "31"}
GERMAN_MOBILE = (
    "151",
    "152",
    "157",
    "159",
    "160",
    "162",
    "163",
    "170",
    "171",
    "172",
    "173",
    "174",
    "175",
    "176",
    "177",
)


def digits(rng: Random, count: int) -> str:
    return str(int(rng.random() * 10**count)).zfill(count)


def mobile(rng: Random, country: str, area: str) -> Phone:
    """A new mobile number. In the US it looks like any other number of its area."""
    if country == "US":
        return landline(rng, country, area)
    if country == "GB":
        return country, pick(rng, ("74", "75", "77", "78", "79")) + digits(rng, 8), ""
    if country == "DE":
        prefix = pick(rng, GERMAN_MOBILE)
        return country, prefix + digits(rng, 8 if prefix.startswith("15") else 7), ""
    if country == "FR":
        return (
            country,
            pick(rng, ("6", "6", "6", "73", "76", "77", "78")).ljust(2, str(int(rng.random() * 9) + 1))
            + digits(rng, 7),
            "",
        )
    if country == "ES":
        return country, "6" + digits(rng, 8), ""
    return country, "6" + pick(rng, "12345") + digits(rng, 7), ""


def landline(rng: Random, country: str, area: str) -> Phone:
    """A new landline number in the area."""
    if country == "US":
        return country, area[:3] + str(int(rng.random() * 8) + 2) + digits(rng, 6), ""
    if country == "GB":
        return country, area + str(int(rng.random() * 7) + 2) + digits(rng, 9 - len(area)), ""
    if country == "DE":
        return country, area + str(int(rng.random() * 8) + 2) + digits(rng, 8 - len(area) + int(rng.random() * 3)), ""
    if country == "FR":
        return country, area[:1] + str(int(rng.random() * 7) + 2) + digits(rng, 7), ""
    return country, area + str(int(rng.random() * 7) + 2) + digits(rng, 8 - len(area)), ""


def spelled(rng: Random, phone: Phone, *, international: float = 0.25, bare: float = 0.3) -> str:
    """The number as typed: with the country's code (share ``international``), digits alone (``bare``), or grouped."""
    country, number, extension = phone
    tail = pick(rng, (" x", " ext. ", " ext ", "-", " Durchwahl ")[: 3 if country in ("US", "GB") else 5]) + extension
    tail = tail if extension else ""
    national = number if country in ("US", "ES") else "0" + number
    abroad, plain = rng.random() < international, rng.random() < bare
    if abroad:
        lead = pick(rng, ("+", "+", "+", "00")) if country != "US" else pick(rng, ("+", "+", ""))
        code = CODES[country]
        if plain:
            return f"{lead}{code}{number}{tail}"
        trunk = "(0)" if country not in ("US", "ES") and rng.random() < 0.25 else ""
        return f"{lead}{code} {trunk}{grouped(rng, country, number, trunk=False)}{tail}"
    return (national if plain else grouped(rng, country, national, trunk=True)) + tail


@cache
def _cities(country: str) -> frozenset[str]:
    lines = sections(f"places_{country.lower()}.txt")["towns"]
    return frozenset(code for line in lines for code in line.split("|")[2].split())


def _area(country: str, number: str) -> int:
    """How many of the national digits are the area's or the network's."""
    if country == "NL" and number.startswith("6"):
        return 1
    if country == "DE" and number[:3] in GERMAN_MOBILE:
        return 3
    return next((size for size in (2, 3) if number[:size] in _cities(country)), 3 if country == "NL" else 4)


def grouped(rng: Random, country: str, number: str, *, trunk: bool) -> str:
    """National digits in groups, as the country writes them."""
    if country == "US":
        area, first, rest = number[:3], number[3:6], number[6:]
        return pick(
            rng,
            (f"({area}) {first}-{rest}", f"{area}-{first}-{rest}", f"{area}.{first}.{rest}", f"{area} {first} {rest}"),
        )
    if country == "GB":
        cut = 5 if trunk else 4
        return pick(
            rng, (f"{number[:cut]} {number[cut:]}", f"{number[:cut]} {number[cut : cut + 3]} {number[cut + 3 :]}")
        )
    if country == "FR":
        joint = pick(rng, " .-")
        odd = len(number) % 2
        return joint.join(([number[:1]] if odd else []) + [number[i : i + 2] for i in range(odd, len(number), 2)])
    if country == "ES":
        if rng.random() < 0.6:
            return f"{number[:3]} {number[3:6]} {number[6:]}"
        return f"{number[:3]} {number[3:5]} {number[5:7]} {number[7:]}"
    cut = _area(country, number[1:] if trunk else number) + trunk
    return number[:cut] + pick(rng, ("/", "-", " ", " / ") if country == "DE" else ("-", " ", " - ")) + number[cut:]
