"""What went wrong, as RFC 9457 problem details: a stable ``type``, what is wrong, and what to do.

No problem holds a value that somebody sent, a path or a traceback: a source id can be personal data. The
types are listed for their readers in ``docs/api.md``; a test compares the two lists.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import Error as DatabaseError
from django.db.utils import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from psycopg import Error as PsycopgError
from psycopg import InterfaceError as PsycopgInterfaceError
from psycopg import OperationalError as PsycopgOperationalError
from rest_framework import exceptions as drf

from hub.errors import HubError, Overloaded, Refused, Transient

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

# slug → (status, title). A slug, once published, keeps its meaning.
TYPES: Mapping[str, tuple[int, str]] = {
    "empty-body": (400, "The body is empty"),
    "invalid-json": (400, "The body is not JSON"),
    "not-utf-8": (400, "The body is not UTF-8"),
    "too-deep": (400, "The JSON is nested too deeply"),
    "invalid-encoding": (400, "The body is not what its Content-Encoding says"),
    "duplicate-key": (400, "A JSON object names a key twice"),
    "invalid-request": (400, "The request cannot be understood"),
    "invalid-idempotency-key": (400, "The Idempotency-Key cannot be used"),
    "unauthenticated": (401, "There is no valid access token"),
    "invalid-signature": (401, "The signature is not the vendor's"),
    "insufficient-scope": (403, "The access token lacks a scope"),
    "source-not-allowed": (403, "The client may not write for this source system"),
    "forbidden": (403, "This is not allowed"),
    "unknown-source": (404, "There is no such source system"),
    "not-found": (404, "There is nothing under this id"),
    "unknown-route": (404, "There is no such route"),
    "method-not-allowed": (405, "The route does not take this method"),
    "not-acceptable": (406, "There is no representation of this kind"),
    "body-too-slow": (408, "The body did not arrive in its time"),
    "stale": (409, "The records changed since they were shown"),
    "gone": (410, "It was here and is gone"),
    "erased": (410, "The record was erased"),
    "precondition-failed": (412, "It was changed since it was read"),
    "precondition-required": (428, "The request must say what it was made of"),
    "length-required": (411, "The request must say how long its body is"),
    "body-too-large": (413, "The body is too large"),
    "too-many-records": (413, "There are too many records in one request"),
    "unsupported-media-type": (415, "The body has a type that this route does not take"),
    "invalid-record": (422, "The record cannot be taken as it is"),
    "idempotency-key-reused": (422, "The Idempotency-Key was used with another request"),
    "withheld": (403, "Values are withheld from this client"),
    "restricted": (451, "The customer's data are under restriction"),
    "rate-limited": (429, "The caller asks too much"),
    "internal-error": (500, "Something went wrong on our side"),
    "overloaded": (503, "The hub has as much to do as it can"),
    "no-model": (503, "No match model is active"),
    "unavailable": (503, "The hub cannot answer just now"),
}

_AWAY = (OperationalError, InterfaceError, PsycopgOperationalError, PsycopgInterfaceError)
_RETRY_SECONDS = 5
SEND_AGAIN = "The fault is ours and was logged: send the request again, under the same Idempotency-Key if it had one."


class Problem(Refused):
    """A request that was refused at the door, with the slug of its problem type."""

    def __init__(self, slug: str, detail: str, *, headers: Mapping[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.code = slug
        self.status = TYPES[slug][0]
        self.headers = dict(headers or {})
        self.extra = extra


def body(slug: str, detail: str, **extra: Any) -> dict[str, Any]:
    """The problem object of RFC 9457; ``extra`` are its further members."""
    status, title = TYPES[slug]
    return {"type": f"/problems/{slug}", "title": title, "status": status, "detail": detail, **extra}


def response(slug: str, detail: str, *, headers: Mapping[str, str] | None = None, **extra: Any) -> HttpResponse:
    content = json.dumps(body(slug, detail, **extra), ensure_ascii=False).encode()
    answer = HttpResponse(content, status=TYPES[slug][0], content_type=CONTENT_TYPE)
    answer["Cache-Control"] = "no-store"
    for name, value in (headers or {}).items():
        answer[name] = value
    return answer


def handle(exc: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """DRF's exception handler: every exception becomes a problem, known ones with what to do."""
    from rest_framework.views import set_rollback  # it imports this module, as the settings tell it to

    set_rollback()
    if isinstance(exc, Problem):
        return response(exc.code, str(exc), headers=exc.headers, **exc.extra)
    if isinstance(exc, Overloaded):
        return response("overloaded", str(exc), headers={"Retry-After": str(exc.retry_after)})
    if isinstance(exc, Transient):
        return _unavailable()
    if isinstance(exc, HubError) and exc.code in TYPES:
        named = {"field": str(exc.context["field"])} if exc.context.get("field") else {}
        return response(exc.code, str(exc), headers=None, **named)
    if isinstance(exc, Refused):
        return response("invalid-request", str(exc))
    if isinstance(exc, drf.APIException):
        return _of_drf(exc)
    if isinstance(exc, Http404):
        return response("not-found", "There is nothing under this id.")
    if isinstance(exc, PermissionDenied):
        return response("forbidden", "The client may not do this.")
    if isinstance(exc, RequestDataTooBig):
        return response("body-too-large", "The body is larger than this route takes: send less at once.")
    if isinstance(exc, SuspiciousOperation):
        return response("invalid-request", "The request cannot be understood: check its query and headers.")
    if isinstance(exc, _AWAY):
        log.error("The database did not answer: %s", type(exc).__name__)
        return _unavailable()
    return unexpected(exc)


