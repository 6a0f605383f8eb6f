"""Damages to golden ids, the crosswalk and reviews: the breaches of invariant 7."""

from __future__ import annotations

from django.utils import timezone

from hub.models import GoldenRecord, Review
from hub.sql import rows
from tests.integration.pipeline.damages.breaking import breaks, live, record, retired


@breaks(7, "says not where")
def retire_without_a_redirect() -> str:
    gone = retired()
    rows("UPDATE hub_goldenrecord SET last_members = '{}' WHERE id = %s", gone.pk)
    return gone.public_id


@breaks(7, "still says where")
def leave_a_redirect_on_a_live_id() -> str:
    golden = live()
    rows("UPDATE hub_goldenrecord SET last_members = '{1}' WHERE id = %s", golden.pk)
    return golden.public_id


@breaks(7, "does not answer")
def put_an_id_into_no_state() -> str:
    golden = live()
    rows("UPDATE hub_goldenrecord SET state = 9 WHERE id = %s", golden.pk)
    return golden.public_id


@breaks(7, "which is not held")
def redirect_to_a_record_unknown() -> str:
    gone = retired()
    rows("UPDATE hub_goldenrecord SET last_members = '{999999999}' WHERE id = %s", gone.pk)
    return gone.public_id


@breaks(7, "It redirects by record")
def let_a_redirect_dangle() -> str:
    gone = retired()
    rows("UPDATE hub_crosswalk SET golden_id = NULL WHERE record_id = ANY(%b::bigint[])", gone.last_members)
    return gone.public_id


@breaks(7, "not known any more")
def forget_an_id() -> str:
    gone = retired()
    rows("DELETE FROM hub_goldenrecord WHERE id = %s", gone.pk)
    return gone.public_id


@breaks(7, "no row in the crosswalk")
def lose_a_row_of_the_crosswalk() -> str:
    return record("DELETE FROM hub_crosswalk WHERE record_id = (SELECT min(record_id) FROM hub_crosswalk) "
                         "RETURNING record_id")  # fmt: skip


@breaks(7, "golden record unknown")
def point_the_crosswalk_nowhere() -> str:
    return record("UPDATE hub_crosswalk SET golden_id = 999999999 WHERE record_id = (SELECT min(record_id) "
                         "FROM hub_crosswalk) RETURNING record_id")  # fmt: skip


@breaks(7, "is not held")
def invent_a_row_of_the_crosswalk() -> str:
    rows("INSERT INTO hub_crosswalk (record_id) VALUES (999999999)")
    return "record 999999999"


def _review(a: int, b: int, records: tuple[int, int], state: str = "open") -> str:
    rows("DELETE FROM hub_review")
    return Review.objects.create(
        golden_a_id=a, golden_b_id=b, record_a_id=records[0], record_b_id=records[1], weight=0, state=state,
        opened_at=timezone.now(),
    ).public_id  # fmt: skip


def _member(golden: GoldenRecord) -> int:
    return golden.members.values_list("record_id", flat=True)[0]


@breaks(7, "asks about a golden record that is not live")
def ask_about_a_retired_id() -> str:
    home, gone = live(), retired()
    return _review(*sorted((home.pk, gone.pk)), (_member(home), gone.last_members[0]))


@breaks(7, "out of order")
def ask_the_wrong_way_round() -> str:
    return _review(live(1).pk, live(0).pk, (_member(live(0)), _member(live(1))))


@breaks(7, "not known")
def have_asked_about_nobody() -> str:
    return _review(live().pk, 999999999, (_member(live(0)), _member(live(1))), "obsolete")


@breaks(7, "that raised the review")
def ask_by_records_of_others() -> str:
    return _review(live(0).pk, live(1).pk, (_member(live(0)), _member(live(2))))
