"""All that is held about a customer, from every table, made when it is asked for and stored nowhere.

``SECTIONS`` says what there is, in words for the customer; ``TOLD`` in which section a table is told of, ``LEFT_OUT``
why another is not. A test compares both with the schema, so that a new table cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from hub.errors import Refused, Stale
from hub.models import PrivacyRequest, PrivacyStep
from hub.privacy import held, requests
from hub.privacy.requests import Kind, State

SECTIONS: Mapping[str, str] = {
    "golden_record": "What we take to be true about you, put together from the records below, and where each value is "
    "from.",
    "records": "What each system sent us about you, every version of it.",
    "messages": "When each of these was received, and what was received but not taken.",
    "consents": "What you allowed and did not allow, as it was told to us.",
    "history": "How what we take to be true about you came about, step by step.",
    "events": "What we told others about you, whom, and when.",
    "judgements": "What people here decided about which records are yours.",
    "pins": "What people here set about you over what the systems say, and why.",
    "reviews": "Questions about your records that were put to people here.",
    "privacy_requests": "What you asked of us under data protection law, and what became of it.",
    "restrictions": "Whether your data may be used.",
    "audit": "Who saw or changed something about you.",
    "matching": "How alike your own records are, in milli-bits of match weight.",
}
# Tables that refer to source records or golden records, and the section that tells of them.
TOLD: Mapping[str, str] = {
    "hub_goldenrecord": "golden_record",
    "hub_crosswalk": "golden_record",
    "hub_sourcerecord": "records",
    "hub_recordversion": "records",
    "hub_inboxmessage": "messages",
    "hub_consentstatement": "consents",
    "hub_goldenversion": "history",
    "hub_pastlink": "history",
    "hub_outboxevent": "events",
    "hub_delivery": "events",
    "hub_attempt": "events",
    "hub_judgement": "judgements",
    "hub_pin": "pins",
    "hub_review": "reviews",
    "hub_privacyrequest": "privacy_requests",
    "hub_privacystep": "privacy_requests",
    "hub_restriction": "restrictions",
    "hub_auditentry": "audit",
    "hub_edge": "matching",
}
LEFT_OUT: Mapping[str, str] = {
    "hub_nativelink": "a number of ours: the golden record that would be, were a judgement taken back",
    "hub_spareid": "numbers of ours: the golden ids that were given out by judgement",
    "hub_prepared": "the records once more, cleaned for comparing: nothing in it that is not in them",
    "hub_blockingkey": "hashes of parts of the records, to find records that are alike",
    "hub_goldenterm": "keyed hashes of the names and numbers of the golden record, to find it by them",
    "hub_matchmodelversion": "numbers of records that were being worked on when the match model was changed",
    "keystore_key": "random keys that the records are encrypted with",
    "keystore_erasure": "what was erased, of which nothing is held",
}

_READ: Mapping[str, Callable[[held.Subject], Any]] = {
    "golden_record": held.Subject.golden_record,
    "records": held.Subject.source_records,
    "messages": held.Subject.messages,
    "consents": held.Subject.consents,
    "history": held.Subject.history,
    "events": held.Subject.events,
    "judgements": held.Subject.judgements,
    "pins": held.Subject.pins,
    "reviews": held.Subject.reviews,
    "privacy_requests": held.Subject.privacy_requests,
    "restrictions": held.Subject.restrictions,
    "audit": held.Subject.audit,
    "matching": held.Subject.matching,
}


def of_request(request: PrivacyRequest) -> dict[str, Any]:
    """The bundle of an access or portability request: ``about``, then every one of ``SECTIONS``. JSON throughout.

    Raises ``Refused`` for a request of another kind, ``Stale`` for one that was refused.
    """
    if request.kind not in (Kind.ACCESS, Kind.PORTABILITY):
        raise Refused("Only an access or portability request has a bundle.")
    if request.state == State.REFUSED:
        raise Stale("The request was refused.")
    with transaction.atomic():  # one moment for all of it
        about = held.Subject.of(request)
        found = {name: told(about) for name, told in _READ.items()}
    head = {
        "request_id": request.public_id,
        "kind": request.kind,
        "golden_id": about.golden_id,
        "made_at": timezone.now().isoformat().replace("+00:00", "Z"),
        "jurisdiction": request.jurisdiction,
        "sections": dict(SECTIONS),
    }
    return {"about": head, **found}


def handed_over(request: PrivacyRequest, *, by: str) -> dict[str, Any]:
    """The bundle, with a note of who took it. The first time meets the request's last step."""
    made = of_request(request)
    with transaction.atomic():
        requests.audit(request, "privacy.bundle", by, {"golden_id": made["about"]["golden_id"]})
        PrivacyStep.objects.filter(request=request, step="hand_over", state=PrivacyStep.State.WAITING).update(
            state=PrivacyStep.State.DONE, at=timezone.now(), by=by
        )
    requests.settle(request, by=by)
    return made
