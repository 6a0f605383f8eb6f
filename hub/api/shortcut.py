"""The short way of the two doors that channels knock at most: a golden profile, and where a record is.

    WSGI request ─► one statement: who asks, what is in force, what is asked for ─► budget ─► opened ─► answer
                        └─► anything out of the ordinary: Django, and the door that says what is wrong

What is answered here is what the doors answer (``hub.api.golden``, ``hub.api.crosswalk``), byte for byte; a test
compares them. Whatever is not plain (a query, a validator that is a list, a token that is none, a customer who is not
live, under restriction, out of reach) goes the long way as if this way were not there.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from django.conf import settings
from django.utils import timezone

from hub import keyring, policies
from hub.api import counters, frame, throttle
from hub.api.access import TOKENS, VALID, WHO, Grant, checksum, grant_from
from hub.api.problems import Problem
from hub.api.released import Listener
from hub.api.validators import met, tag_of
from hub.audit import reads
from hub.pressure import age
from hub.release import Gate
from hub.restrictions import NOT_RESTRICTED
from hub.sealing import GOLDEN
from hub.sql import SERVER_AWAY, rows_at_once
from matching.jsontext import dumps, loads

log = logging.getLogger("hub.api")

Environ = dict[str, Any]
Start = Callable[..., Any]
App = Callable[[Environ, Start], Iterable[bytes]]

_PREFIX = "/api/v1/"
_BEARER = re.compile(r"Bearer ([A-Za-z0-9._~+/-]{1,512}=*)", re.ASCII)
_GOLDEN = re.compile(r"/api/v1/golden/(gr_[0-9a-hjkmnp-tv-z]{26})", re.ASCII)
# A source id without anything that a URL or a text may have in two spellings.
_CROSSWALK = re.compile(r"/api/v1/crosswalk/([a-z][a-z0-9_-]{0,39})/([A-Za-z0-9:@._-]{1,200})", re.ASCII)
_ADDRESSES = "ARRAY(SELECT r.address FROM hub_sourcerecord r WHERE r.id = ANY(g.holders))"
_SHOWN = f"g.public_id, g.version, g.scope, cardinality(g.holders), g.body, {_ADDRESSES}"
_ASKED = f"""
    SELECT {WHO}, {policies.SAME}, {_SHOWN} FROM {TOKENS}
    JOIN hub_policyversion p ON p.active
