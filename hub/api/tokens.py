"""``POST /oauth/token/``: client credentials (RFC 6749, section 4.4), and no other grant.

Its errors are those of RFC 6749, ``{"error": …, "error_description": …}``, because OAuth2 clients read these.
"""

from __future__ import annotations

import base64
import logging
from typing import Any

from django.db.utils import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.views import TokenView

from hub.api import problems, throttle
from hub.api.bodies import unarrived
from hub.api.problems import Problem
from hub.rates.address import address_of

log = logging.getLogger("hub.api")

MAX_BYTES = 16 * 1024


@method_decorator(csrf_exempt, name="dispatch")
class TokenDoor(TokenView):  # type: ignore[misc]
    """Gives an access token for a client's id and secret."""

    http_method_names = ["post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            answer = self._refusal(request) or self._counted(request, *args, **kwargs)
        except Problem as problem:
            answer = problems.handle(problem, {})
        except UnreadablePostError as error:
            answer = problems.handle(unarrived(error) or Problem("invalid-request", "The form was cut off."), {})
        except (OperationalError, InterfaceError) as error:
            answer = problems.handle(error, {})
        except Exception as error:  # a traceback page would show what was sent
            answer = problems.unexpected(error)
        answer["Cache-Control"] = "no-store"
        log.info("%s /oauth/token/ %s", request.method, answer.status_code)
        return answer

    def _counted(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The toolkit's answer. To look at a secret costs a tenth of a second: who guesses is not heard for long."""
        if request.method != "POST":
            return self._given(request, *args, **kwargs)
        client_id = _client_id(request)
        throttle.may_try(request, as_whom=client_id)
        throttle.admit(throttle.TOKENS, address_of(request))
        answer = self._given(request, *args, **kwargs)
        if answer.status_code == 401 and (refused := throttle.failed(request, as_whom=client_id)):
            raise refused
        return answer

    def _given(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        """What is wrong with the request before any secret is looked at; reads at most 16 KB."""
        if request.method != "POST":
            return None
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
            return _error("invalid_request", "The body is too large.", status=413)
        if request.content_type != "application/x-www-form-urlencoded":
            return _error("invalid_request", "Send a form: grant_type=client_credentials.")
        if any("\x00" in text for name in request.POST for text in (name, *request.POST.getlist(name))):
            return _error("invalid_request", "The form holds a NUL character.")
        if "resource" in request.POST:
            return _error("invalid_target", "Tokens are for this hub alone: leave resource out.")
        if request.POST.get("grant_type") != "client_credentials":
            return _error("unsupported_grant_type", "The grant_type is client_credentials.")
        return None

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return problems.response("method-not-allowed", "Tokens are asked for by POST.", headers={"Allow": "POST"})


def _client_id(request: HttpRequest) -> str:
    """Which client the caller says it is, in the form or in the Authorization header."""
    kind, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if kind.lower() != "basic":
        return str(request.POST.get("client_id", ""))[:200]
    try:
        return base64.b64decode(text.strip(), validate=True).decode("utf-8", "replace").partition(":")[0][:200]
    except ValueError:
        return ""


def _error(code: str, description: str, *, status: int = 400) -> JsonResponse:
    return JsonResponse({"error": code, "error_description": description}, status=status)
