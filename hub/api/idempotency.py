"""Idempotency-Key: a retry under the same key gets the first answer, and nothing is done twice.

The key's row is written in the transaction that does the work. A second request under the key therefore waits
at the unique index until the first has committed, and then finds its answer; a crash in between leaves
neither work nor key. A refused request uses up no key.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from time import monotonic

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from hub import keyring
from hub.api.access import client_name
from hub.api.problems import Problem
from hub.errors import KeyReused
from hub.models import IdempotencyKey
from hub.sql import again, rows

KEPT_FOR = timedelta(hours=24)
_SWEEP_SECONDS = 600.0
_swept_at = -_SWEEP_SECONDS
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent and kept: ``body`` holds ids of ours and problems, no personal data."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def response(self, **more_headers: str) -> HttpResponse:
        answer = HttpResponse(self.body, status=self.status, content_type="application/json")
        for name, value in {**self.headers, **more_headers}.items():
            answer[name] = value
        return answer


def fingerprint_of(request: Request, body_digest: bytes) -> bytes:
    """Hash of method, path and body: what the key stands for. 32 bytes."""
    return sha256(f"{request.method} {request.path}\0".encode() + body_digest).digest()


def key_of(request: Request) -> str | None:
    """The request's Idempotency-Key; raises ``Problem`` where it cannot be one."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise Problem("invalid-idempotency-key", "Use 1 to 255 visible ASCII characters, without spaces.")
    return key


def _kept(key: str | None) -> str | None:
    """The key as it is stored: a keyed hash, because senders make theirs of order numbers and e-mail addresses."""
    return None if key is None else keyring.blind(key, use="idempotency").hex()


def once(request: Request, *, fingerprint: bytes, work: Callable[[], Answer]) -> tuple[Answer, bool]:
    """(answer, whether it is a replay) of ``work``, which is done once for the request's key.

    Without a key the work is simply done. Raises ``KeyReused``, ``Problem`` and what ``work`` raises; then
    nothing is stored.
    """
    key = _kept(key_of(request))
    if key is None:
        return work(), False
    return _once(client_name(request), key, fingerprint, work)


@again
def _once(client: str, key: str, fingerprint: bytes, work: Callable[[], Answer]) -> tuple[Answer, bool]:
    with transaction.atomic():
        if not _taken(client, key, fingerprint):
            return _stored(client, key, fingerprint), True
        answer = work()
        IdempotencyKey.objects.filter(client=client, key=key).update(
            status=answer.status, body=answer.body, headers=answer.headers
        )
    return answer, False


def amend(request: Request, answer: Answer) -> None:
    """Keep a later answer to the same request: the record was resolved while its sender waited."""
    key = _kept(key_of(request))
    if key is not None:
        IdempotencyKey.objects.filter(client=client_name(request), key=key).update(
            status=answer.status, body=answer.body, headers=answer.headers
        )


def sweep() -> int:
    """``forget_old`` every ten minutes of this process, for the workers' sweeper."""
    global _swept_at
    if monotonic() - _swept_at < _SWEEP_SECONDS:
        return 0
    _swept_at = monotonic()
    return forget_old()


def forget_old() -> int:
    """Drop keys that are older than a day; returns how many."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()[0]


def _taken(client: str, key: str, fingerprint: bytes) -> bool:
    """Whether the key is this request's now; a key that has outlived its day is taken over."""
    written = rows(
        """
        INSERT INTO hub_idempotencykey AS k (client, key, fingerprint, headers, created_at)
        VALUES (%s, %s, %s, '{}'::jsonb, now())
        ON CONFLICT (client, key) DO UPDATE
        SET fingerprint = excluded.fingerprint, status = NULL, body = NULL, headers = '{}'::jsonb, created_at = now()
        WHERE k.created_at < now() - %s::interval
        RETURNING id
        """,
        client,
        key,
        fingerprint,
        KEPT_FOR,
    )
    return bool(written)


def _stored(client: str, key: str, fingerprint: bytes) -> Answer:
    held = IdempotencyKey.objects.get(client=client, key=key)
    if bytes(held.fingerprint) != fingerprint:
        raise KeyReused
    if held.status is None or held.body is None:
        detail = "The first request under this key has no answer yet: send it again in a second."
        raise Problem("unavailable", detail, headers={"Retry-After": "1"})
    return Answer(held.status, bytes(held.body), dict(held.headers))
