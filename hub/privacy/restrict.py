"""Restriction (GDPR Art. 18): what is held is kept, and until it is lifted neither released nor used.

It hangs on source records. A golden record is restricted while one of its members is: its values cannot be told from
those of the others, so that none is released. The clusters themselves go on being kept up, which is part of storing:
a restricted record that stopped matching would become another customer.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from hub.errors import Refused, Stale
from hub.models import PrivacyRequest, Restriction
from hub.privacy import words
from hub.privacy.requests import audit
from hub.sql import rows


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
        lifted = Restriction.objects.filter(request=request, lifted_at=None).update(lifted_at=timezone.now())
        if not lifted:
            raise Stale("The restriction was lifted already.")
        sealed = words.seal(request.public_id, reason, "reason")
        PrivacyRequest.objects.filter(pk=request.pk).update(reason=sealed)
        audit(request, "privacy.lifted", by)
    return lifted


def restricted(golden_ids: Collection[int]) -> frozenset[int]:
    """Those of these golden records (database ids) that have a restricted member."""
    found = rows(
        """
        SELECT DISTINCT c.golden_id FROM hub_restriction r JOIN hub_crosswalk c ON c.record_id = r.record_id
        WHERE r.lifted_at IS NULL AND c.golden_id = ANY(%b::bigint[])
        """,
        sorted(golden_ids),
    )
    return frozenset(row[0] for row in found)
