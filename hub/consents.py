"""What a customer allows, read from the ledger at the instant of asking: the door's and the desk's one way to know."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from hub import keyring, ledger
from hub.errors import NotFound
from hub.reach import EVERYBODY, Reach
from hub.sql import rows
from hub.stages import consent as stage
from matching.consent import ConsentPolicy, Decision, Effective, Statement, decide, effective
from matching.consentpolicy import CONSENT
from matching.contactpoints import point_key


@dataclass(frozen=True, repr=False)
class Book:
    """All that was said of one customer; ``golden`` is the golden record's id in the database. ``gone`` are the
    withdrawals by records that are gone, where they were read already."""

    golden: int
    members: tuple[int, ...]
    held: tuple[ledger.Held, ...]
    gone: Mapping[bytes, Sequence[ledger.Forsaken]] | None = None

    @cached_property
    def statements(self) -> list[Statement]:
        """With what is still withdrawn at their contact points by records that are gone."""
        gone = ledger.forsaken({one.token for one in self.held if one.grants}) if self.gone is None else self.gone
        return ledger.with_forsaken(self.held, gone)

    def effective(self, *, at: datetime, policy: ConsentPolicy) -> list[Effective]:
        return effective(self.statements, at=at, policy=policy)

    def decide(
        self, *, purpose: str, channel: str, at: datetime, policy: ConsentPolicy, contact_point: str = "",
        brand: str = "", jurisdiction: str = "",
    ) -> Decision:  # fmt: skip
        """Whether it may be done: see ``matching.consent.decide``."""

        def answer(statements: Sequence[Statement]) -> Decision:
            return decide(statements, purpose=purpose, channel=channel, at=at, contact_point=contact_point,
                          brand=brand, jurisdiction=jurisdiction, policy=policy)  # fmt: skip

        found = answer([one.statement for one in self.held])
        if not found.allowed:
            return found  # what records that are gone withdrew can only forbid
        found = answer(self.statements)
        if not found.allowed or found.rule.legal_basis == CONSENT:
            return found
        # No grant is asked for, so that a withdrawal may hold at a contact point of which this customer said nothing.
        point = point_key(contact_point, jurisdiction)
        points = {point} if point else stage.contact_points(self.members, channel)
        gone = ledger.forsaken([ledger.point_token(p) for p in points])
        spelt = {ledger.point_token(p): contact_point or p for p in points}
        return answer([*self.statements, *(one.at(spelt[t], jurisdiction) for t in gone for one in gone[t])])


def of_golden(public_id: str) -> Book:
    """The book of a live golden record. Raises ``NotFound``."""
    golden, addresses, held = ledger.held_by(public_id)
    if not golden:
        raise NotFound("The golden record is not live: ask for it to see where its records are now.")
    return Book(golden, tuple(sorted(addresses)), tuple(held))


def of_records(record_ids: Collection[int], *, recorded_by: datetime | None = None) -> Book:
    """The book of records that are, or were, a customer, with what was recorded by then; its ``golden`` is 0."""
    keys = keyring.keys_of(record_ids)
    return Book(0, tuple(sorted(record_ids)), tuple(ledger.held(record_ids, keys=keys, recorded_by=recorded_by)))


def suppressed(
    contact_points: Sequence[str], *, purpose: str, channel: str, brand: str, jurisdiction: str, at: datetime,
    policy: ConsentPolicy, reach: Reach = EVERYBODY,
) -> list[bool]:  # fmt: skip
    """For each contact point whether it may not be written to because a withdrawal holds there: of any customer who
    has it, or of one whose record is gone, unless somebody who has it now granted it since.

    For sending to addresses that a channel holds itself. A contact point of which nothing was said is not suppressed;
    whether a customer allows anything is asked of the customer. Customers out of ``reach`` do not count; records that
    are gone are nobody's, and do.
    """
    spelt = {key: text for text in contact_points if (key := point_key(text, jurisdiction))}
    tokens = {key: ledger.point_token(key) for key in spelt}
    homes = _homes(tokens, reach)
    books = _books({golden for found in homes.values() for golden in found})
    gone = ledger.forsaken(tokens.values())
    held: dict[str, bool] = {}
    for key, text in spelt.items():
        states = [
            decide(books[golden].statements, purpose=purpose, channel=channel, at=at, contact_point=text, brand=brand,
                   jurisdiction=jurisdiction, policy=policy).verdict.state
            for golden in homes[key]
        ]  # fmt: skip
        forsaken = [one.at(text, jurisdiction) for one in gone.get(tokens[key], ())]
        if forsaken and "granted" not in states:
            states.append(
                decide(forsaken, purpose=purpose, channel=channel, at=at, contact_point=text, brand=brand,
                       jurisdiction=jurisdiction, policy=policy).verdict.state
            )  # fmt: skip
        held[key] = "withdrawn" in states
    return [held.get(point_key(text, jurisdiction), False) for text in contact_points]


def _homes(tokens: Mapping[str, bytes], reach: Reach) -> dict[str, set[int]]:
    """The golden records that have each contact point: in a statement, or among what they are found by."""
    by_token = {token: key for key, token in tokens.items()}
    found: dict[str, set[int]] = {key: set() for key in tokens}
    within, scopes = reach.goldens("g")
    for token, golden in rows(
        f"""
        SELECT DISTINCT s.point, c.golden_id
        FROM hub_consentstatement s JOIN hub_crosswalk c ON c.record_id = s.record_id
        JOIN hub_goldenrecord g ON g.id = c.golden_id
        WHERE s.point = ANY(%b::bytea[]) AND s.point <> '' AND {within}
        """,
        sorted(by_token),
        *scopes,
    ):
        found[by_token[bytes(token)]].add(golden)
    terms = {key: f"e:{key}" if "@" in key else f"p:{key.removeprefix('tel:')}" for key in tokens}
    by_number = dict(zip(keyring.whole_tokens(list(terms.values())), terms, strict=True))
    for number, golden in rows(
        f"""
        SELECT t.token, t.golden_id FROM hub_goldenterm t JOIN hub_goldenrecord g ON g.id = t.golden_id
        WHERE t.token = ANY(%b::bigint[]) AND g.state = 0 AND {within}
        """,
        list(by_number),
        *scopes,
    ):
        found[by_number[number]].add(golden)
    return found


def _books(golden_ids: Collection[int]) -> dict[int, Book]:
    """The books of several golden records, read together."""
    home: dict[int, int] = {}
    addresses: dict[int, bytes] = {}
    for golden, record, address in rows(
        """
        SELECT c.golden_id, r.id, r.address FROM hub_crosswalk c JOIN hub_sourcerecord r ON r.id = c.record_id
        WHERE c.golden_id = ANY(%b::bigint[])
        """,
        sorted(golden_ids),
    ):
        home[record], addresses[record] = golden, bytes(address)
    known = keyring.keys(addresses.values())
    keys = {record: known[address] for record, address in addresses.items() if address in known}
    held: dict[int, list[ledger.Held]] = {golden: [] for golden in golden_ids}
    for one in ledger.held(addresses, keys=keys):
        held[home[one.record]].append(one)
    gone = ledger.forsaken({one.token for found in held.values() for one in found if one.grants})
    members: dict[int, list[int]] = {golden: [] for golden in golden_ids}
    for record, golden in sorted(home.items()):
        members[golden].append(record)
    return {golden: Book(golden, tuple(members[golden]), tuple(found), gone) for golden, found in held.items()}


_AT_ONCE = 1000


def suppression_list(*, at: datetime, policy: ConsentPolicy) -> Iterator[ledger.Forsaken]:
    """Each contact point at which something is withdrawn, with what and by which statement: of every customer, and of
    records that are gone, unless somebody who has it now granted it since. By contact point, each scope once."""
    found: dict[tuple[bytes, str, str, str], ledger.Forsaken] = {}
    last = 0
    while page := rows(
        """
        SELECT DISTINCT c.golden_id FROM hub_consentstatement s JOIN hub_crosswalk c ON c.record_id = s.record_id
        WHERE s.state = 'withdrawn' AND c.golden_id > %s ORDER BY c.golden_id LIMIT %s
        """,
        last,
        _AT_ONCE,
    ):
        last = page[-1][0]
        for book in _books([golden for (golden,) in page]).values():
            for one in _withdrawn(book, at=at, policy=policy):
                found.setdefault((one.token, one.purpose, one.channel, one.brand), one)
    for one in ledger.all_forsaken():
        place = one.token, one.purpose, one.channel, one.brand
        if place not in found and not _granted_since(one, at=at, policy=policy):
            found[place] = one
    yield from (found[place] for place in sorted(found))


def _withdrawn(book: Book, *, at: datetime, policy: ConsentPolicy) -> Iterator[ledger.Forsaken]:
    for entry in book.effective(at=at, policy=policy):
        by = entry.verdict.by
        if by is None or entry.verdict.state != "withdrawn":
            continue
        point = point_key(entry.contact_point, by.jurisdiction)
        points = [point] if point else sorted(stage.contact_points(book.members, entry.channel))
        for key in points:
            yield ledger.Forsaken(ledger.point_token(key), by.id, entry.purpose, entry.channel, entry.brand,
                                  by.captured_at, by.effective_from, by.effective_to)  # fmt: skip


def _granted_since(one: ledger.Forsaken, *, at: datetime, policy: ConsentPolicy) -> bool:
    golden_ids = rows(
        "SELECT DISTINCT c.golden_id FROM hub_consentstatement s JOIN hub_crosswalk c ON c.record_id = s.record_id "
        "WHERE s.point = %b::bytea AND s.point <> '' AND s.state = 'granted' AND c.golden_id IS NOT NULL",
        one.token,
    )
    for book in _books([golden for (golden,) in golden_ids]).values():
        place = next(h.statement.contact_point for h in book.held if h.token == one.token)
        found = decide(book.statements, purpose=one.purpose, channel=one.channel, at=at, contact_point=place,
                       brand=one.brand, policy=policy)  # fmt: skip
        if found.verdict.state == "granted":
            return True
    return False
