"""Which endpoints a client may manage: those that are told no more than the client itself may be.

An endpoint would be a way around what a client is kept from: whoever reaches some scopes, sees some attributes or is
in some region may have others' customers, other attributes or another region's values sent nowhere either. An endpoint
beyond that is not there for the client.
"""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from connectors.outbound import endpoints
from connectors.outbound.endpoints import EVERYWHERE, InvalidEndpoint
from hub.api.access import Grant, grant_of
from hub.api.doors import public_id
from hub.errors import NotFound
from hub.models import Endpoint
from hub.visibility import HIDDEN, SHOWN, View


def found(request: Request, endpoint_id: str) -> Endpoint:
    """The endpoint of this id, if the client may manage it; raises ``NotFound``."""
    endpoint = endpoints.one(public_id(endpoint_id, "we"))
    if not holds(grant_of(request), endpoint):
        raise NotFound("No webhook endpoint has this id.")
    return endpoint


def page(request: Request, *, after: int, limit: int) -> list[Endpoint]:
    """The client's endpoints behind this one, in order."""
    grant, out = grant_of(request), []
    for endpoint in Endpoint.objects.filter(id__gt=after).order_by("id").iterator(chunk_size=500):
        if holds(grant, endpoint):
            out.append(endpoint)
        if len(out) == limit:
            break
    return out


def holds(grant: Grant, endpoint: Endpoint) -> bool:
    """Whether the endpoint is told no more than the client of ``grant`` may be."""
    scopes = grant.reach.scopes
    if scopes is not None and not scopes.issuperset(endpoint.within):
        return False
    if grant.region and endpoint.region != grant.region.upper():
        return False
    if grant.view is None:
        return True
    ear = View.of(endpoint.hidden, endpoint.masked, endpoint.purpose, endpoint.only) or View()
    return all(ear.see(name) == HIDDEN for name in grant.view.hidden) and all(
        ear.see(name) != SHOWN for name in grant.view.masked
    )


def within_own(request: Request, said: dict[str, Any], *, held: Endpoint | None = None) -> dict[str, Any]:
    """The wishes of a body for a new endpoint, or for the one that is ``held``, with what binds the client itself;
    raises ``InvalidEndpoint`` where they reach further."""
    grant, out, new = grant_of(request), dict(said), held is None
    scopes = grant.reach.scopes
    if scopes is not None and (new or "within" in said):
        asked = said.get("within", [EVERYWHERE])
        out["within"] = sorted(scopes) if asked == [EVERYWHERE] else asked
        if not scopes.issuperset(out["within"]):
            raise InvalidEndpoint("within names a scope that no source system has.", field="within")
    if grant.region and (new or "region" in said):
        out["region"] = said.get("region") or grant.region
        if out["region"].strip().upper() != grant.region.upper():
            raise InvalidEndpoint("The client may have endpoints in its own region only.", field="region")
    if grant.view is not None:
        for name, own in (("hidden", grant.view.hidden), ("masked", grant.view.masked)):
            if own:
                out[name] = sorted({*said.get(name, getattr(held, name, ())), *own})
    return out
