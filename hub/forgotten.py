"""Whether a record is of a customer who was forgotten, told by blind tokens alone.

A source id that was erased is refused for ever: its key is gone, and the key store makes no other. The same person
under another source id is refused where the record is older than the erasure: whoever comes later is a new customer.
The same person is who has the same loyalty or tax number, the same name and birth date, or the same e-mail address or
phone with a first name that begins with the same letter. A household shares a telephone: with no more than that, a
spouse would be turned away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from hub import erasures, keyring
from matching.cleaning import identifiers
from matching.records import CanonicalRecord
from matching.values import birth_date, country_of, email_address, fold, significant

# Those that a person has one of, whoever asks.
_STRONG = frozenset(("loyalty_id", "tax_id"))


def known_by(records: Iterable[tuple[str, CanonicalRecord]]) -> set[bytes]:
    """The tokens by which the customer with these (scope, record)s will be known again. Who is forgotten by one
    controller is not by another: see ``SourceSystem.scope``."""
    texts: set[tuple[str, str]] = set()
    for scope, record in records:
        said = _strong(record)
        initials = _initials(record)
        for contact in _contacts(record):
            said |= {contact, *(f"{contact}\0{initial}" for initial in initials or ("",))}
        texts |= {(scope, text) for text in said}
    return {_token(scope, text) for scope, text in texts}


def refused(records: Sequence[tuple[str, CanonicalRecord, datetime]]) -> set[int]:
    """The places of those (scope, record, source time)s that are of a forgotten customer, and older.

    Asks the key store no more than once where all are newer than the last erasure, as what is sent today is.
    """
    newest = erasures.newest_identity() if records else None
    if newest is None:
        return set()
    asked = {place: _asked(scope, record) for place, (scope, record, at) in enumerate(records) if at <= newest}
    found = erasures.forgotten_since({token for tokens in asked.values() for token in tokens}) if asked else {}
    return {
        place
        for place, tokens in asked.items()
        if any((before := found.get(token)) is not None and records[place][2] <= before for token in tokens)
    }


def among(records: Sequence[tuple[str, CanonicalRecord]], known: Collection[bytes]) -> list[int]:
    """The places of those (scope, record)s that are of the customer known by these tokens."""
    return [i for i, (scope, record) in enumerate(records) if not _asked(scope, record).isdisjoint(known)]


def _asked(scope: str, record: CanonicalRecord) -> set[bytes]:
    texts = _strong(record)
    initials = _initials(record)
    for contact in _contacts(record):
        # One who gives no name is taken for whoever was known by the contact; so is one whom we knew no name of.
        texts |= {f"{contact}\0{initial}" for initial in (*initials, "")} if initials else {contact}
    return {_token(scope, text) for text in texts}


def _token(scope: str, text: str) -> bytes:
    return keyring.blind(f"{scope}\0{text}", use="forgotten")


def _strong(record: CanonicalRecord) -> set[str]:
    texts = {
        f"i\0{i.type}\0{i.issuer or ''}\0{value}"
        for i in record.identifiers
        if i.type in _STRONG and (value := identifiers.identifier(i.value))
    }
    born, words = birth_date(record.birth_date, country_of(record)), _name_words(record)
    if born and len(words) > 1:
        # In whatever order; a middle name that one system has and the other not would tell them apart: first and last.
        texts.add(f"b\0{born}\0" + " ".join(sorted({words[0], words[-1]})))
    return texts


def _contacts(record: CanonicalRecord) -> set[str]:
    country = country_of(record) or ""
    return {
        *(f"e\0{address}" for e in record.emails if (address := email_address(e.value))),
        *(f"p\0{digits}" for p in record.phones if (digits := significant(p.value, country))),
    }


def _name_words(record: CanonicalRecord) -> list[str]:
    name = record.name
    parts = (name.given, name.family) if name.given or name.family else (name.full or record.organisation_name,)
    return [word for part in parts if part for word in fold(part).split()]


def _initials(record: CanonicalRecord) -> tuple[str, ...]:
    """First letters of the first name; of every word where it is not told which of them that is."""
    given = fold(record.name.given).split() if record.name.given else []
    return tuple(sorted({word[0] for word in given or _name_words(record)}))
