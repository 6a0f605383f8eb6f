"""Consent: what a cluster's statements allow at an instant, pure.

- Of one contact point, purpose, channel and brand the latest statement decides, a withdrawal before all others of its
  instant. A withdrawal is undone by a later grant alone: what is pending or unknown undoes nothing.
- Without a contact point a statement is about the whole person. Its withdrawal reaches every contact point, but for
  those at which something was granted later; its grant counts where nothing was said of a contact point itself.
- A withdrawal from every purpose or channel (``*``), or without a brand, reaches all that it covers and is undone by a
  later grant of just this width, which by itself allows nothing: consent is to something.
- Over the contact points of one customer the most restrictive state counts, unless the purpose's rule says otherwise.

Absence says nothing. The fold is over a set: no order of arrival, replay, merge or unmerge changes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from matching.canonical import rfc3339
from matching.consentfold import Ledger, Verdict
from matching.consentpolicy import CONSENT, NO_LEAVE, ConsentPolicy, Rule
from matching.contactpoints import ANY, brand_key, channel_key, point_key, purpose_key
from matching.policyerror import PolicyError
from matching.statements import GRANTED, PENDING, STATES, UNKNOWN, WITHDRAWN, Statement

__all__ = [
    "STATES",
    "ConsentPolicy",
    "Decision",
    "Effective",
    "PolicyError",
    "Statement",
    "Verdict",
    "bears_on",
    "decide",
    "effective",
    "horizon",
    "in_profile",
]  # fmt: skip

DEFAULT = ConsentPolicy()


@dataclass(frozen=True, slots=True, repr=False)
class Effective:
    """What counts for one purpose, channel, contact point and brand, each as the deciding place's newest statement
    spells it."""

    purpose: str
    channel: str
    contact_point: str
    brand: str
    verdict: Verdict

    def nested(self) -> dict[str, str]:
        """As JSON has it; what says nothing is left out, but for the contact point."""
        by = self.verdict.by
        said = {"purpose": self.purpose, "channel": self.channel, "contact_point": self.contact_point,
                "state": self.verdict.state}  # fmt: skip
        if by is not None:
            said["decided_by"] = by.id
            if by.effective_to is not None:
                said["effective_to"] = rfc3339(by.effective_to)
        return said | ({"brand": self.brand} if self.brand else {})


@dataclass(frozen=True, slots=True, repr=False)
class Decision:
    """The answer to: may this be done? ``contact_points`` are those at which it may, as said."""

    allowed: bool
    verdict: Verdict
    rule: Rule
    contact_points: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Why, in one sentence without personal data."""
        return _words(self)


def horizon(statements: Iterable[Statement]) -> datetime | None:
    """The latest instant that the statements themselves know to have come; None without any."""
    return max((s.captured_at for s in statements), default=None)


def effective(statements: Collection[Statement], *, at: datetime, policy: ConsentPolicy = DEFAULT) -> list[Effective]:
    """What counts at the instant for each scope and contact point that was ever spoken of, in their order."""
    ledger = Ledger(statements, at=at, policy=policy)
    found = []
    for scope, point in sorted(ledger.places):
        if ANY in scope[:2]:
            verdict = ledger.of_scope(scope, point)
            if verdict is None or verdict.state != WITHDRAWN:
                continue  # what is wide forbids or says nothing
        else:
            verdict = ledger.across(*scope, point)
        shown = ledger.newest(scope, point)
        verdict = verdict or Verdict(UNKNOWN)
        found.append(Effective(shown.purpose, shown.channel, shown.contact_point, shown.brand, verdict))
    return found


def bears_on(withdrawn: Statement, said: Iterable[Statement]) -> bool:
    """Whether a withdrawal that is nobody's any more (its record was deleted or erased) meets a grant of something
    that it covers, at its contact point."""
    return any(
        s.state == GRANTED and s.point == withdrawn.point
        and all(wide in (narrow, ANY) for wide, narrow in zip(withdrawn.scope[:2], s.scope[:2], strict=True))
        and withdrawn.scope[2] in (s.scope[2], "")
        for s in said
    )  # fmt: skip


