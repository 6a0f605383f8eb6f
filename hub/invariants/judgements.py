"""Invariant 6: judgements do what they say while they are in force, and leave no trace when they are taken back.

That the clusters are those of the judgements in force, and of no other, is compared with a batch run in
``clusters``; here is what can be said without one.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub.invariants.breach import Breach
from hub.sql import rows
from hub.stages import model as models


def keep_apart() -> Iterator[Breach]:
    """6. Two records of which a judgement in force says that they are different are not in one golden record."""
    model_id, _ = models.active()
    for judgement, golden in rows(
        """
        SELECT j.public_id, g.public_id FROM (
            SELECT DISTINCT ON (a_id, b_id) * FROM hub_judgement
            WHERE retracted_at IS NULL ORDER BY a_id, b_id, id DESC
        ) j
        JOIN hub_prepared pa ON pa.record_id = j.a_id AND pa.model_id = %s AND pa.key_data = j.a_key_data
        JOIN hub_prepared pb ON pb.record_id = j.b_id AND pb.model_id = %s AND pb.key_data = j.b_key_data
        JOIN hub_crosswalk ca ON ca.record_id = j.a_id JOIN hub_crosswalk cb ON cb.record_id = j.b_id
        JOIN hub_goldenrecord g ON g.id = ca.golden_id
        WHERE j.judgement = 'different' AND ca.golden_id = cb.golden_id
        """,
        model_id,
        model_id,
    ):
        yield Breach(6, judgement, f"It says that two records are different: both are in {golden}.")


def are_well_formed() -> Iterator[Breach]:
    """6. Judgements are about two records, the lower id first, and say who took them back, which the audit knows."""
    for (public_id,) in rows("SELECT public_id FROM hub_judgement WHERE a_id >= b_id"):
        yield Breach(6, public_id, "Its records are not in order: another of the same pair would not supersede it.")
    for public_id, action in rows(
        """
        SELECT j.public_id, n.action FROM hub_judgement j
        CROSS JOIN (VALUES ('judgement.made'), ('judgement.retracted')) AS n(action)
        WHERE (n.action = 'judgement.made' OR j.retracted_at IS NOT NULL)
          AND NOT EXISTS (SELECT 1 FROM hub_auditentry a WHERE a.subject = j.public_id AND a.action = n.action)
        """
    ):
        yield Breach(6, public_id, f"The audit knows nothing of it: {action} is missing.")
