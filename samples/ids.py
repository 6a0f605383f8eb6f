"""Identifiers as the systems form them, and tax numbers with the check digits of their countries.

An id says nothing of the person behind it: it is a hash or a scrambled count.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode, urlsafe_b64encode

from samples.dice import Draw

_PRIME = 9_999_999_967  # the largest below ten digits: multiplying by less than it repeats no number


def scrambled(seed: int, number: int) -> int:
    """A one-to-one scrambling of counts below ten thousand million, another one for another seed."""
    return (number * 4_294_967_291 + (seed + 1) * 7_368_787_379) % _PRIME


def _digest(seed: int, system: str, number: int, size: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{system}:{number}".encode(), digest_size=size).digest()


def salesforce(seed: int, number: int) -> str:
    """A 15-character Contact id (prefix 003)."""
    return "003" + urlsafe_b64encode(_digest(seed, "crm", number, 9)).decode().replace("-", "A").replace("_", "z")


def square(seed: int, number: int) -> str:
    return b32encode(_digest(seed, "pos", number, 16)).decode()[:26]


def shopify(seed: int, number: int) -> int:
    return 6_000_000_000_000 + scrambled(seed, number) * 97 + 13


def loyalty(seed: int, number: int) -> str:
    """The member's number, as on the card: ten digits and more, the last one by Luhn's rule."""
    body = str(10_000_000_000 + scrambled(seed, number))[1:]
    return "9" + body + _luhn("9" + body)


def sap(seed: int, number: int) -> str:
    return str(10_000_000_000 + scrambled(seed, number))[1:]


def _luhn(digits: str) -> str:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def tax_id(r: Draw, country: str) -> str:
    """A number valid by its country's rule: EIN (US), VAT numbers (GB, DE, FR)."""
    if country == "US":
        return f"{20 + int(r() * 7)}-{int(r() * 1e7):07d}"
    if country == "GB":
        body = f"{1 + int(r() * 9)}{int(r() * 1e6):06d}"
        check = 97 - sum(int(d) * w for d, w in zip(body, range(8, 1, -1), strict=True)) % 97
        return f"GB{body}{check:02d}"
    if country == "DE":
        body = f"{1 + int(r() * 9)}{int(r() * 1e7):07d}"
        product = 10
        for digit in body:
            product = ((int(digit) + product) % 10 or 10) * 2 % 11
        return f"DE{body}{(11 - product) % 10}"
    siren = f"{3 + int(r() * 6)}{int(r() * 1e7):07d}"
    siren += _luhn(siren)
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"
