"""Invariant 5: a withdrawal stands. By a rule of its own, statement by statement, not by the fold that is checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub import keyring, ledger
from hub.invariants.breach import Breach
from hub.sealing import GOLDEN
from hub.sql import rows
from matching.consentpolicy import PER_CONTACT_POINT, ConsentPolicy
from matching.contactpoints import brand_key, channel_key, point_key, purpose_key
from matching.jsontext import loads
from matching.statements import Statement

_PAGE = 2000


def withdrawals_stand() -> Iterator[Breach]:
    """5. In every golden record, what a withdrawal covers is withdrawn unless a later grant of the same scope undid
    it: of the same contact point, or of the whole person where it was withdrawn so."""
    policy = ledger.policy()
    last = 0
    while page := rows(
        "SELECT id, public_id, holders, body FROM hub_goldenrecord WHERE state = 0 AND id > %s ORDER BY id LIMIT %s",
        last,
        _PAGE,
    ):
        last = page[-1][0]
        home = dict(
            rows("SELECT record_id, golden_id FROM hub_crosswalk WHERE golden_id = ANY(%b::bigint[])",
                 [row[0] for row in page])
        )  # fmt: skip
        said: dict[int, list[ledger.Held]] = {}
        for one in ledger.held(home, keys=keyring.keys_of(home)):
            said.setdefault(home[one.record], []).append(one)
        spoken = [row for row in page if row[0] in said]
        gone = ledger.forsaken({one.token for found in said.values() for one in found})
        bodies = keyring.unsealed([(holders, body) for _, _, holders, body in spoken], GOLDEN)
        for (golden, public_id, *_), body in zip(spoken, bodies, strict=True):
            if body is not None:
                yield from _undone(public_id, said[golden], gone, loads(body).get("consents", []), policy)


def _undone(
    golden: str, found: Sequence[ledger.Held], gone: Mapping[bytes, Sequence[ledger.Forsaken]],
    shown: Sequence[Mapping[str, Any]], policy: ConsentPolicy,
) -> Iterator[Breach]:  # fmt: skip
    statements = [one.statement for one in found]
    spelt = {one.token: one.statement for one in found if one.token}
    withdrawn = [s for s in statements if s.state == "withdrawn"]
    withdrawn += [
        one.at(at.contact_point, at.jurisdiction) for token, at in spelt.items() for one in gone.get(token, ())
    ]
    instant = max(s.captured_at for s in statements)
    grants = [s for s in statements if s.state == "granted" and _counts(s, statements, instant, policy)]
    for stop in withdrawn:
        if not _in_range(stop, instant):
            continue
        later = [g for g in grants if _scope(g) == _scope(stop) and g.captured_at > stop.captured_at]
        for entry in shown:
            if entry["state"] != "withdrawn" and _covers(stop, entry, later, policy):
                yield Breach(5, golden, f"The withdrawal {stop.id} has no effect, though nothing later undid it.")
                break


def _covers(stop: Statement, entry: Mapping[str, Any], later: Sequence[Statement], policy: ConsentPolicy) -> bool:
    """Whether an entry of the profile ought to be withdrawn because of this withdrawal and the grants after it."""
    purpose, channel, brand = _scope(stop)
    theirs = purpose_key(entry["purpose"]), channel_key(entry["channel"]), brand_key(entry.get("brand", ""))
    if purpose not in (theirs[0], "*") or channel not in (theirs[1], "*") or brand not in (theirs[2], ""):
        return False
    place = _place(entry["contact_point"], stop.jurisdiction)
    mine = _place(stop.contact_point, stop.jurisdiction)
    lifted_at = {_place(g.contact_point, g.jurisdiction) for g in later}
    if mine:
        if mine in lifted_at:
            return False
        # An entry without a contact point says what counts where nothing else was said.
        each = policy.rule(theirs[0]).across_contact_points == PER_CONTACT_POINT
        return place == mine or (bool(place) and not each)
    return "" not in lifted_at and place not in lifted_at


def _counts(grant: Statement, statements: Sequence[Statement], instant: Any, policy: ConsentPolicy) -> bool:
    """Whether the grant is in force by its range and, where the policy asks for it, confirmed and not lapsed."""
    rule = policy.rule(purpose_key(grant.purpose), grant.jurisdiction)
    lapses = rule.lapses_at(grant.captured_at)
    if not _in_range(grant, instant) or (lapses is not None and lapses <= instant):
        return False
    return not rule.double_opt_in or grant.double_opt_in or any(
        s.state == "pending" and _scope(s) == _scope(grant) and s.captured_at < grant.captured_at
        and _place(s.contact_point, s.jurisdiction) == _place(grant.contact_point, grant.jurisdiction)
        for s in statements
    )  # fmt: skip


def _in_range(statement: Statement, instant: Any) -> bool:
    begins = statement.effective_from or statement.captured_at
    return begins <= instant and (statement.effective_to is None or instant < statement.effective_to)


def _scope(statement: Statement) -> tuple[str, str, str]:
    return purpose_key(statement.purpose), channel_key(statement.channel), brand_key(statement.brand)


def _place(contact_point: str, jurisdiction: str) -> str:
    return point_key(contact_point, jurisdiction)
