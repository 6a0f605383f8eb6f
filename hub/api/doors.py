"""What every REST view shares: bearer tokens, strict JSON, problems, and a log line without personal data."""

from __future__ import annotations

import json
import logging
import re
from time import perf_counter
from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import exceptions as drf
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from hub.api import throttle
from hub.api.access import BearerToken, HasScope, client_name, grant_of
from hub.api.bodies import scrub_text
from hub.api.deprecation import Deprecated
from hub.api.problems import Problem, handle
from hub.errors import NotFound
from hub.pressure import age
from hub.rates.shared import Verdict

log = logging.getLogger("hub.api")

_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
_PART = re.compile(r"<(?:[^:>]+:)?([^>]+)>")


class Door(APIView):
    """A REST view. ``required_scopes`` names the scopes; see ``HasScope``. ``budget`` is what a request counts against
    (see ``hub.api.throttle``); None: reads for GET, else writes."""

    authentication_classes = [BearerToken]
    permission_classes: list[type[BasePermission]] = [HasScope]  # type: ignore[assignment]
    renderer_classes = [JSONRenderer]
    parser_classes: list[Any] = []  # type: ignore[assignment]
    metadata_class = None
    required_scopes: ClassVar[list[str] | dict[str, list[str]]] = []
    budget: ClassVar[str | None] = None
    deprecated: ClassVar[Deprecated | None] = None
    _rates: Verdict | None = None

    def get_exception_handler(self) -> Any:
        return handle

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        if request.auth is not None:
            budget = self.budget or (throttle.READS if request.method in ("GET", "HEAD") else throttle.WRITES)
            grant = grant_of(request)
            self._rates = throttle.admit(budget, grant.client_id, own=grant.rate)

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, (drf.NotAuthenticated, drf.AuthenticationFailed)):
            return super().handle_exception(throttle.failed(self.request) or exc)
        return super().handle_exception(exc)

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        self._began = perf_counter()
        return super().initialize_request(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer: HttpResponseBase = super().finalize_response(request, response, *args, **kwargs)
        if not answer.has_header("Cache-Control"):
            answer["Cache-Control"] = "private, no-store"
        if self.deprecated is not None:
            for name, value in self.deprecated.headers().items():
                answer[name] = value
        if self._rates is not None:
            for name, value in self._rates.headers().items():
                answer[name] = value
        if not isinstance(request, Request):
            return answer
        read = request.method in ("GET", "HEAD") and answer.status_code in (200, 304) and request.auth is not None
        if read and (old := age.seconds()) is not None:
            answer["Age"] = str(old)
        match = request.resolver_match
        # The template, never the path: a source id in it can be personal data.
        route = _PART.sub(r"{\1}", match.route) if match else "-"
        # Whoever could not be asked after, because the database is away, is not asked after again.
        client = client_name(request) if getattr(request, "_auth", None) is not None else "-"
        spent = (perf_counter() - self._began) * 1000
        log.info("%s /%s %s client=%s %.1f ms", request.method, route, answer.status_code, client, spent)
        return answer


def answer_json(data: Any, *, status: int = 200, **headers: str) -> HttpResponse:
    """``data`` as JSON; header names are given with underscores."""
    content = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str).encode("utf-8", "replace")
    return answer_bytes(content, status=status, **headers)


def answer_bytes(content: bytes, *, status: int = 200, **headers: str) -> HttpResponse:
    response = HttpResponse(content, status=status, content_type="application/json")
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


def public_id(text: str, prefix: str) -> str:
    """``text``, which must look like a public id with this prefix; raises ``NotFound``."""
    start, _, rest = text.partition("_")
    if start != prefix or not _ID.fullmatch(rest):
        raise NotFound
    return text


def query_text(request: Request, name: str, default: str = "", *, longest: int = 1000) -> str:
    """A query parameter, which may be given once; raises ``Problem``."""
    given = request.query_params.getlist(name)
    if len(given) > 1:
        raise Problem("invalid-request", f"Give the parameter {name} once.", field=name)
    text = scrub_text(given[0]) if given else default
    if len(text) > longest:
        raise Problem("invalid-request", f"The parameter {name} may have {longest} characters.", field=name)
    return text


def query_number(request: Request, name: str, default: int, *, lowest: int, highest: int) -> int:
    """A whole number among the query parameters; raises ``Problem``."""
    text = query_text(request, name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and lowest <= int(text) <= highest):
        detail = f"The parameter {name} is a whole number from {lowest} to {highest}."
        raise Problem("invalid-request", detail, field=name)
    return int(text)


def only(data: dict[str, Any], *allowed: str) -> dict[str, Any]:
    """``data``, which may have no other keys than these: a misspelt one must not be passed over in silence."""
    if data.keys() - set(allowed):
        raise Problem("invalid-request", f"The object may have the keys {', '.join(allowed)} and no other.")
    return data


def body_text(data: dict[str, Any], name: str, *, required: bool = False, longest: int = 1000) -> str:
    """A text in a body; raises ``Problem``."""
    value = data.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value.strip()) or len(value) > longest:
        raise Problem("invalid-request", f"{name} must be text of 1 to {longest} characters.", field=name)
    return value


def record_address(text: str, name: str) -> tuple[str, str]:
    """(system, source id) of ``system:source_id``; the first colon divides. Raises ``Problem``."""
    system, colon, source_id = text.partition(":")
    if not (system and colon and source_id.strip()):
        raise Problem("invalid-request", f"{name} is a record's address: system:source_id.", field=name)
    return system, source_id.strip()
