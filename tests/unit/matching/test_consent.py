"""What a customer's statements allow: case by case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from matching.consent import ConsentPolicy, Decision, Statement, decide, effective, in_profile

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
A, B = "alice@example.com", "a.meyer@example.org"


def said(state: str, day: float, point: str = A, **more: object) -> Statement:
    at = NOON + timedelta(days=day)
    where = {"purpose": "marketing", "channel": "email", "brand": ""} | more
    name = f"cs_{state}{day}{point}{sorted(more.items())}"
    return Statement(id=name, contact_point=point, state=state, captured_at=at, **where)  # type: ignore[arg-type]


def may(*statements: Statement, day: float = 100, policy: object = None, **asked: str) -> Decision:
    wanted = {"purpose": "marketing", "channel": "email"} | asked
    return decide(statements, at=NOON + timedelta(days=day), policy=ConsentPolicy.read(policy), **wanted)  # type: ignore[arg-type]


def test_nothing_said_is_no_consent_and_no_withdrawal() -> None:
    answer = may()
    assert (answer.allowed, answer.verdict.state, answer.verdict.by) == (False, "unknown", None)


def test_the_latest_decides_and_a_withdrawal_wins_a_tie() -> None:
    assert may(said("granted", 1)).allowed
    assert may(said("granted", 1), said("withdrawn", 2)).verdict.state == "withdrawn"
    assert may(said("withdrawn", 1), said("granted", 2)).allowed
    assert may(said("granted", 1), said("withdrawn", 1)).verdict.state == "withdrawn"


@pytest.mark.parametrize("state", ["pending", "unknown"])
def test_only_a_grant_undoes_a_withdrawal(state: str) -> None:
    assert may(said("withdrawn", 1), said(state, 2)).verdict.state == "withdrawn"
    assert may(said("granted", 1), said(state, 2)).verdict.state == state
    assert may(said("withdrawn", 1), said(state, 2), said("granted", 3)).allowed


def test_spellings_of_a_contact_point_meet() -> None:
    assert not may(said("granted", 1), said("withdrawn", 2, " Alice@EXAMPLE.com")).allowed
    number = {"channel": "sms"}
    granted = said("granted", 1, "+49 151 23455994", **number)
    assert may(granted, **number).allowed
    assert not may(granted, said("withdrawn", 2, "0151/23455994", channel="SMS", jurisdiction="DE"), **number).allowed


def test_over_contact_points_the_most_restrictive_counts_unless_the_policy_says_otherwise() -> None:
    ledger = said("granted", 3, A), said("withdrawn", 1, B)
    per_point = {"purposes": {"marketing": {"across_contact_points": "per_contact_point"}}}
    assert may(*ledger).verdict.by is ledger[1]
    assert not may(*ledger, contact_point=A).allowed
    assert may(*ledger, contact_point=A, policy=per_point).allowed
    assert not may(*ledger, contact_point=B, policy=per_point).allowed
    # Not asked of one, it cannot be said of all; those at which it may are named.
    assert (may(*ledger, policy=per_point).allowed, may(*ledger, policy=per_point).contact_points) == (False, (A,))


def test_a_grant_is_for_the_contact_point_it_names() -> None:
    answer = may(said("granted", 1, A), contact_point=B)
    assert (answer.allowed, answer.verdict.state) == (False, "unknown")
    assert may(said("granted", 1, A)).contact_points == (A,)


def test_a_withdrawal_of_the_whole_person_reaches_every_contact_point() -> None:
    ledger = said("granted", 1, A), said("withdrawn", 2, "")
    assert not may(*ledger).allowed
    assert not may(*ledger, contact_point="new@example.com").allowed
    again = (*ledger, said("granted", 3, A))
    assert may(*again).allowed
    assert may(*again, contact_point=A).allowed
    assert not may(*again, contact_point="new@example.com").allowed
    assert may(*ledger, said("granted", 3, "")).allowed


def test_a_grant_of_the_whole_person_revives_no_contact_point_that_was_withdrawn() -> None:
    assert not may(said("withdrawn", 1, A), said("granted", 2, "")).allowed
    assert may(said("granted", 2, "")).allowed
    assert may(said("granted", 2, ""), contact_point=A).allowed


@pytest.mark.parametrize("scope", [{"purpose": "*"}, {"channel": "*"}, {"purpose": "*", "channel": "ALL"}])
def test_stop_everything_is_undone_by_a_grant_of_its_own_width_which_allows_nothing(scope: dict[str, str]) -> None:
    stop, again = said("withdrawn", 2, "", **scope), said("granted", 4, "", **scope)
    assert not may(said("granted", 1), stop).allowed
    assert not may(said("granted", 1), stop, said("granted", 3)).allowed
    assert may(said("granted", 1), stop, again).allowed
    assert not may(stop, again).allowed
    assert "every" in may(stop).text


def test_brands_are_apart_and_no_brand_is_all_of_them() -> None:
    main, outlet = {"brand": "Main"}, {"brand": "Outlet"}
    ledger = said("granted", 1, **main), said("withdrawn", 2, **outlet)
    assert may(*ledger, **main).allowed
    assert not may(*ledger, **outlet).allowed
    assert not may(*ledger).allowed
    assert may(said("granted", 1), **main).allowed
    assert not may(said("withdrawn", 1), said("granted", 2, **main), **main).allowed
    assert may(said("withdrawn", 1), said("granted", 2, **main), said("granted", 3), **main).allowed
    # What one brand leaves open, the grant to all of them does not answer.
    assert not may(said("granted", 2), said("pending", 1, **main), **main).allowed


def test_other_purposes_and_channels_say_nothing_here() -> None:
    ledger = said("granted", 1), said("withdrawn", 2, channel="sms"), said("withdrawn", 2, purpose="profiling")
    assert may(*ledger).allowed


def test_a_statement_counts_within_its_own_range() -> None:
    day = lambda number: NOON + timedelta(days=number)  # noqa: E731
    trial = said("granted", 1, effective_from=day(10), effective_to=day(20))
    assert [may(trial, day=d).allowed for d in (5, 10, 19, 20)] == [False, True, True, False]
    # A grant that has run out undoes no longer what it undid.
    assert may(said("withdrawn", 0), trial, day=30).verdict.state == "withdrawn"
    pause = said("withdrawn", 2, effective_to=day(20))
    assert [may(said("granted", 1), pause, day=d).allowed for d in (10, 20)] == [False, True]


def test_a_grant_lapses_after_the_months_of_the_policy() -> None:
    policy = {"default": {"lapses_after_months": 2}}
    assert may(said("granted", 0), day=58, policy=policy).allowed
    lapsed = may(said("granted", 0), day=59, policy=policy)
    assert (lapsed.allowed, lapsed.verdict.state, "lapsed" in lapsed.text) == (False, "unknown", True)
    assert may(said("withdrawn", -1), said("granted", 0), day=59, policy=policy).verdict.state == "withdrawn"


def test_a_double_opt_in_is_asked_for_where_the_policy_says_so() -> None:
    policy = {"purposes": {"marketing": {"jurisdictions": {"DE": {"double_opt_in": True}}}}}
    german = {"jurisdiction": "DE"}
    assert may(said("granted", 1), policy=policy).allowed
    assert may(said("granted", 1, **german), policy=policy).verdict.state == "pending"
    assert may(said("granted", 1), policy=policy, jurisdiction="DE-BY").verdict.state == "pending"
    assert may(said("granted", 1, double_opt_in=True, **german), policy=policy).allowed
    assert may(said("pending", 0, **german), said("granted", 1, **german), policy=policy).allowed
    # An unconfirmed grant undoes nothing.
    ledger = said("withdrawn", 0, **german), said("granted", 1, **german)
    assert may(*ledger, policy=policy).verdict.state == "withdrawn"


def test_where_no_consent_is_asked_for() -> None:
    policy = {"purposes": {"service": {"legal_basis": "contract"}, "post": {"legal_basis": "legitimate_interest"}}}
    assert may(policy=policy, purpose="service").allowed
    assert may(said("withdrawn", 1, purpose="*"), policy=policy, purpose="service").allowed
    assert may(policy=policy, purpose="post").allowed
    assert not may(said("withdrawn", 1, purpose="post"), policy=policy, purpose="post").allowed
    assert not may(said("withdrawn", 1, "", purpose="*", channel="*"), policy=policy, purpose="post").allowed
    assert not may(said("pending", 1, purpose="post"), policy=policy, purpose="post").allowed


def test_effective_lists_what_counts_at_each_place() -> None:
    ledger = [said("granted", 1, A), said("granted", 2, "Alice@Example.com"), said("withdrawn", 1, "", channel="sms")]
    found = [(e.channel, e.contact_point, e.verdict.state) for e in effective(ledger, at=NOON + timedelta(days=9))]
    assert found == [("email", "Alice@Example.com", "granted"), ("sms", "", "withdrawn")]
    assert in_profile([]) == []
    assert in_profile(ledger)[0]["decided_by"] == ledger[1].id


def test_an_answer_says_why_and_no_personal_data() -> None:
    for answer in (may(said("granted", 1)), may(said("withdrawn", 1)), may(said("pending", 1)), may()):
        assert answer.text.startswith("Allowed" if answer.allowed else "Not allowed")
        assert "@" not in answer.text
    assert repr(Statement("cs_1", "marketing", "email", A, "", "granted", NOON)) == "Statement(cs_1)"
