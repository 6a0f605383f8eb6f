"""What the watcher reads of a real inbox, and what the doors make of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from hub import pressure
from hub.models import InboxMessage
from hub.models.inbox import Lane
from hub.pressure import watch
from tests.integration.api.conftest import Caller, person, problem_of

pytestmark = pytest.mark.django_db
ONE = "/api/v1/sources/crm/records"


@pytest.fixture(autouse=True)
def calm(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.HUB_MEMORY_LEAST = 0
    monkeypatch.setattr(watch, "_counted", (0, 0.0))
    yield
    pressure.say({})


def test_an_inbox_that_is_full_refuses_batches_first(channel: Caller, settings: Any) -> None:
    settings.HUB_INBOX_MOST = 4
    for number in range(5):
        assert channel.post(ONE, person(str(number))).status_code == 202
    watch.look()
    refused = channel.post(f"{ONE}/batch", [person("x")])
    assert problem_of(refused) == (503, "overloaded")
    assert refused["Retry-After"] == "30"
    assert channel.post(ONE, person("5")).status_code == 202
    ready = channel.http.get("/readyz").json()
    assert (ready["status"], ready["not_ready"]) == ("degraded", ["ingest"])
    assert "5 messages wait" in ready["checks"]["ingest"]
    assert InboxMessage.objects.count() == 6


@pytest.mark.unverified("messages are marked resolved that never were")
def test_it_counts_only_where_ids_alone_cannot_tell(channel: Caller, settings: Any) -> None:
    settings.HUB_INBOX_MOST = 3
    for number in range(6):
        channel.post(ONE, person(str(number)))
    InboxMessage.objects.exclude(pk=InboxMessage.objects.earliest("pk").pk).update(status=1)
    assert watch.read().waiting == 1, "six ids behind the oldest, and one that waits"


def test_a_message_that_waits_for_long(channel: Caller, settings: Any) -> None:
    settings.HUB_INBOX_OLDEST = 3600.0
    channel.post(ONE, person("1"))
    InboxMessage.objects.update(received_at=timezone.now() - timedelta(hours=3))
    watch.look()
    assert set(pressure.refusals()) == {Lane.BULK, Lane.EVENT}


def test_a_disk_that_is_nearly_full(channel: Caller, settings: Any, tmp_path: Path) -> None:
    settings.HUB_DISK_PATHS = ["/nonexistent", str(tmp_path)]
    settings.HUB_DISK_LEAST = 2**60
    watch.look()
    held = watch.read()
    assert held.disk is not None
    assert held.disk_size is not None
    # A twentieth of the disk is what there must be: whether this machine has it is not for a test to say.
    assert bool(pressure.refusals()) == (held.disk < held.disk_size // 20)


def test_memory_that_is_nearly_gone_refuses_even_what_a_till_waits_for(channel: Caller, settings: Any) -> None:
    settings.HUB_MEMORY_LEAST = 2**60
    watch.look()
    answer = channel.post(ONE, person("1"), Prefer="wait=1")
    assert problem_of(answer) == (503, "overloaded")
    assert channel.get("/api/v1/golden").status_code == 200, "reads go on"
    settings.HUB_MEMORY_LEAST = 0
    watch.look()
    assert channel.post(ONE, person("1")).status_code == 202


def test_the_doors_ask_no_server(channel: Caller, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0), pressure.room(Lane.BULK, 100):
        pass