def in_profile(statements: Collection[Statement], *, policy: ConsentPolicy = DEFAULT) -> list[dict[str, str]]:
    """The effective consents as a golden profile has them (SHAPES: Golden profile), in a fixed order.

    A profile is what its records say, whatever the hour: its instant is the latest that the statements themselves
    know to have come.
    """
    at = horizon(statements)
    if at is None:
        return []
    return [e.nested() for e in effective(statements, at=at, policy=policy)]


def decide(
    statements: Collection[Statement],
    *,
    purpose: str,
    channel: str,
    at: datetime,
    contact_point: str = "",
    brand: str = "",
    jurisdiction: str = "",
    policy: ConsentPolicy = DEFAULT,
) -> Decision:
    """Whether this purpose may be pursued by this channel at the instant.

    Without a contact point: at those that the answer names. Without a brand: on behalf of all. Without a jurisdiction
    each statement is counted by the rule of its own.
    """
    ledger = Ledger(statements, at=at, policy=policy, jurisdiction=jurisdiction)
    use, means = purpose_key(purpose), channel_key(channel)
    owner = brand_key(brand) or None
    point = point_key(contact_point, jurisdiction)
    known = ledger.points(use, means, owner)
    verdict = ledger.across(use, means, owner, point) if point else ledger.everywhere(use, means, owner)
    verdict = verdict or Verdict(UNKNOWN)
    rule = policy.rule(use, jurisdiction or (verdict.by.jurisdiction if verdict.by else ""))
    asked = {point: contact_point} if point else {p: s.contact_point for p, s in sorted(known.items())}
    points = [
        said for p, said in asked.items() if _allowed(ledger.across(use, means, owner, p) or Verdict(UNKNOWN), rule)
    ]
    return Decision(_allowed(verdict, rule), verdict, rule, tuple(points))


def _allowed(verdict: Verdict, rule: Rule) -> bool:
    if rule.legal_basis in NO_LEAVE:
        return True
    if rule.legal_basis == CONSENT:
        return verdict.state == GRANTED
    return verdict.state in (GRANTED, UNKNOWN)


def _words(decision: Decision) -> str:
    verdict, rule = decision.verdict, decision.rule
    basis = rule.legal_basis.replace("_", " ")
    said = f"on {verdict.by.captured_at:%Y-%m-%d}" if verdict.by else ""
    if rule.legal_basis in NO_LEAVE:
        also = f" What was withdrawn {said} does not bear on it." if verdict.state == WITHDRAWN else ""
        return f"Allowed: this purpose rests on {basis}, for which nobody's leave is asked.{also}"
    if verdict.state == WITHDRAWN:
        assert verdict.by is not None
        return f"Not allowed: withdrawn {said}{_width(verdict.by)}, and not granted since in the same scope."
    if verdict.state == PENDING:
        return (
            f"Not allowed: the double opt-in {'of the grant ' if verdict.by and verdict.by.state == GRANTED else ''}"
            f"{said} was not confirmed."
        )
    if verdict.state == GRANTED:
        return f"Allowed: granted {said}."
    if rule.legal_basis != CONSENT:
        return f"Allowed: this purpose rests on {basis}, and no objection is held."
    if verdict.lapsed:
        return f"Not allowed: what was granted {said} lapsed after {rule.lapses_after_months} months."
    return "Not allowed: " + (f"the last word {said} leaves it open." if verdict.by else "nobody has granted it.")


def _width(statement: Statement) -> str:
    purpose, channel, _ = statement.scope
    wide = [f"every {word}" for word, part in (("purpose", purpose), ("channel", channel)) if part == ANY]
    return f" for {' and '.join(wide)}" if wide else ""
