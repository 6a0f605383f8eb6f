"""Golden profiles: stored bytes, sent as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from django.http import HttpResponse
from rest_framework.request import Request

from hub import selectors
from hub.api.access import Grant, grant_of, must_see, note_read, reach_of
from hub.api.bodies import read_object
from hub.api.doors import Door, answer_bytes, answer_json, body_text, only, public_id, query_number, query_text
from hub.api.history import golden_as_of
from hub.api.instants import AS_OF
from hub.api.openapi import describe, header, query, ref
from hub.api.paging import cursor_after, cursor_for
from hub.api.problems import Problem
from hub.api.released import listener
from hub.api.sparse import FIELDS, digest_of, fields_of, sparse
from hub.api.throttle import READS
from hub.api.validators import validated
from hub.release import Gate
from matching.jsontext import dumps, loads

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_SEARCHED = 1000
# A stored profile begins with it.
_WHOSE = re.compile(rb'"golden_id":"(gr_[0-9a-z]{26})"')
RESTRICTED = "At the customer's request the data are kept and not used, until the restriction is lifted."
SEARCH_KEYS = ("query", "name", "email", "phone", "identifier", "limit")
# The attributes that each of them means, and that each kind of search term (matching.values.search_terms) is of.
_FINDS = {
    "name": ("name", "organisation"), "email": ("emails",), "phone": ("phones",), "identifier": ("identifiers",)
}  # fmt: skip
_KINDS = {
    "n": ("name", "organisation"), "e": ("emails",), "p": ("phones",), "i": ("identifiers",), "s": ("crosswalk",)
}  # fmt: skip


class GoldenDoor(Door):
    """``GET /golden/{golden_id}``"""

    required_scopes = ["golden:read"]

    @describe(
        "A golden profile",
        answers={
            200: {"anyOf": [ref("GoldenProfile"), ref("GoldenAsOf"), ref("GoldenSparse")]},
            300: ref("Retired"),
            304: None,
            307: ref("Retired"),
        },
        problems=["not-found", "gone", "restricted"],
        parameters=[
            query("expand", {"type": "string", "enum": ["provenance"]}, "Adds where each value came from."),
            FIELDS,
            AS_OF,
            header("If-None-Match", "An ETag of before: 304 while the profile is the same."),
        ],
    )
    def get(self, request: Request, golden_id: str) -> HttpResponse:
        golden_id = public_id(golden_id, "gr")
        if (then := golden_as_of(request, golden_id)) is not None:
            return then
        expand, fields = _expand(request), fields_of(request)
        found = selectors.golden(golden_id, reach=reach_of(request))
        if found.state == "erased":
            raise Problem("gone", "The golden record was erased.", golden_id=golden_id)
        if found.state == "retired":
            return _retired(golden_id, list(found.successors), expand=expand)
        if found.restricted:
            raise Problem("restricted", RESTRICTED, golden_id=golden_id)
        who = listener(request)
        # What a client may be told changes without a new version of the profile: with the policy, or with the client.
        parts = (str(found.version), expand, digest_of(fields), who.digest if who else "")
        tag = "-".join(part for part in parts if part)
        validators = {"ETag": f'"{tag}"', "Cache_Control": "private, no-cache"}
        if _matches(request.headers.get("If-None-Match", ""), tag):
            answer = HttpResponse(status=304)
            answer["ETag"], answer["Cache-Control"] = f'"{tag}"', "private, no-cache"
            del answer["Content-Type"]  # there is no content
            return answer
        note_read(request, "profiles.read", [golden_id])
        body = bytes(found.body or b"")
        if who is not None or fields:
            where = selectors.provenance(golden_id) if expand or (who and who.gate) else None
            said = {**loads(body), **({"provenance": where} if expand else {})}
            told = who.told(said, where) if who else said
            return answer_bytes(dumps(sparse(told, fields) if fields else told, sort=False), status=200, **validators)
        if expand:
            # The stored profile is an object: its closing brace is where the rest goes.
            origins = json.dumps(selectors.provenance(golden_id), ensure_ascii=False, separators=(",", ":"))
            body = body.rstrip()[:-1] + b',"provenance":' + origins.encode() + b"}"
        return answer_bytes(body, status=200, **validators)


def _expand(request: Request) -> str:
    expand = query_text(request, "expand")
    if expand not in ("", "provenance"):
        raise Problem("invalid-request", "The parameter expand takes provenance.", field="expand")
    return expand


def _matches(header_value: str, tag: str) -> bool:
    return header_value.strip() == "*" or tag in _TAG.findall(header_value)


def _retired(golden_id: str, successors: list[str], *, expand: str) -> HttpResponse:
    """Where the customers of a retired golden record are now: one place to go on to, several to choose from."""
    if not successors:
        raise Problem("gone", "Its source systems deleted every record of this golden record.", golden_id=golden_id)
    body = {"golden_id": golden_id, "state": "retired", "successors": successors}
    if len(successors) > 1:
        return answer_json(body, status=300, Cache_Control="no-store")
    location = f"/api/v1/golden/{successors[0]}" + (f"?expand={expand}" if expand else "")
    return answer_json(body, status=307, Cache_Control="no-store", Location=location)


class GoldenListDoor(Door):
    """``GET /golden``"""

    required_scopes = ["golden:read"]

    @describe(
        "All live golden profiles, page by page",
        name="golden_list",
        answers={200: ref("GoldenPage"), 304: None},
        parameters=[
            header("If-None-Match", "An ETag of before: 304 while the page is the same."),
            query("cursor", {"type": "string"}, "The `next` of the page before."),
            query("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}, "Profiles a page."),
        ],
    )
    def get(self, request: Request) -> HttpResponse:
        limit = query_number(request, "limit", 100, lowest=1, highest=500)
        found = selectors.list_golden(after=cursor_after(request), limit=limit, reach=reach_of(request))
        return _page(request, [body for _, body in found], cursor_for(found[-1][0]) if len(found) == limit else None)


def _page(request: Request, bodies: list[bytes], following: str | None) -> HttpResponse:
    whose = [found[1].decode() for body in bodies if (found := _WHOSE.search(body))]
    note_read(request, "profiles.read", whose)
    if who := listener(request):
        bodies = who.profiles(dict(zip(whose, bodies, strict=True)))
    content = b'{"items":[' + b",".join(bodies) + b'],"next":' + json.dumps(following).encode() + b"}"
    return validated(request, content) if request.method in ("GET", "HEAD") else answer_bytes(content)


class GoldenSearchDoor(Door):
    """``POST /golden/search``"""

    required_scopes = ["golden:read"]
    budget = READS

    @describe(
        "Find golden profiles by name, identifiers or contact points",
        body=ref("Search"),
        answers={200: ref("GoldenPage")},
        problems=["withheld"],
    )
    def post(self, request: Request) -> HttpResponse:
        asked = only(read_object(request), *SEARCH_KEYS)
        limit = asked.pop("limit", 20)
        if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= 100:
            raise Problem("invalid-request", "limit is a whole number from 1 to 100.", field="limit")
        texts = [text for key in asked if (text := body_text(asked, key, longest=200).strip())]
        if not texts:
            raise Problem("invalid-request", "Say what to search for: query, name, email, phone or identifier.")
        for key in asked.keys() & _FINDS.keys():
            if asked[key]:
                must_see(request, *_FINDS[key], field=key)
        return _page(request, _having_all(texts, limit=limit, grant=grant_of(request)), None)


def _having_all(texts: Sequence[str], *, limit: int, grant: Grant) -> list[bytes]:
    """Profiles that every one of ``texts`` finds: who gives name and e-mail means one customer with both. What the
    client may not see finds nothing: to be found by it would tell it."""
    kinds = {kind for kind, names in _KINDS.items() if not grant.view or all(map(grant.view.shows, names))}
    gate = Gate.now()

    def lets(kind: str, system: str) -> bool:
        return gate is None or all(gate.lets(name, system, grant.region) for name in _KINDS.get(kind, ()))

    def search(text: str, limit: int) -> list[bytes]:
        return selectors.search_golden(
            text, limit=limit, kinds=kinds, reach=grant.reach, lets=lets if gate is not None else None
        )

    if len(texts) == 1:
        return search(texts[0], limit)
    first, *others = (search(text, _SEARCHED) for text in texts)
    for other in others:
        kept = set(other)
        first = [body for body in first if body in kept]
    return first[:limit]
