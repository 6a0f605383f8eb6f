"""Damages to who is together: the breaches of invariant 2, and of 3 and 6 where a batch run would differ."""

from __future__ import annotations

from hub.models import GoldenRecord
from hub.sql import rows
from tests.integration.pipeline.damages.breaking import breaks, live, one, retired


@breaks(2, "in no golden record")
def lose_a_record() -> str:
    record_id = one("UPDATE hub_crosswalk SET golden_id = NULL WHERE record_id = (SELECT min(record_id) FROM "
                 "hub_crosswalk WHERE golden_id IS NOT NULL) RETURNING record_id")  # fmt: skip
    return f"record {record_id}"


@breaks(2, "without a source record")
def empty_a_golden_record() -> str:
    first, second = live(0), live(1)
    rows("UPDATE hub_crosswalk SET golden_id = %s WHERE golden_id = %s", second.pk, first.pk)
    return first.public_id


@breaks(2, "still counts it")
def keep_a_deleted_record() -> str:
    record_id = one("SELECT id FROM hub_sourcerecord WHERE deleted LIMIT 1")
    rows("UPDATE hub_crosswalk SET golden_id = %s WHERE record_id = %s", live().pk, record_id)
    return f"record {record_id}"


@breaks(2, "which is not live")
def put_a_record_into_a_retired_id() -> str:
    record_id = one("SELECT min(record_id) FROM hub_crosswalk WHERE golden_id IS NOT NULL")
    rows("UPDATE hub_crosswalk SET golden_id = %s WHERE record_id = %s", retired().pk, record_id)
    return f"record {record_id}"


def _join_two(judged: bool) -> str:
    """Two live golden records put together whose records no judgement names, or does."""
    named = {r for row in rows("SELECT a_id, b_id FROM hub_judgement") for r in row}
    homes = [
        g for g in GoldenRecord.objects.filter(state=0).order_by("id")
        if judged != named.isdisjoint(g.members.values_list("record_id", flat=True))
    ]  # fmt: skip
    rows("UPDATE hub_crosswalk SET golden_id = %s WHERE golden_id = %s", homes[0].pk, homes[1].pk)
    return homes[0].public_id


@breaks(3, "A batch run puts records")
def join_two_clusters() -> str:
    return _join_two(judged=False)


@breaks(6, "A batch run puts records")
def join_two_clusters_that_were_judged() -> str:
    return _join_two(judged=True)
