"""Damages to judgements: the breaches of invariant 6."""

from __future__ import annotations

from hub.models import Judgement
from hub.sql import rows
from tests.integration.pipeline.damages.breaking import breaks, one


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
