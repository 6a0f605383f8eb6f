from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from connectors.outbound.fanout import fan_out
from connectors.outbound.send import Limits
from connectors.outbound.sign import new_secret
from hub.ids import new_id
from hub.management.commands.create_client import create
from hub.models import Endpoint, OutboxEvent
from hub.sql import rows
from hub.stages.seal import seal
from tests.integration.api.conftest import Caller, token_for
from tests.integration.outbound.receivers import Receiver

# As the real ones, but so small that a test need not wait.
QUICK = Limits(timeout=0.5, connect=0.3, answer_seconds=0.2, lease=6.0)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver(new_secret())
    yield made
    made.close()


@pytest.fixture
def endpoint(transactional_db: None, receiver: Receiver, settings: Any) -> Endpoint:
    """An endpoint whose host and port are open to deliveries."""
    settings.HUB_DELIVERY_ALLOW = [f"127.0.0.1:{receiver.port}"]
    return endpoint_at(receiver.url, receiver.secret)


def endpoint_at(url: str, secret: str, **more: Any) -> Endpoint:
    """An endpoint with this secret, made without a look at its address."""
    made = Endpoint(url=url, **more)
    made.take_secret(secret, now=timezone.now())
    made.save()
    return made


class Feed:
    """Writes events as T3 does: numbered per golden record, positions given by the sealer. They tell of golden
    records whose data were erased since, so that they need no source records."""

    def __init__(self) -> None:
        self.last: dict[int, int] = {}

    def tell(self, *goldens: int, kind: str = "golden.updated", after: tuple[int, ...] = (), **data: Any) -> None:
        made = []
        for golden in goldens:
            self.last[golden] = self.last.get(golden, 0) + 1
            made.append(OutboxEvent(
                type=kind, golden_id=golden, subject=f"gr_{golden}", sequence=self.last[golden],
                after=[golden, *after], time=timezone.now(),
                data=json.dumps({"golden_id": f"gr_{golden}", "version": self.last[golden], **data}).encode(),
                public_id=new_id("evt"),
            ))  # fmt: skip
        OutboxEvent.objects.bulk_create(made)
        rows(
            """
            INSERT INTO hub_goldenrecord (id, public_id, kind, scope, state, version, sequence, body, provenance,
                                          content_hash, cause_type, cause_ref, holders, messages, last_members,
                                          created_at, updated_at)
            SELECT n.id, 'gr_' || n.id, 'person', 'main', 2, n.sequence, n.sequence, '', '', '', '', '', '{}', '{}',
                   '{}', now(), now()
            FROM unnest(%b::bigint[], %b::int[]) AS n(id, sequence)
            ON CONFLICT (id) DO UPDATE SET sequence = EXCLUDED.sequence
            """,
            sorted({*goldens}),
            [self.last[golden] for golden in sorted({*goldens})],
        )

    def publish(self) -> int:
        while seal():
            pass
        return fan_out()


@pytest.fixture
def feed(transactional_db: None) -> Feed:
    return Feed()


@pytest.fixture
def hurry() -> Callable[[], None]:
    """``hurry()`` makes every waiting delivery due and ends every rest, as though the time had come."""

    def now() -> None:
        rows("UPDATE hub_delivery SET next_attempt_at = now() WHERE state = 0")
        rows("UPDATE hub_endpointhealth SET until = now()")

    return now


@pytest.fixture
def caller(db: None, settings: Any) -> Callable[[str], Caller]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "hub.hashers.RandomSecretHasher"]

    def make(scope: str) -> Caller:
        http = Client(raise_request_exception=False)
        made = create(name="test", scopes=[scope], sources=[])
        return Caller(http, token_for(http, made).json()["access_token"], made["client_id"])

    return make


@pytest.fixture
def manager(caller: Callable[[str], Caller]) -> Caller:
    return caller("webhooks:manage")
