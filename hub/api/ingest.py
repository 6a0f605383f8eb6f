"""Records come in: one, or a batch. What is answered with 2xx is in the inbox and is never lost."""

from __future__ import annotations

import json
import re
import threading
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from hub import pipeline
from hub.api import idempotency, throttle
from hub.api.access import grant_of, source_for
from hub.api.batches import BATCH_TYPES, Row, read_rows
from hub.api.bodies import BodyReader, decode, parse
from hub.api.doors import Door, answer_json, public_id
from hub.api.forms import nested_of
from hub.api.idempotency import Answer
from hub.api.openapi import describe, header, ref
from hub.api.problems import Problem
from hub.api.problems import body as problem_body
from hub.errors import InvalidRecord, NoModel, NotFound
from hub.models import InboxMessage, SourceSystem
from hub.models.inbox import Lane
from hub.ports import ring
from hub.pressure import room
from hub.selectors import message as read_message
from hub.selectors import outcome_of

MAX_WAIT_SECONDS = 30
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9})\"?", re.IGNORECASE)
_ASYNC = re.compile(r"(?:^|[,;\s])respond-async(?:$|[,;\s])", re.IGNORECASE)
# Who waits holds a thread of the web process. Beyond this many, senders get their 202 at once, so that
# reads always find a thread.
_waiting = threading.BoundedSemaphore(5)

_KEY = header("Idempotency-Key", "The answer is kept for a day under this key of yours; a retry gets the same one.")
_PREFER = header(
    "Prefer", "`wait=N`: wait up to N seconds (30 at most) for the record to be resolved; `respond-async`: do not."
)


class RecordsDoor(Door):
    """``POST /sources/{system}/records``"""

    required_scopes = ["records:write"]

    @describe(
        "Send one canonical record, nested or flat",
        body=ref("CanonicalRecord"),
        answers={200: ref("Resolved"), 202: ref("Accepted")},
        problems=["unknown-source", "invalid-record", "erased", "body-too-large", "source-not-allowed", "overloaded"],
        parameters=[_KEY, _PREFER],
    )
    def post(self, request: Request, system: str) -> HttpResponse:
        source = source_for(request, system)
        reader = BodyReader(request, limit=settings.HUB_MAX_RECORD_BYTES)
        wait, applied = _preference(request)
        lane = Lane.INTERACTIVE if wait else Lane.EVENT
        with room(lane, reader.most):
            payload = parse(decode(reader.all()))
            fingerprint = idempotency.fingerprint_of(request, reader.digest.digest())
            answer, replayed = idempotency.once(
                request, fingerprint=fingerprint, work=lambda: _take(payload, source=source, lane=lane)
            )
        if wait and answer.status == 202:
            answer = _resolve_and_wait(request, answer, seconds=wait)
        if not replayed:
            ring(lane)  # after the commit; for who waited, so that a worker numbers and hands on the events
        return answer.response(**_notes(replayed=replayed, applied=applied))


def _notes(*, replayed: bool, applied: str = "") -> dict[str, str]:
    return {
        **({"Idempotency-Replayed": "true"} if replayed else {}),
        **({"Preference-Applied": applied} if applied else {}),
    }


def _preference(request: Request) -> tuple[int, str]:
    """The seconds to wait, at most 30, and which preference that honours (RFC 7240): none is a demand. With
    ``respond-async`` alone nobody waits; beside ``wait=N`` it says what is to come of it after N seconds."""
    said = request.headers.get("Prefer", "")
    if found := _WAIT.search(said):
        wait = min(int(found[1]), MAX_WAIT_SECONDS)
        return wait, f"wait={wait}" if wait else ""
    return 0, "respond-async" if _ASYNC.search(said) else ""


def _take(payload: Any, *, source: SourceSystem, lane: Lane) -> Answer:
    receipt = pipeline.receive(source=source, payloads=[nested_of(payload)], lane=lane, wake=False)[0]
    if receipt.status == "rejected":
        problem = receipt.problem or {}
        if problem.get("type") == "/problems/erased":
            raise Problem("erased", str(problem["detail"]))
        raise InvalidRecord(str(problem.get("detail", "")) or None, field=problem.get("field"))
    body = json.dumps({"message_id": receipt.message_id, "status": "accepted"}).encode()
    return Answer(202, body, {"Location": f"/api/v1/messages/{receipt.message_id}"})


