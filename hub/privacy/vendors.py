"""Privacy requests that a source system sends by its own notice, about a record of its own."""

from __future__ import annotations

from hub import keyring
from hub.models import PrivacyRequest, SourceSystem
from hub.privacy import requests, targets, work
from hub.privacy.requests import OPEN


def file(*, kind: str, source: SourceSystem, source_id: str) -> str:
    """File the request and give its id (``pr_…``). A vendor sends a notice until it is answered: a request of the same
    kind that is open answers for the repeat, and one that forgot the record for ever does."""
    by = f"source:{source.code}"
    address = keyring.address(source.code, source_id)
    held = PrivacyRequest.objects.filter(address=address, kind=kind, filed_by=by, state__in=OPEN).first()
    if held is not None:
        return held.public_id
    try:
        subject = targets.of_record(source.code, source_id, known=False)
    except targets.Gone:
        return targets.erased_by(address)
    made = requests.file(kind=kind, subject=subject, by=by, of_record=True)
    work.begin(made)
    return made.public_id
