"""Restriction (GDPR Art. 18): what is held is kept, and until it is lifted neither released nor used.

It hangs on source records; see ``hub.restrictions`` for what it keeps from whom. The clusters themselves go on being
kept up, which is part of storing: a restricted record that stopped matching would become another customer. When a
restriction is lifted, receivers get the profile as it is then.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from hub import keyring, restrictions
from hub.errors import Refused, Stale
from hub.flow import Draft
from hub.models import PrivacyRequest, Restriction
from hub.models.inbox import Lane
from hub.ports import ring
from hub.privacy import words
from hub.privacy.requests import audit
from hub.sealing import GOLDEN
from hub.sql import rows
from hub.stages import publish
from matching.jsontext import loads


def restrict(request: PrivacyRequest) -> None:
    """Put the records of a request under restriction. A repeat changes nothing."""
    now = timezone.now()
    Restriction.objects.bulk_create(
        (Restriction(request=request, record_id=record, since=now) for record in request.records),
        ignore_conflicts=True,
    )


def lift(request: PrivacyRequest, *, reason: str, by: str) -> int:
    """End the restriction of a request, of which the customer was told before (Art. 18(3)); how many records."""
    if request.kind != PrivacyRequest.Kind.RESTRICTION:
        raise Refused("Only a restriction can be lifted.", field="kind")
    with transaction.atomic():
        records = list(Restriction.objects.filter(request=request, lifted_at=None).values_list("record_id", flat=True))
        if not records:
            raise Stale("The restriction was lifted already.")
        lifted = Restriction.objects.filter(request=request, lifted_at=None).update(lifted_at=timezone.now())
        sealed = words.seal(request.public_id, reason, "reason")
        PrivacyRequest.objects.filter(pk=request.pk).update(reason=sealed)
        audit(request, "privacy.lifted", by)
        publish.write_events(_snapshots(records, request.public_id))
    transaction.on_commit(lambda: ring(Lane.INTERACTIVE))
    return lifted


def _snapshots(records: Sequence[int], request_id: str) -> list[Draft]:
    """``golden.updated`` of the golden records that are free again: what was held back is caught up with."""
    found = rows(
        """
        SELECT DISTINCT g.id, g.public_id, g.version, g.holders, g.body FROM hub_crosswalk c
        JOIN hub_goldenrecord g ON g.id = c.golden_id
        WHERE c.record_id = ANY(%b::bigint[]) AND g.state = 0 ORDER BY g.id
        """,
        list(records),
    )
    still = restrictions.restricted([golden for golden, *_ in found])
    held = keyring.keys_of({record for *_, holders, _ in found for record in holders})
    bodies = keyring.unsealed([(holders, body) for *_, holders, body in found], GOLDEN, known=held)
    drafts = []
    for (golden, public_id, version, holders, _), body in zip(found, bodies, strict=True):
        key = keyring.joint_of(holders, held)
        if golden in still or body is None or key is None:
            continue
        said = loads(body)
        data = {
            "golden_id": public_id, "version": version, "changed": [], "profile": said["profile"],
            "cause": {"type": "policy", "ref": request_id}, "crosswalk": said["crosswalk"], "merged_from": [],
            "split_into": [],
        }  # fmt: skip
        drafts.append(Draft(golden, public_id, "golden.updated", data, (), tuple(holders), key))
    return drafts
