"""What a customer allows, in plain words, with the statement that decided; and all that was said, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hub import consents, ledger
from hub.consents import Book
from hub.ledger import Held
from stewardship.difference import mask
from stewardship.profile import Member

_CHANNELS = {"email": "e-mail", "sms": "text message", "phone": "phone", "postal": "post", "push": "push message",
             "whatsapp": "WhatsApp"}  # fmt: skip
_EVERY = "*"


@dataclass(frozen=True, slots=True, repr=False)
class Allowance:
    """One use at one contact point. ``state`` is the word of the ledger, ``allowed`` what follows from it."""

    use: str
    contact_point: str
    state: str
    allowed: bool
    text: str
    member: Member | None


@dataclass(frozen=True, slots=True, repr=False)
class Statement:
    """What was said once. ``more`` are brand, jurisdiction, version of the wording and the like; ``decides`` whether
    something that counts today hangs on it."""

    id: str
    said: datetime
    heard: datetime
    state: str
    use: str
    contact_point: str
    member: Member | None
    more: str
    decides: bool


@dataclass(frozen=True, slots=True, repr=False)
class Consent:
    allowances: tuple[Allowance, ...]
    statements: tuple[Statement, ...]

    @property
    def has_contact_points(self) -> bool:
        return any(a.contact_point for a in self.allowances) or any(s.contact_point for s in self.statements)


def read(golden_id: str, *, at: datetime, members: Mapping[int, Member], shown: bool) -> Consent:
    """The consents of a live golden record at the instant; contact points in clear where they are ``shown``."""
    book = consents.of_golden(golden_id)
    record_of = {one.statement.id: one.record for one in book.held}
    allowances, deciding = [], set()
    for found in book.effective(at=at, policy=ledger.policy()):
        by = found.verdict.by
        if by is not None:
            deciding.add(by.id)
        allowed, text = _decided(book, found.purpose, found.channel, found.contact_point, found.brand, at=at)
        allowances.append(
            Allowance(
                use=use(found.purpose, found.channel, found.brand),
                contact_point=_point(found.contact_point, shown=shown),
                state=found.verdict.state,
                allowed=allowed,
                text=text,
                member=members.get(record_of.get(by.id, 0)) if by else None,
            )
        )
    newest = sorted(book.held, key=lambda one: (one.statement.captured_at, one.statement.id), reverse=True)
    # What is forbidden comes first: it is what must not be got wrong.
    return Consent(
        tuple(sorted(allowances, key=lambda one: (one.allowed, one.use))),
        tuple(_statement(one, members, decides=one.statement.id in deciding, shown=shown) for one in newest),
    )


def use(purpose: str, channel: str, brand: str = "") -> str:
    """``Marketing by e-mail for Acme``"""
    what = "Every use" if purpose == _EVERY else purpose.replace("_", " ").capitalize()
    by = "by any channel" if channel == _EVERY else f"by {_CHANNELS.get(channel.casefold(), channel)}"
    return f"{what} {by}" + (f" for {brand}" if brand else "")


def _decided(book: Book, purpose: str, channel: str, point: str, brand: str, *, at: datetime) -> tuple[bool, str]:
    if _EVERY in (purpose, channel):
        return False, "Not allowed: withdrawn from all of it. A later grant of the same width undoes it."
    decision = book.decide(purpose=purpose, channel=channel, contact_point=point, brand=brand, at=at,
                           policy=ledger.policy())  # fmt: skip
    return decision.allowed, decision.text


def _statement(one: Held, members: Mapping[int, Member], *, decides: bool, shown: bool) -> Statement:
    s = one.statement
    more = [
        s.jurisdiction,
        s.legal_basis.replace("_", " "),
        f"wording {s.text_version}" if s.text_version else "",
        "double opt-in" if s.double_opt_in else "",
        f"from {s.effective_from:%Y-%m-%d}" if s.effective_from else "",
        f"until {s.effective_to:%Y-%m-%d}" if s.effective_to else "",
        "said to the hub itself" if one.actor else "",
    ]
    return Statement(
        id=s.id,
        said=s.captured_at,
        heard=one.recorded_at,
        state=s.state,
        use=use(s.purpose, s.channel, s.brand),
        contact_point=_point(s.contact_point, shown=shown),
        member=members.get(one.record),
        more=", ".join(part for part in more if part),
        decides=decides,
    )


def _point(text: str, *, shown: bool) -> str:
    return text if shown else mask(text)