def unexpected(exc: BaseException) -> HttpResponse:
    """A fault of ours. What is logged is its class and place, never its text, which may hold a value."""
    frames = traceback.extract_tb(exc.__traceback__)[-8:]
    place = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    state = getattr(exc, "sqlstate", None) or getattr(exc.__cause__, "sqlstate", None)
    kind = f"{type(exc).__name__} {state}" if isinstance(exc, (DatabaseError, PsycopgError)) else type(exc).__name__
    log.error("Unexpected %s at %s", kind, place)
    return response("internal-error", SEND_AGAIN)


def _unavailable() -> HttpResponse:
    return response(
        "unavailable",
        f"Send the request again in {_RETRY_SECONDS} seconds, under the same Idempotency-Key if it had one.",
        headers={"Retry-After": str(_RETRY_SECONDS)},
    )


def _of_drf(exc: drf.APIException) -> HttpResponse:
    if isinstance(exc, (drf.NotAuthenticated, drf.AuthenticationFailed)):
        return response(
            "unauthenticated",
            "Send `Authorization: Bearer TOKEN` with a token from POST /oauth/token/ that has not expired.",
            headers={"WWW-Authenticate": str(getattr(exc, "auth_header", "Bearer"))},
        )
    if isinstance(exc, drf.PermissionDenied):
        return response("forbidden", "The client may not do this.")
    if isinstance(exc, drf.MethodNotAllowed):
        return response("method-not-allowed", "See the Allow header for the methods that the route takes.")
    if isinstance(exc, drf.NotAcceptable):
        return response("not-acceptable", "The route answers application/json: ask for that, or for */*.")
    if isinstance(exc, drf.UnsupportedMediaType):
        return response("unsupported-media-type", "Send the body as application/json, in UTF-8.")
    if isinstance(exc, drf.ParseError):
        return response("invalid-json", "The body is not JSON: check it with a JSON validator.")
    if isinstance(exc, drf.NotFound):
        return response("not-found", "There is nothing under this id.")
    log.error("Unexpected %s", type(exc).__name__)
    return response("internal-error", SEND_AGAIN)


def _for_machines(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/oauth/"))


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _for_machines(request):
        if isinstance(exception, RequestDataTooBig):
            return response("body-too-large", "The body is larger than this route takes: send less at once.")
        return response("invalid-request", "The request cannot be understood: check its host, path and headers.")
    return defaults.bad_request(request, exception)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _for_machines(request):
        return response("forbidden", "The client may not do this.")
    return defaults.permission_denied(request, exception)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _for_machines(request):
        return response("unknown-route", "There is no such route: see GET /api/v1/schema/ for those that there are.")
    return defaults.page_not_found(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    if _for_machines(request):
        return response("internal-error", SEND_AGAIN)
    return defaults.server_error(request)
