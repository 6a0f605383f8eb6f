"""Who asks, and whether they may: bearer tokens, scopes per route, and the source systems of a client."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from hub.api.problems import Problem
from hub.audit import reads
from hub.errors import UnknownSource
from hub.models import SourceSystem
from hub.reach import EVERYBODY, Reach
from hub.sql import rows
from hub.visibility import View

if TYPE_CHECKING:  # rest_framework.views itself imports this module, as the settings tell it to
    from rest_framework.views import APIView

_TOKEN = re.compile(r"Bearer +([A-Za-z0-9._~+/-]{1,512}=*) *", re.ASCII)
_CODE = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a request may do: the scopes that its token names and its client still has, the client's sources, whose
    customers it reaches and what of them it sees.

    ``sources`` holds codes of source systems, or ``*``; ``view`` is None where nothing is kept back.
    """

    client_id: str
    scopes: frozenset[str]
    sources: frozenset[str]
    region: str = ""
    rate: str = ""
    reach: Reach = EVERYBODY
    view: View | None = None

    def may_write_for(self, source_code: str) -> bool:
        """Whether it is bound to the source system, or to all, and the system's customers are in its reach."""
        return ("*" in self.sources or source_code in self.sources) and self.reach.system(source_code)


# Everything that a grant is made of, as one text: a process that has read such a text knows what it says, and nothing
# that was changed since can be missed.
WHO = """json_build_array(a.client_id, t.scope, c.scopes, c.sources, c.region, c.rate, c.within, c.hidden,
    c.masked)::text"""
TOKENS = """oauth2_provider_accesstoken t JOIN oauth2_provider_application a ON a.id = t.application_id
    JOIN hub_apiclient c ON c.application_id = a.id"""
VALID = "t.token_checksum = %s AND t.expires > %s"


@lru_cache(maxsize=1000)
def grant_from(who: str) -> Grant:
    """The grant that ``WHO`` says."""
    client_id, scope, scopes, sources, region, rate, within, hidden, masked = json.loads(who)
    granted = frozenset(scope.split()) & frozenset(scopes)
    return Grant(client_id, granted, frozenset(sources), region, rate, Reach.of(within, client_id),
                 View.of(hidden, masked))  # fmt: skip


def checksum(token: str) -> str:
    """How the toolkit keeps tokens."""
    return hashlib.sha256(token.encode()).hexdigest()


class BearerToken(BaseAuthentication):
    """A token from ``POST /oauth/token/`` in the Authorization header, and nowhere else.

    The toolkit's own class also reads the body in search of a token, which a door that bounds bodies must
    not have happen behind its back. One prepared statement gives token, client and its grants: through the
    ORM it took two thirds of the time of a golden profile.
    """

    def authenticate(self, request: Request) -> tuple[None, Grant] | None:
        found = _TOKEN.fullmatch(request.META.get("HTTP_AUTHORIZATION", ""))
        if found is None:
            return None
        held = rows(f"SELECT {WHO} FROM {TOKENS} WHERE {VALID}", checksum(found[1]), timezone.now())
        return (None, grant_from(held[0][0])) if held else None

    def authenticate_header(self, request: Request) -> str:
        said = "HTTP_AUTHORIZATION" in request.META
        return 'Bearer realm="concord", error="invalid_token"' if said else 'Bearer realm="concord"'


def grant_of(request: Request) -> Grant:
    """What the request's token opens. A token of the toolkit's own class serves as well."""
    token: Any = request.auth
    if isinstance(token, Grant):
        return token
    client = token.application.api_client
    name = token.application.client_id
    scopes = frozenset(token.scope.split()) & frozenset(client.scopes)
    reach, view = Reach.of(client.within, name), View.of(client.hidden, client.masked)
    return Grant(name, scopes, frozenset(client.sources), client.region, client.rate, reach, view)


def reach_of(request: Request) -> Reach:
    """Whose customers the request's client reaches."""
    return grant_of(request).reach


def must_see(request: Request, *attributes: str, field: str) -> None:
    """Raises ``Problem`` where one of these attributes is hidden from or masked for the client: to be told whether a
    value fits would tell it the value."""
    view = grant_of(request).view
    if view is not None and not all(view.shows(attribute) for attribute in attributes):
        detail = f"The client is not shown {' and '.join(attributes)}, so that it cannot ask by them."
        raise Problem("withheld", detail, field=field)


def client_name(request: Request) -> str:
    """How the client is named in logs and in the audit: its public client id."""
    return grant_of(request).client_id


def note_read(request: Request, what: str, golden_ids: Iterable[str]) -> None:
    """Have the audit say that the client saw ``what`` (such as ``profiles.read``) of these golden records."""
    reads.note(client_name(request), what, golden_ids)


class HasScope(BasePermission):
    """The token has every scope that the view names in ``required_scopes``.

    ``required_scopes`` is a list, or a dict of lists by method. A view that names none is a mistake and lets
    nobody in. A scope taken from the client counts at once, also for tokens given before.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        named = getattr(view, "required_scopes", None)
        method = "GET" if request.method == "HEAD" else str(request.method)
        required = named.get(method) if isinstance(named, dict) else named
        if request.auth is None or not required:
            return False
        held = grant_of(request).scopes
        missing = [scope for scope in required if scope not in held]
        if missing:
            wanted = " ".join(required)
            raise Problem(
                "insufficient-scope",
                f"The route needs the scope {wanted}: ask for a token with it, or have it granted to the client.",
                headers={"WWW-Authenticate": f'Bearer realm="concord", error="insufficient_scope", scope="{wanted}"'},
                required_scopes=list(required),
            )
        return True


def source_for(request: Request, code: str) -> SourceSystem:
    """The source system ``code``, which the client may write for.

    Raises ``UnknownSource``, or ``Problem`` where the client is bound to others.
    """
    # Which codes there are is no secret, and "unknown" helps a sender more than "not allowed".
    source = SourceSystem.objects.filter(code=code, active=True).first() if _CODE.fullmatch(code) else None
    if source is None:
        raise UnknownSource
    if not grant_of(request).may_write_for(source.code):
        raise Problem(
            "source-not-allowed",
            "The client is bound to other source systems: create one with `manage.py create_client --source CODE`.",
        )
    return source