"""
_BY_ID = f"{_ASKED} JOIN hub_goldenrecord g ON g.public_id = %s AND g.state = 0 AND {NOT_RESTRICTED} WHERE {VALID}"
_BY_RECORD = f"""{_ASKED} JOIN hub_sourcerecord o ON o.address = %s JOIN hub_crosswalk x ON x.record_id = o.id
    JOIN hub_goldenrecord g ON g.id = x.golden_id WHERE {VALID}"""


@dataclass(frozen=True, slots=True, repr=False)
class _Found:
    grant: Grant
    who: Listener | None
    golden_id: str
    version: int
    body: bytes


@dataclass(frozen=True, slots=True)
class _Door:
    """One of the two: its name among the URLs, its template in logs, what the audit calls a read of it."""

    name: str
    route: str
    read: str


_GOLDEN_DOOR = _Door("golden", "api/v1/golden/{golden_id}", "profiles.read")
_CROSSWALK_DOOR = _Door("crosswalk", "api/v1/crosswalk/{system}/{source_id}", "crosswalk.read")


class Shortcut:
    """A WSGI application before ``application``, which answers whatever this one does not."""

    def __init__(self, application: App) -> None:
        self._long = application

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"].startswith(_PREFIX):
            try:
                answered = _answer(environ, start)
            except SERVER_AWAY:
                answered = None  # the long way connects anew, or says that it cannot
            except Exception as error:
                # Whatever it was, the long way is the one that says so, and may well be able to answer.
                log.error("The short way failed: %s", type(error).__name__)
                answered = None
            if answered is not None:
                return answered
        return self._long(environ, start)


def _answer(environ: Environ, start: Start) -> list[bytes] | None:
    began = perf_counter()
    if environ.get("QUERY_STRING") or "HTTP_COOKIE" in environ:
        return None
    path = environ["PATH_INFO"]
    if golden := _GOLDEN.fullmatch(path):
        door, asked = _GOLDEN_DOOR, golden[1]
    elif record := _CROSSWALK.fullmatch(path):
        door, asked = _CROSSWALK_DOOR, keyring.address(record[1], record[2])
    else:
        return None
    token = _BEARER.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    headers = frame.headers_for(environ)
    if token is None or headers is None:
        return None
    found = _look(_BY_ID if door is _GOLDEN_DOOR else _BY_RECORD, asked, token[1])
    if found is None:
        return None
    held = environ.get("HTTP_IF_NONE_MATCH", "")
    status, own, content = (
        _golden(found, held) if door is _GOLDEN_DOOR else _crosswalk(found, record[1], record[2], held)  # type: ignore[index]
    )
    try:
        rates = throttle.admit(throttle.READS, found.grant.client_id, own=found.grant.rate)
    except Problem as problem:
        return frame.refuse(environ, start, problem)
    if status == 200:
        reads.note(found.grant.client_id, door.read, (found.golden_id,))
    sent = [*headers, *own, *(rates.headers().items() if rates else ())]
    if (old := age.seconds()) is not None:
        sent.append(("Age", str(old)))
    spent = perf_counter() - began
    log.info("GET /%s %s client=%s %.1f ms", door.route, status, found.grant.client_id, spent * 1000)
    counters.count(door.name, status, len(content), spent)
    start("200 OK" if status == 200 else "304 Not Modified", sent)
    return [content]


def _look(statement: str, asked: Any, token: str) -> _Found | None:
    """Who asks and what for; None where that is anything but plain."""
    found = rows_at_once(statement, asked, checksum(token), timezone.now())
    if not found:
        return None
    said, policy, written, made, golden_id, version, scope, holders, sealed, addresses = found[0]
    grant = grant_from(said)
    gate = Gate.of(policies.read(policy, written, made))
    # What the policy says of regions asks where each value came from: that is not done in one statement.
    if "golden:read" not in grant.scopes or gate is not None or not grant.reach.sees(scope):
        return None
    body = keyring.unsealed_by(addresses, sealed, GOLDEN) if len(addresses) == holders else None
    who = Listener(None, grant.region, grant.view) if grant.view else None
    return None if body is None else _Found(grant, who, golden_id, version, body)


Headers = list[tuple[str, str]]


def _golden(found: _Found, if_none_match: str) -> tuple[int, Headers, bytes]:
    """Status, headers and content. Only a validator that is one tag in quotes can be met here."""
    tag = f'"{found.version}-{found.who.digest}"' if found.who else f'"{found.version}"'
    own = [("ETag", tag), ("Cache-Control", "private, no-cache")]
    if if_none_match and met(if_none_match, tag):
        return 304, [*own, ("Content-Length", "0")], b""
    body = dumps(found.who.told(loads(found.body)), sort=False) if found.who else found.body
    return 200, [*own, ("Content-Type", "application/json"), ("Content-Length", str(len(body)))], body


def _crosswalk(found: _Found, system: str, source_id: str, if_none_match: str) -> tuple[int, Headers, bytes]:
    own = {"source_system": system, "source_id": source_id}
    others = [linked for linked in loads(found.body)["crosswalk"] if linked != own]
    entry: dict[str, Any] = {"golden_id": found.golden_id, **own, "others": others}
    body = dumps(found.who.linked(entry) if found.who else entry, sort=False)
    tag = tag_of(body)
    validators = [("ETag", tag), ("Cache-Control", "private, no-cache")]
    if if_none_match and met(if_none_match, tag):
        return 304, [*validators, ("Content-Length", "0")], b""
    return 200, [*validators, ("Content-Type", "application/json"), ("Content-Length", str(len(body)))], body


def enabled() -> bool:
    """Whether the settings want it: in doubt about it, an installation can do without."""
    return bool(settings.HUB_SHORTCUT)
