"""A record made comparable, as it is kept beside its source record and read back by the thousand."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import NamedTuple

import orjson

_quoted = json.encoder.encode_basestring_ascii
# Copying a hash costs half of making one.
_order_hash = blake2b(digest_size=8, person=b"order").copy


class Place(NamedTuple):
    """A cleaned address; ``""`` for what is missing."""

    street: str
    number: str
    city: str
    region: str
    postal_code: str
    country: str


class Ident(NamedTuple):
    """A cleaned identifier; ``holds`` where a check digit or form vouches for it (its right of veto)."""

    type: str
    issuer: str
    value: str
    holds: bool


def fingerprint(data: bytes) -> int:
    """A signed 64-bit blake2b, which PostgreSQL keeps as bigint."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)


def order_of(source_system: str, source_id: str) -> int:
    """The unsigned 64-bit number that breaks ties between records, the same in every database."""
    # The bytes of a JSON list of the two, without the cost of a JSON encoder for each of a million records.
    data = f"[{_quoted(source_system)}, {_quoted(source_id)}]".encode()
    hashed = _order_hash()
    hashed.update(data)
    return int.from_bytes(hashed.digest(), "big")


class Prepared(NamedTuple):
    """One record as ``matching.normalise`` gives it: all that blocking and comparing read.

    Names are folded plain text, ``birth`` is ``YYYYMMDD`` with zeros for what is unknown; multi-valued parts
    are sorted and distinct. (A tuple, because a batch makes thousands of them.)
    """

    order: int
    source: str
    kind: str = "person"
    given: str = ""
    middle: str = ""
    family: str = ""
    suffix: str = ""
    former: tuple[str, ...] = ()
    birth: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    ids: tuple[Ident, ...] = ()
    company: str = ""
    attributes: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"Prepared(order={self.order})"

    def encode(self) -> bytes:
        """The record as bytes; equal records give equal bytes on every machine."""
        values = list(self)
        values[_PLACES], values[_IDS] = list(map(tuple, self.places)), list(map(tuple, self.ids))
        return orjson.dumps(values)

    @classmethod
    def decode(cls, data: bytes) -> Prepared:
        """The record that ``encode`` wrote. Raises ``ValueError`` where it is not one."""
        values = orjson.loads(data)
        if not isinstance(values, list) or len(values) != len(cls._fields):
            raise ValueError("these bytes are no prepared record of this version")
        (order, source, kind, given, middle, family, suffix, former, birth, emails, phones, places, ids, company,
         attributes) = values  # fmt: skip
        return cls(
            order, source, kind, given, middle, family, suffix, tuple(former), birth, tuple(emails), tuple(phones),
            tuple(map(Place._make, places)), tuple(map(Ident._make, ids)), company, tuple(map(tuple, attributes)),
        )  # fmt: skip

    @property
    def rev(self) -> int:
        """Signed 64-bit fingerprint of all that matching reads of this record."""
        return fingerprint(self.encode())

    @property
    def key_data(self) -> int:
        """Signed 64-bit fingerprint of names, birth date and strong ids: what a judgement was made on."""
        strong = [tuple(i) for i in self.ids if i.type in ("tax_id", "loyalty_id")]
        names = [self.kind, self.given, self.middle, self.family, self.suffix, self.company, self.birth]
        return fingerprint(orjson.dumps([names, strong]))

    @property
    def country(self) -> str:
        """Country of the first address that names one."""
        return next((p.country for p in self.places if p.country), "")


_PLACES, _IDS = Prepared._fields.index("places"), Prepared._fields.index("ids")
