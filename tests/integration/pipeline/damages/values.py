"""Damages to golden values and their versions: the breaches of invariant 4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.models import GoldenRecord
from hub.sealing import PROVENANCE
from hub.sql import rows
from tests import opened
from tests.integration.pipeline.damages.breaking import breaks, live, one, record


def past(sql: str) -> str:
    """The golden record whose id ``sql`` returns."""
    return GoldenRecord.objects.get(pk=one(sql)).public_id


@breaks(4, "told of as past")
def forget_a_past_version() -> str:
    return past("DELETE FROM hub_goldenversion WHERE (golden_id, version) = (SELECT golden_id, version FROM "
                "hub_goldenversion ORDER BY 1, 2 LIMIT 1) RETURNING golden_id")  # fmt: skip


@breaks(4, "out of time")
def let_a_version_end_before_it_began() -> str:
    return past("UPDATE hub_goldenversion SET until = since - interval '1 day' WHERE (golden_id, version) = (SELECT "
                "golden_id, version FROM hub_goldenversion ORDER BY 1, 2 LIMIT 1) RETURNING golden_id")  # fmt: skip


@breaks(4, "does not name a message of each record")
def point_a_version_at_another_record() -> str:
    first = "(SELECT golden_id, version FROM hub_goldenversion ORDER BY 1, 2 LIMIT 1)"
    return past("UPDATE hub_goldenversion SET holders = ARRAY[holders[1] + 1] || holders[2:] "
                f"WHERE (golden_id, version) = {first} RETURNING golden_id")  # fmt: skip


@breaks(4, "lacks a cause")
def let_nothing_have_caused_a_version() -> str:
    g = live()
    rows("UPDATE hub_goldenrecord SET cause_type = '' WHERE id = %s", g.pk)
    return g.public_id


@breaks(4, "of two golden records at once")
def let_a_past_link_last_too_long() -> str:
    return record("UPDATE hub_pastlink p SET until = c.linked_at + interval '1 day' FROM hub_crosswalk c WHERE "
                  "p.id = (SELECT min(l.id) FROM hub_pastlink l JOIN hub_crosswalk h ON h.record_id = l.record_id "
                  "WHERE h.golden_id IS NOT NULL) AND c.record_id = p.record_id RETURNING p.record_id")  # fmt: skip


def _body(change: Callable[[dict[str, Any]], Any]) -> str:
    golden = live()
    body = opened.body(golden)
    change(body)
    rows("UPDATE hub_goldenrecord SET body = %s WHERE id = %s", opened.sealed(golden, body), golden.pk)
    return golden.public_id


@breaks(4, "stored profile")
def change_a_value() -> str:
    return _body(lambda body: body["profile"].update(name={"given": "Zebulon"}))


@breaks(4, "stored crosswalk")
def change_the_crosswalk_of_a_profile() -> str:
    return _body(lambda body: body["crosswalk"].pop())


@breaks(4, "stored version")
def change_the_version_of_a_profile() -> str:
    return _body(lambda body: body.update(version=99))


@breaks(4, "provenance")
def change_where_a_value_came_from() -> str:
    golden = live()
    rows("UPDATE hub_goldenrecord SET provenance = %s WHERE id = %s", opened.sealed(golden, {}, PROVENANCE), golden.pk)
    return golden.public_id


@breaks(4, "content hash")
def change_a_hash() -> str:
    golden = live()
    rows("UPDATE hub_goldenrecord SET content_hash = '\\x00' WHERE id = %s", golden.pk)
    return golden.public_id


@breaks(4, "kind or scope")
def change_a_scope() -> str:
    golden = live()
    rows("UPDATE hub_goldenrecord SET scope = 'elsewhere' WHERE id = %s", golden.pk)
    return golden.public_id


@breaks(4, "found by")
def forget_a_term() -> str:
    golden = live()
    rows("DELETE FROM hub_goldenterm WHERE golden_id = %s", golden.pk)
    return golden.public_id
