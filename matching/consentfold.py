"""The fold behind ``matching.consent``: the statements that stand at an instant, and the verdicts that they give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from matching.consentpolicy import MOST_RESTRICTIVE, ConsentPolicy
from matching.contactpoints import ANY
from matching.statements import GRANTED, PENDING, RESTRICTIVE, UNKNOWN, WITHDRAWN, Scope, Statement

_WHOLE = ""
# A brand as asked for: None is all of them at once, "" what was said without one.
Brand = str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state, and the statement that made it so; none where nothing was said."""

    state: str
    by: Statement | None = None
    lapsed: bool = False

    @property
    def strength(self) -> tuple[int, datetime, str]:
        # Only of verdicts with a statement.
        assert self.by is not None
        return RESTRICTIVE[self.state], self.by.captured_at, self.by.id


class Ledger:
    """The statements that stand at an instant, by scope and contact point, with the verdicts they give."""

    def __init__(
        self, statements: Iterable[Statement], *, at: datetime, policy: ConsentPolicy, jurisdiction: str = ""
    ) -> None:
        self._at, self._policy, self._jurisdiction = at, policy, jurisdiction
        self._of: dict[Scope, dict[str, list[Statement]]] = defaultdict(lambda: defaultdict(list))
        self._everywhere: dict[tuple[str, str, Brand], Verdict | None] = {}
        self.places: dict[tuple[Scope, str], list[Statement]] = defaultdict(list)
        for statement in statements:
            self.places[statement.scope, statement.point].append(statement)
            if statement.stands(at):
                self._of[statement.scope][statement.point].append(statement)

    def newest(self, scope: Scope, point: str) -> Statement:
        return max(self.places[scope, point], key=lambda s: (s.captured_at, s.id))

    def points(self, purpose: str, channel: str, brand: Brand) -> dict[str, Statement]:
        """The contact points of which anything that covers this was said, each with such a statement."""
        return {
            p: self.newest(s, p) for s in self._covering(purpose, channel, brand) for p in self._of[s] if p != _WHOLE
        }

    def across(self, purpose: str, channel: str, brand: Brand, point: str) -> Verdict | None:
        """What counts at a contact point, with what counts at the others; ``""`` is the person, whatever the points."""
        own = self._at_point(purpose, channel, brand, point)
        if not point or self._policy.rule(purpose, self._jurisdiction).across_contact_points != MOST_RESTRICTIVE:
            return own
        others = self.everywhere(purpose, channel, brand)
        if own is None or others is None:
            # What is granted elsewhere is granted elsewhere alone.
            return own if others is None or others.state == GRANTED else others
        return max(own, others, key=lambda v: v.strength)

    def everywhere(self, purpose: str, channel: str, brand: Brand) -> Verdict | None:
        """The most restrictive of all contact points; what was said of the whole person where there are none."""
        place = purpose, channel, brand
        if place not in self._everywhere:
            points = self.points(*place) or (_WHOLE,)
            found = [v for p in points if (v := self._at_point(*place, p))]
            self._everywhere[place] = max(found, key=lambda v: v.strength, default=None)
        return self._everywhere[place]

    def of_scope(self, scope: Scope, point: str) -> Verdict | None:
        """What the statements of just this scope give at the contact point."""
        held = self._of.get(scope)
        if not held:
            return None
        whole = self._fold(held.get(_WHOLE, ()))
        if not point or point not in held:
            return whole
        own = list(held[point])
        if whole and whole.by and whole.state == WITHDRAWN:
            own.append(whole.by)
        return self._fold(own)

    def _at_point(self, purpose: str, channel: str, brand: Brand, point: str) -> Verdict | None:
        """Narrow scopes say what they say, wide ones forbid; one without a brand speaks where its brand has not."""
        narrow, wide = [], []
        for scope in self._covering(purpose, channel, brand):
            verdict = self.of_scope(scope, point)
            if verdict is None:
                continue
            if ANY in scope[:2] or (brand and not scope[2]):
                wide.append((scope, verdict))
            else:
                narrow.append(verdict)
        counted = narrow or [v for scope, v in wide if ANY not in scope[:2]]
        counted = [*counted, *(v for _, v in wide if v.state == WITHDRAWN)]
        return max(counted, key=lambda v: v.strength, default=None)

    def _covering(self, purpose: str, channel: str, brand: Brand) -> list[Scope]:
        return [
            scope
            for scope in self._of
            if scope[0] in (purpose, ANY) and scope[1] in (channel, ANY) and (brand is None or scope[2] in (brand, ""))
        ]

    def _fold(self, statements: Sequence[Statement]) -> Verdict | None:
        """The verdict of statements of one scope and contact point."""
        if not statements:
            return None
        awaited = min((s.captured_at for s in statements if s.state == PENDING), default=None)
        counted: list[tuple[datetime, int, str, str, Statement]] = []
        lapsed = None
        for s in statements:
            state = s.state
            if state == GRANTED:
                rule = self._policy.rule(s.scope[0], self._jurisdiction or s.jurisdiction)
                ends = rule.lapses_at(s.captured_at)
                if ends is not None and ends <= self._at:
                    lapsed = s if lapsed is None or s.captured_at > lapsed.captured_at else lapsed
                    continue
                # A grant that answers one that was pending is the second opt-in.
                if rule.double_opt_in and not (s.double_opt_in or (awaited and awaited < s.captured_at)):
                    state = PENDING
            counted.append((s.captured_at, RESTRICTIVE[state], s.id, state, s))
        withdrawn = max((c for c in counted if c[3] == WITHDRAWN), default=None, key=lambda c: c[:3])
        if withdrawn is not None and not any(c[3] == GRANTED and c[0] > withdrawn[0] for c in counted):
            return Verdict(WITHDRAWN, withdrawn[4])
        latest = max(counted, default=None, key=lambda c: c[:3])
        if latest is not None:
            return Verdict(latest[3], latest[4])
        return Verdict(UNKNOWN, lapsed, lapsed=True)
