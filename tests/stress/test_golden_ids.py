"""Golden ids through merge, split, re-merge, delete and unmerge: each answers for ever, and unmerge gives them back."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import selectors
from hub.models import GoldenRecord, OutboxEvent, Review
from tests import opened
from tests.integration.api.conftest import Caller, caller, channel, five_sources  # noqa: F401
from tests.integration.pipeline import world
from tests.stress import runs
from tests.stress.people import (
    alice,
    bob,
    charlie,
    clusters,
    golden_ids,
    groups,
    judge,
    settle,
    take,
    take_back,
)

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
ONE, TWO, NINE = ("crm", "1"), ("crm", "2"), ("crm", "9")


@pytest.fixture(autouse=True)
def _world(sources):
    world.activate(world.tiny_model(cap=100))
    yield
    assert_every_id_answers()


def assert_every_id_answers() -> None:
    """Live, or redirecting to live ids, or gone with its last record; every id that an event ever named."""
    told = set(OutboxEvent.objects.values_list("subject", flat=True))
    assert told >= set(golden_ids().values())
    for public_id in told:
        view = selectors.golden(public_id)
        assert view.state in ("live", "retired")
        assert (view.body is not None) == (view.state == "live")
        for successor in view.successors:
            assert selectors.golden(successor).state == "live"
        if view.state == "retired" and not view.successors:
            members = GoldenRecord.objects.get(public_id=public_id).last_members
            assert members
            assert not set(members) & set(world.addresses().values())


def values() -> dict[str, tuple[dict, list, list]]:
    """What each live golden id says, but for version and time."""
    bodies = (opened.body(g) for g in GoldenRecord.objects.filter(state=0))
    return {body["golden_id"]: (body["profile"], body["crosswalk"], body["consents"]) for body in bodies}


def test_merge_then_a_new_record_then_the_judgement_taken_back() -> None:
    take(alice("1"), bob("9"))
    before = golden_ids()
    same = judge(ONE, NINE, "same")
    assert clusters() == groups("19")
    take(alice("2"))
    assert clusters() == groups("129")
    take_back(same)
    assert clusters() == groups("12", "9")
    assert golden_ids() == {**before, "crm:2": before["crm:1"]}


def test_ids_come_back_where_the_customer_who_lost_the_id_grew_meanwhile() -> None:
    take(bob("9"), alice("1"))  # the merged customer has the id of the first
    before = golden_ids()
    same = judge(ONE, NINE, "same")
    take(alice("2"))
    take_back(same)
    assert golden_ids() == {**before, "crm:2": before["crm:1"]}


def test_a_split_by_judgement_is_healed_when_it_is_taken_back() -> None:
    take(alice("1"), alice("2"))
    before, said = golden_ids(), values()
    different = judge(ONE, TWO, "different")
    assert clusters() == groups("1", "2")
    split = golden_ids()
    take_back(different)
    assert (golden_ids(), values()) == (before, said)
    again = judge(ONE, TWO, "different")
    assert golden_ids() == split  # the id that the first split gave out
    take_back(again)
    assert golden_ids() == before


def test_merge_unmerge_and_merge_again() -> None:
    take(alice("1"), bob("9"))
    before = golden_ids()
    merged = set()
    for _ in range(3):
        same = judge(ONE, NINE, "same")
        merged.add(golden_ids()["crm:1"])
        take_back(same)
        assert golden_ids() == before
    assert len(merged) == 1


def test_a_merged_record_is_deleted_before_the_merge_is_taken_back() -> None:
    take(alice("1"), bob("9"))
    before = golden_ids()
    same = judge(ONE, NINE, "same")
    take(bob("9", deleted=True, at=9))
    take_back(same)
    assert golden_ids() == {"crm:1": before["crm:1"]}
    take(bob("9", at=20))
    assert golden_ids() == before


def test_all_records_of_a_golden_record_are_deleted_and_come_back() -> None:
    take(alice("1"), alice("2"))
    before = golden_ids()
    take(alice("1", deleted=True, at=5), alice("2", deleted=True, at=5))
    assert golden_ids() == {}
    take(alice("2", at=9))
    assert golden_ids() == {"crm:2": before["crm:2"]}


def test_a_record_that_changes_so_that_its_links_no_longer_hold() -> None:
    take(alice("1"), alice("2"), alice("3"))
    before = golden_ids()
    take(bob("3", at=9))
    assert clusters() == groups("12", "3")
    assert golden_ids()["crm:1"] == before["crm:1"]
    take(alice("3", at=20))
    assert golden_ids() == before


def test_a_record_moves_from_one_golden_record_to_another() -> None:
    take(alice("1"), alice("2"), bob("8"), bob("9"))
    before = golden_ids()
    take(bob("2", at=9))
    assert clusters() == groups("1", "289")
    assert golden_ids() == {**before, "crm:2": before["crm:9"]}


def test_the_last_record_moves_and_its_id_redirects() -> None:
    take(alice("1"), bob("9"))
    before = golden_ids()
    take(alice("9", at=9))
    assert set(golden_ids().values()) == {before["crm:1"]}
    assert selectors.golden(before["crm:9"]).successors == [before["crm:1"]]
    take(bob("9", at=20))
    assert golden_ids() == before


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_two_must_links_that_a_cannot_link_forbids(order: tuple[int, ...]) -> None:
    """One of them cannot be met, and is asked for again: the same one in whatever order they were said."""
    take(alice("1"), bob("2"), charlie("9"))
    said = [(ONE, TWO, "same"), (TWO, NINE, "same"), (ONE, NINE, "different")]
    made = [judge(*said[place]) for place in order]
    assert clusters() == groups("1", "29")
    opened = Review.objects.get(state="open")
    live = golden_ids()
    assert {opened.golden_a.public_id, opened.golden_b.public_id} == {live["crm:1"], live["crm:9"]}
    take_back(made[order.index(2)])
    assert clusters() == groups("129")
    assert not Review.objects.filter(state="open").exists()


def test_over_http_a_retired_id_leads_to_its_live_one_and_back(channel: Caller) -> None:  # noqa: F811
    take(alice("1"), bob("9"))
    before = golden_ids()
    same = judge(ONE, NINE, "same")
    kept = golden_ids()["crm:1"]
    (retired,) = set(before.values()) - {kept}
    moved = channel.get(f"/api/v1/golden/{retired}")
    assert (moved.status_code, moved["Location"].rsplit("/", 1)[-1]) == (307, kept)
    assert channel.get(f"/api/v1/golden/{kept}").status_code == 200
    take_back(same)
    assert [channel.get(f"/api/v1/golden/{public_id}").status_code for public_id in before.values()] == [200, 200]


PEOPLE = [alice("1"), alice("2"), alice("3"), bob("4"), bob("5"), charlie("6"), charlie("7")]
pair = st.tuples(*[st.sampled_from([("crm", p["source_id"]) for p in PEOPLE])] * 2).filter(lambda p: p[0] != p[1])


# Each example begins on an empty hub: what a fixture gives, it needs once.
quick = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
answers = st.lists(st.tuples(pair, st.sampled_from(["same", "different", "same", "unsure"])), min_size=1, max_size=7)


@quick
@given(said=answers, turns=st.randoms(use_true_random=False))
def test_judgements_that_are_all_taken_back_leave_clusters_ids_and_values(said, turns) -> None:
    begin()
    before, ids = values(), golden_ids()
    made = []
    for (a, b), verdict in said:
        made.append(judge(a, b, verdict))
        if turns.random() < 0.3:
            take_back(made.pop(turns.randrange(len(made))))
    turns.shuffle(made)
    for judgement in made:
        take_back(judgement)
    settle()
    assert (golden_ids(), values()) == (ids, before)
    assert_every_id_answers()


@quick
@given(said=answers)
def test_a_judgement_taken_back_before_the_next_gives_back_every_id(said) -> None:
    begin()
    before, told = golden_ids(), values()
    for (a, b), verdict in said:
        take_back(judge(a, b, verdict))
        assert (golden_ids(), values()) == (before, told)
    assert_every_id_answers()


def begin() -> None:
    runs.clear()
    runs.activate(100)
    take(*PEOPLE)


def test_ids_come_back_when_the_older_of_two_judgements_is_taken_back_first() -> None:
    """{1 2 3} has the id A, {4 5} has B. Both records of B go to A, one by one, and B retires with the last of them:
    what it last had is not what the first judgement took from it."""
    begin()
    before = golden_ids()
    first = judge(("crm", "1"), ("crm", "4"), "same")
    second = judge(("crm", "1"), ("crm", "5"), "same")
    take_back(first)
    take_back(second)
    assert golden_ids() == before


WHO = [alice, bob, charlie]
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("is"), st.integers(1, 7), st.integers(0, 2)),
        st.tuples(st.just("is"), st.integers(1, 7), st.integers(0, 2)),
        st.tuples(st.just("goes"), st.integers(1, 7), st.just(0)),
        st.tuples(st.sampled_from(["same", "different"]), st.integers(1, 7), st.integers(1, 7)),
        st.tuples(st.sampled_from(["same", "different"]), st.integers(1, 7), st.integers(1, 7)),
        st.tuples(st.just("back"), st.integers(0, 9), st.just(0)),
    ),
    min_size=3,
    max_size=9,
)


@quick
@given(happened=happenings, turns=st.randoms(use_true_random=False))
def test_what_is_taken_back_might_as_well_not_have_been_said(happened, turns) -> None:
    """Records change, go and come back while judgements are made and taken back: at the end, with all taken back, the
    ids are those of a hub in which nobody judged, but for ids that neither had given out at the beginning."""
    assert live_through(happened, turns) == live_through([h for h in happened if h[0] in ("is", "goes")], turns)


def live_through(happened, turns) -> dict[frozenset[str], str]:
    """The clusters at the end, with the record that each one's id was first given to; empty for a later id."""
    begin()
    first: dict[str, str] = {}
    for address, golden in sorted(golden_ids().items()):
        first.setdefault(golden, address)
    made = []
    for at, (what, number, other) in enumerate(happened, start=1):
        a, b = ("crm", str(number)), ("crm", str(other))
        if what == "is":
            take(WHO[other](str(number), at=at))
        elif what == "goes":
            take(alice(str(number), deleted=True, at=at))
        elif what == "back":
            if made:
                take_back(made.pop(number % len(made)))
        elif a != b and {":".join(a), ":".join(b)} <= golden_ids().keys():
            made.append(judge(a, b, what))
    turns.shuffle(made)
    for judgement in made:
        take_back(judgement)
    assert_every_id_answers()
    found: dict[str, set[str]] = {}
    for address, golden in golden_ids().items():
        found.setdefault(golden, set()).add(address)
    return {frozenset(members): first.get(golden, "") for golden, members in found.items()}
