"""Laws of consent, over random ledgers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from matching.consent import ConsentPolicy, Statement, decide, effective, in_profile

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATE = NOON + timedelta(days=1000)
POINTS = ("", "alice@example.com", "ALICE@example.com ", "bob@example.com", "+49 151 23455994")
PURPOSES, CHANNELS, BRANDS = ("marketing", "profiling", "*"), ("email", "sms", "*"), ("", "main", "outlet")
POLICIES = [
    ConsentPolicy.read(section)
    for section in (
        None,
        {"default": {"across_contact_points": "per_contact_point"}},
        {"default": {"double_opt_in": True, "lapses_after_months": 1}},
        {"default": {"legal_basis": "legitimate_interest"}},
    )
]
days = st.integers(0, 60)
policies = st.sampled_from(POLICIES)


@st.composite
def statements(draw: st.DrawFn, state: str = "", **fixed: str) -> Statement:
    at = NOON + timedelta(days=draw(days))
    ends = draw(st.none() | days)
    return Statement(
        id=f"cs_{draw(st.integers(0, 10**9))}",
        purpose=fixed.get("purpose", draw(st.sampled_from(PURPOSES))),
        channel=fixed.get("channel", draw(st.sampled_from(CHANNELS))),
        contact_point=fixed.get("contact_point", draw(st.sampled_from(POINTS))),
        brand=fixed.get("brand", draw(st.sampled_from(BRANDS))),
        state=state or draw(st.sampled_from(("granted", "withdrawn", "pending", "unknown"))),
        captured_at=at,
        effective_to=at + timedelta(days=1 + ends) if ends is not None and state != "withdrawn" else None,
        double_opt_in=draw(st.booleans()),
    )


ledgers = st.lists(statements(), max_size=12, unique_by=lambda s: s.id)
asked = st.fixed_dictionaries({
    "purpose": st.sampled_from(PURPOSES[:2]), "channel": st.sampled_from(CHANNELS[:2]),
    "brand": st.sampled_from(BRANDS), "contact_point": st.sampled_from(POINTS),
})  # fmt: skip


def answer(ledger: list[Statement], question: dict[str, str], policy: ConsentPolicy, at: datetime = LATE) -> object:
    found = decide(ledger, at=at, policy=policy, **question)  # type: ignore[arg-type]
    return found.allowed, found.verdict, found.contact_points, found.text


@given(ledgers.flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))), asked, policies)
def test_no_order_and_no_replay_changes_an_answer(
    both: tuple[list[Statement], list[Statement]], question: dict[str, str], policy: ConsentPolicy
) -> None:
    one, other = both
    assert answer(one, question, policy) == answer(other, question, policy) == answer(one + other, question, policy)
    assert in_profile(one, policy=policy) == in_profile(other, policy=policy) == in_profile(one + other, policy=policy)


@given(ledgers, ledgers, asked, policies)
def test_a_merge_is_no_more_permissive_than_either_side_was_restrictive(
    one: list[Statement], other: list[Statement], question: dict[str, str], policy: ConsentPolicy
) -> None:
    """Where neither side says of a withdrawal's scope that it was granted later, no merge revives it."""
    together = decide([*one, *other], at=LATE, policy=policy, **question)  # type: ignore[arg-type]
    apart = [decide(side, at=LATE, policy=policy, **question) for side in (one, other)]  # type: ignore[arg-type]
    if together.verdict.state == "granted":
        for side in apart:
            if side.verdict.state == "withdrawn":
                held = side.verdict.by
                assert held is not None
                assert any(s.scope == held.scope and s.state == "granted" and s.captured_at > held.captured_at
                           for s in [*one, *other])  # fmt: skip


@given(ledgers, statements(state="withdrawn"), asked, policies)
def test_a_withdrawal_is_undone_by_nothing_but_a_later_grant_of_its_scope(
    ledger: list[Statement], stop: Statement, question: dict[str, str], policy: ConsentPolicy
) -> None:
    covers = (
        stop.scope[0] in (question["purpose"], "*")
        and stop.scope[1] in (question["channel"], "*")
        and (not question["brand"] or stop.scope[2] in (question["brand"], ""))
    )
    lifts = [
        s for s in ledger
        if s.state == "granted" and s.scope == stop.scope and s.captured_at > stop.captured_at
        and (s.point == stop.point or not stop.point)
    ]  # fmt: skip
    if covers and not lifts and policy.default.across_contact_points == "most_restrictive":
        found = decide([*ledger, stop], at=LATE, policy=policy, **question)  # type: ignore[arg-type]
        assert found.verdict.state == "withdrawn"
        assert not found.allowed
        assert not found.contact_points


@given(ledgers, asked.filter(lambda q: q["contact_point"]))
def test_who_opts_in_again_is_in(ledger: list[Statement], question: dict[str, str]) -> None:
    """A later grant of each scope at each place at which anything was withdrawn."""
    later = NOON + timedelta(days=100)
    again = [
        Statement(id=f"cs_again{number}", purpose=s.purpose, channel=s.channel, contact_point=s.contact_point,
                  brand=s.brand, state="granted", captured_at=later)
        for number, s in enumerate(ledger)
    ]  # fmt: skip
    own = Statement(id="cs_own", state="granted", captured_at=later, **question)
    assert decide([*ledger, *again, own], at=LATE, **question).allowed  # type: ignore[arg-type]


@given(ledgers, statements(state="granted"), asked, policies)
def test_an_older_grant_that_comes_late_lifts_no_withdrawal(
    ledger: list[Statement], late: Statement, question: dict[str, str], policy: ConsentPolicy
) -> None:
    before = decide(ledger, at=LATE, policy=policy, **question)  # type: ignore[arg-type]
    by = before.verdict.by
    if before.verdict.state == "withdrawn" and by is not None and late.captured_at <= by.captured_at:
        after = decide([*ledger, late], at=LATE, policy=policy, **question)  # type: ignore[arg-type]
        assert after.verdict.state == "withdrawn"


@given(ledgers, policies)
def test_what_is_listed_for_a_contact_point_is_what_is_answered(ledger: list[Statement], policy: ConsentPolicy) -> None:
    for entry in effective(ledger, at=LATE, policy=policy):
        if entry.contact_point.strip() and "*" not in (entry.purpose, entry.channel) and entry.brand:
            question = {"purpose": entry.purpose, "channel": entry.channel, "contact_point": entry.contact_point,
                        "brand": entry.brand}  # fmt: skip
            found = decide(ledger, at=LATE, policy=policy, **question)  # type: ignore[arg-type]
            assert found.verdict == entry.verdict or (found.verdict.by is None and entry.verdict.by is None)
