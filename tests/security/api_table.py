"""Client × route × object: what each client is answered. A route that is not here fails the test that walks them.

``OPEN`` rows ask for no token. In the others a client without a valid token is answered 401, one whose token lacks the
scope 403, and ``ok`` is the answer to one that has it. ``reach`` says what else decides:

    "write"     the client must be bound to the source system of the path: otherwise 403
    "message"   so it must be to see the message: otherwise 404, as for a message that never was
    "customer"  the object is about a customer, whom the client must be allowed to see: otherwise 404
    "many"      the answer leaves out every customer whom the client may not see
    "receiver"  the endpoint must be told no more than the client may be: otherwise 404
    ""          nobody's data are behind it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Row:
    """One operation. Texts in braces name objects of the world."""

    route: str
    method: str
    path: str
    needs: str
    ok: int
    reach: str = ""
    body: Any = None
    # The answer to who is shown nothing of a customer, where it is another one.
    kept_back: int = 0

    @property
    def name(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"


_RECORD = {"source_id": "77", "name": {"given": "Carol", "family": "Diaz"}}
_GR = f"{API}/golden/{{golden}}"
_PR = f"{API}/privacy-requests/{{request}}"
_WE = f"{API}/webhook-endpoints/{{endpoint}}"
_STATEMENT = {"purpose": "marketing", "channel": "email", "contact_point": "alice.ashworth@example.com",
              "state": "withdrawn", "captured_at": "2026-02-01T00:00:00Z"}  # fmt: skip
_PIN = {"attribute": "birth_date", "value": "1984-03-13", "reason": "called"}

ROWS = (
    Row("records", "POST", f"{API}/sources/crm/records", "records:write", 202, "write", _RECORD),
    Row("records-batch", "POST", f"{API}/sources/crm/records/batch", "records:write", 207, "write", [_RECORD]),
    Row("message", "GET", f"{API}/messages/{{message}}", "records:write", 200, "message"),
    Row("golden-list", "GET", f"{API}/golden", "golden:read", 200, "many"),
    Row("golden-search", "POST", f"{API}/golden/search", "golden:read", 200, "many", {"name": "Ashworth"}, 403),
    Row("golden", "GET", _GR, "golden:read", 200, "customer"),
    Row("golden", "GET", f"{_GR}?expand=provenance", "golden:read", 200, "customer"),
    Row("golden-explanation", "GET", f"{_GR}/explanation", "golden:read", 200, "customer"),
    Row("golden-history", "GET", f"{_GR}/history", "golden:read", 200, "customer"),
    Row("golden-pins", "GET", f"{_GR}/pins", "judgements:write", 200, "customer"),
    Row("golden-pins", "POST", f"{_GR}/pins", "judgements:write", 201, "customer", _PIN, 403),
    Row("golden-pin", "DELETE", f"{_GR}/pins/{{pin}}", "judgements:write", 204, "customer"),
    Row("golden-consents", "GET", f"{_GR}/consents", "consents:read", 200, "customer"),
    Row("golden-consents", "POST", f"{_GR}/consents", "consents:write", 201, "customer", _STATEMENT),
    Row("golden-consents-check", "GET", f"{_GR}/consents/check?purpose=marketing&channel=email", "consents:read", 200,
        "customer"),
    Row("golden-consents-check", "POST", f"{_GR}/consents/check", "consents:read", 200, "customer",
        {"purpose": "marketing", "channel": "email"}),
    Row("suppression-check", "POST", f"{API}/suppression/check", "consents:read", 200, "",
        {"contact_points": ["alice.ashworth@example.com"], "purpose": "marketing", "channel": "email"}),
    Row("crosswalk", "GET", f"{API}/crosswalk/crm/1", "golden:read", 200, "customer"),
    Row("crosswalk-lookup", "POST", f"{API}/crosswalk/lookup", "golden:read", 200, "many",
        {"records": [{"source_system": "crm", "source_id": "1"}]}),
    Row("resolve", "POST", f"{API}/resolve", "resolve", 200, "many",
        {"name": {"given": "Alice", "family": "Ashworth"}, "birth_date": "1984-03-12"}),
    Row("explanation", "GET", f"{API}/explanation?a=crm:1&b=pos:9", "golden:read", 200, "customer"),
    Row("events", "GET", f"{API}/events", "events:read", 200, "many"),
    Row("judgements", "POST", f"{API}/judgements", "judgements:write", 201, "customer",
        {"a": "crm:1", "b": "pos:9", "judgement": "same", "reason": "called"}),
    Row("judgement", "DELETE", f"{API}/judgements/{{judgement}}", "judgements:write", 204, "customer"),
    Row("reviews", "GET", f"{API}/reviews", "reviews:write", 200, "many"),
    Row("review-decision", "POST", f"{API}/reviews/{{review}}/decision", "reviews:write", 200, "customer",
        {"judgement": "different", "reason": "called"}),
    Row("privacy-requests", "GET", f"{API}/privacy-requests", "privacy", 200, "many"),
    Row("privacy-requests", "POST", f"{API}/privacy-requests", "privacy", 202, "customer",
        {"kind": "access", "golden_id": "{golden}", "jurisdiction": "EU"}),
    Row("privacy-request", "GET", _PR, "privacy", 200, "customer"),
    Row("privacy-acknowledgements", "POST", f"{_PR}/acknowledgements", "privacy", 200, "customer",
        {"target": "requester", "proof": "handed over"}),
    Row("privacy-extension", "POST", f"{_PR}/extension", "privacy", 200, "customer", {"reason": "many records"}),
    Row("privacy-refusal", "POST", f"{_PR}/refusal", "privacy", 200, "customer", {"reason": "unfounded"}),
    Row("privacy-lifting", "POST", f"{API}/privacy-requests/{{restriction}}/lifting", "privacy", 200, "other",
        {"reason": "settled"}),
    Row("privacy-bundle", "GET", f"{_PR}/bundle.json", "privacy", 200, "customer", None, 403),
    Row("privacy-bundle-page", "GET", f"{_PR}/bundle.html", "privacy", 200, "customer", None, 403),
    Row("webhook-endpoints", "GET", f"{API}/webhook-endpoints", "webhooks:manage", 200),
    Row("webhook-endpoints", "POST", f"{API}/webhook-endpoints", "webhooks:manage", 201, "",
        {"url": "https://example.org/hook"}),
    Row("webhook-endpoint", "GET", _WE, "webhooks:manage", 200, "receiver"),
    Row("webhook-endpoint", "DELETE", _WE, "webhooks:manage", 204, "receiver"),
    Row("webhook-endpoint", "PATCH", _WE, "webhooks:manage", 200, "receiver", {"description": "other"}),
    Row("webhook-endpoint-pause", "POST", f"{_WE}/pause", "webhooks:manage", 200, "receiver", {}),
    Row("webhook-endpoint-resume", "POST", f"{_WE}/resume", "webhooks:manage", 200, "receiver", {}),
    Row("webhook-endpoint-rotate-secret", "POST", f"{_WE}/rotate-secret", "webhooks:manage", 200, "receiver", {}),
    Row("webhook-endpoint-test", "POST", f"{_WE}/test", "webhooks:manage", 200, "receiver", {}),
    Row("webhook-endpoint-health", "GET", f"{_WE}/health", "webhooks:manage", 200, "receiver"),
    Row("webhook-endpoint-replay", "POST", f"{_WE}/replay", "webhooks:manage", 200, "receiver", {"from": 0}),
    Row("webhook-deliveries", "GET", f"{_WE}/deliveries", "webhooks:manage", 200, "receiver"),
    Row("webhook-delivery", "GET", f"{_WE}/deliveries/{{delivery}}", "webhooks:manage", 200, "receiver"),
    Row("dead-letters", "GET", f"{API}/dead-letters", "operate", 200, "many"),
    Row("dead-letters-of-cause", "GET", f"{API}/dead-letters/permanent.invalid-record", "operate", 200, "many"),
    Row("dead-letters-replay", "POST", f"{API}/dead-letters/replay", "operate", 200, "many",
        {"cause": "permanent.invalid-record"}),
)  # fmt: skip

# Answered without a token, and the same whatever token comes with the request.
OPEN = (
    Row("healthz", "GET", "/healthz", "", 200),
    Row("readyz", "GET", "/readyz", "", 200),
    Row("prometheus-django-metrics", "GET", "/metrics", "", 200),
    Row("schema", "GET", f"{API}/schema/", "", 200),
    Row("event-schema", "GET", f"{API}/schema/events/golden.updated/1", "", 200),
    # By a client's id and secret, and by a vendor's signature: without them nobody is let in.
    Row("oauth-token", "POST", "/oauth/token/", "", 400, "", {}),
    Row("vendor-webhook", "POST", f"{API}/sources/ecommerce/webhooks/customers/update", "", 401, "", {"id": 7}),
)
