"""``webhooks`` at a terminal, against a real receiver."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from connectors.outbound import replay
from hub.models import Delivery
from tests.integration.outbound.conftest import Feed
from tests.integration.outbound.receivers import Receiver
from tests.integration.told.conftest import deliver

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("webhooks", *arguments, "--json", stdout=out, stderr=io.StringIO())
    said: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return said


def test_receivers_are_listed_paused_resumed_and_tested(listen: Any, receiver: Receiver) -> None:
    assert run("list") == {"items": []}
    name = listen(description="CRM").public_id
    (one,) = run("list")["items"]
    assert (one["endpoint_id"], one["state"], one["waiting"]) == (name, "active", 0)
    assert run("pause", name)["state"] == "paused"
    Feed().tell(1)
    assert deliver() == 0
    assert run("resume", name)["state"] == "active"
    assert deliver() == 1
    assert run("test", name)["delivered"]
    receiver.answer = lambda got: 500
    with pytest.raises(SystemExit) as failed:
        run("test", name)
    assert failed.value.code == 1
    with pytest.raises(SystemExit) as refused:
        run("pause", "we_none")
    assert refused.value.code == 2


def test_a_replay_goes_on_until_all_is_done(listen: Any, receiver: Receiver, monkeypatch: Any) -> None:
    monkeypatch.setattr(replay, "MOST", 3)
    name = listen().public_id
    feed = Feed()
    feed.tell(*range(1, 9))
    deliver()
    assert run("replay", name, "--from", "0", "--dry-run")["again"] == 8
    assert deliver() == 0
    assert run("replay", name, "--since", "2026-01-01T00:00:00Z") == {
        "dry_run": False, "events": 8, "again": 8, "first": 0, "waiting": 0, "next": None,
    }  # fmt: skip
    assert deliver() == 8
    one = Delivery.objects.get(position=4).public_id
    assert run("replay", name, one)["again"] == 1
    assert run("replay", name, "--from", "2", "--to", "3")["again"] == 2
    assert deliver() == 3


@pytest.mark.parametrize("said", [(), ("--since", "yesterday"), ("dl_x", "--from", "1"), ("--since", "1", "--to", "2")])
def test_a_replay_that_says_nothing_or_too_much_is_refused(listen: Any, said: tuple[str, ...]) -> None:
    name = listen().public_id
    with pytest.raises(CommandError) as refused:
        run("replay", name, *said)
    assert refused.value.returncode == 2
