"""Damages to judgements: the breaches of invariant 6."""

from __future__ import annotations

from hub.models import Judgement
from hub.sql import rows
from tests.integration.pipeline.damages.breaking import breaks, one

# Records on whose golden ids no judgement bears.
PLAIN = """golden_id IS NOT NULL AND golden_id NOT IN (
               SELECT golden_id FROM hub_nativelink UNION SELECT golden_id FROM hub_spareid
               UNION SELECT c.golden_id FROM hub_crosswalk c JOIN hub_nativelink l ON l.record_id = c.record_id)"""


@breaks(6, "A batch run puts records")
def retract_a_judgement_behind_the_hub_s_back() -> str:
    merged = Judgement.objects.filter(judgement="same", retracted_at=None)[0]
    rows("UPDATE hub_judgement SET retracted_at = now() WHERE id = %s", merged.pk)
    return str(one("SELECT g.public_id FROM hub_crosswalk c JOIN hub_goldenrecord g ON g.id = c.golden_id "
                   "WHERE c.record_id = %s", merged.a_id))  # fmt: skip


@breaks(6, "that two records are different")
def join_what_was_judged_different() -> str:
    apart = Judgement.objects.filter(judgement="different")[0]
    rows("UPDATE hub_crosswalk SET golden_id = (SELECT golden_id FROM hub_crosswalk WHERE record_id = %s) "
         "WHERE record_id = %s", apart.a_id, apart.b_id)  # fmt: skip
    return apart.public_id


@breaks(6, "not in order")
def turn_a_judgement_round() -> str:
    rows("UPDATE hub_judgement SET a_id = b_id, b_id = a_id WHERE judgement = 'different'")
    return Judgement.objects.filter(judgement="different")[0].public_id


@breaks(6, "judgement.retracted is missing")
def forget_who_retracted() -> str:
    rows("SET LOCAL session_replication_role = replica")  # the database itself refuses it otherwise
    rows("DELETE FROM hub_auditentry WHERE action = 'judgement.retracted'")
    return Judgement.objects.exclude(retracted_at=None)[0].public_id


@breaks(6, "though it is the one that it has")
def note_a_native_id_that_is_none() -> str:
    record_id = one(f"INSERT INTO hub_nativelink SELECT record_id, golden_id FROM hub_crosswalk WHERE {PLAIN} "
                    "ORDER BY record_id LIMIT 1 RETURNING record_id")  # fmt: skip
    return f"record {record_id}"


@breaks(6, "it is in no golden record")
def note_a_native_id_of_nobody() -> str:
    return f"record {one('INSERT INTO hub_nativelink VALUES (999999999, 1) RETURNING record_id')}"


@breaks(6, "it belongs to other records")
def give_a_customer_another_s_native_id() -> str:
    """The one whose first record came first, with the id of the one whose first came last."""
    ordered = rows(f"SELECT golden_id FROM hub_crosswalk WHERE {PLAIN} GROUP BY golden_id ORDER BY min(record_id)")
    (first,), (last,) = ordered[0], ordered[-1]
    rows("INSERT INTO hub_nativelink SELECT record_id, %s FROM hub_crosswalk WHERE golden_id = %s", last, first)
    return str(one("SELECT public_id FROM hub_goldenrecord WHERE id = %s", first))


@breaks(6, "though one has")
def note_an_id_in_use_as_spare() -> str:
    golden = one(f"SELECT min(golden_id) FROM hub_crosswalk WHERE {PLAIN}")
    rows("INSERT INTO hub_spareid (golden_id, lent, members) VALUES (%s, true, '{}')", golden)
    return str(one("SELECT public_id FROM hub_goldenrecord WHERE id = %s", golden))