def _resolve_and_wait(request: Request, accepted: Answer, *, seconds: int) -> Answer:
    """The answer once the message is resolved, or ``accepted`` when the time is over first.

    It is resolved right here: no bell, no worker and no batch of somebody else's stands between a till and
    its answer. Where a worker was faster, or keeps what this message needs, it is waited for.
    """
    message_id = json.loads(accepted.body)["message_id"]
    if not _waiting.acquire(blocking=False):
        return accepted
    until = monotonic() + seconds
    try:
        with suppress(NoModel):
            pipeline.resolve_now(message_id, seconds=seconds)
        status, golden_id = outcome_of(message_id)
        if status == InboxMessage.Status.ACCEPTED and monotonic() < until:
            ring(Lane.INTERACTIVE)
        pause = 0.005
        while status == InboxMessage.Status.ACCEPTED and monotonic() < until:
            sleep(min(pause, max(0.0, until - monotonic())))
            pause = min(pause * 1.5, 0.1)
            status, golden_id = outcome_of(message_id)
    finally:
        _waiting.release()
    if status != InboxMessage.Status.RESOLVED:
        return accepted
    found = {"message_id": message_id, "status": "resolved", "golden_id": golden_id}
    answer = Answer(200, json.dumps(found).encode(), dict(accepted.headers))
    idempotency.amend(request, answer)
    return answer


class BatchDoor(Door):
    """``POST /sources/{system}/records/batch``"""

    required_scopes = ["records:write"]
    budget = throttle.ROWS

    @describe(
        "Send up to 10,000 records, as NDJSON or as a JSON array",
        body={"type": "array", "items": ref("CanonicalRecord"), "minItems": 1, "maxItems": 10_000},
        more_bodies={"application/x-ndjson": {"type": "string"}},
        answers={207: ref("BatchResult")},
        problems=["unknown-source", "body-too-large", "too-many-records", "source-not-allowed", "overloaded"],
        parameters=[_KEY],
    )
    def post(self, request: Request, system: str) -> HttpResponse:
        source = source_for(request, system)
        reader = BodyReader(request, limit=settings.HUB_MAX_BATCH_BYTES, types=BATCH_TYPES)
        with room(Lane.BULK, reader.most):
            rows = read_rows(
                reader, max_rows=settings.HUB_MAX_BATCH_RECORDS, max_row_bytes=settings.HUB_MAX_RECORD_BYTES
            )
            grant = grant_of(request)
            throttle.charge(throttle.ROWS, grant.client_id, len(rows) - 1, own=grant.rate)  # the first was the request
            fingerprint = idempotency.fingerprint_of(request, reader.digest.digest())
            answer, replayed = idempotency.once(request, fingerprint=fingerprint, work=lambda: _take_rows(rows, source))
        if idempotency.key_of(request) and not replayed:
            ring(Lane.BULK)
        return answer.response(**_notes(replayed=replayed))


def _take_rows(rows: list[Row], source: SourceSystem) -> Answer:
    results: dict[int, dict[str, Any]] = {}
    payloads: list[Any] = []
    places: list[int] = []
    for row in rows:
        try:
            if row.problem is not None:
                results[row.index] = _rejected(row.index, row.problem)
                continue
            payloads.append(nested_of(row.payload))
            places.append(row.index)
        except InvalidRecord as error:
            field = str(error.context.get("field", "record"))
            results[row.index] = _rejected(row.index, problem_body("invalid-record", str(error), field=field))
    for receipt in pipeline.receive(source=source, payloads=payloads, lane=Lane.BULK) if payloads else []:
        index = places[receipt.index]
        if receipt.status == "rejected":
            results[index] = _rejected(index, dict(receipt.problem or {}))
        else:
            results[index] = {"index": index, "message_id": receipt.message_id, "status": "accepted"}
    rejected = sum(result["status"] == "rejected" for result in results.values())
    body = {
        "accepted": len(results) - rejected,
        "rejected": rejected,
        "results": [results[index] for index in sorted(results)],
    }
    return Answer(207, json.dumps(body, separators=(",", ":")).encode())


def _rejected(index: int, problem: dict[str, Any]) -> dict[str, Any]:
    return {"index": index, "status": "rejected", "problem": problem}


class MessageDoor(Door):
    """``GET /messages/{message_id}``"""

    required_scopes = ["records:write"]

    @describe("Where a message is", answers={200: ref("Message")}, problems=["not-found"])
    def get(self, request: Request, message_id: str) -> HttpResponse:
        found = read_message(grant_of(request).reach.message(public_id(message_id, "msg")))
        # Whose message it is, is not told to who may not write for its source.
        if not grant_of(request).may_write_for(found["source_system"]):
            raise NotFound("No message has this id.")
        return answer_json(found)
