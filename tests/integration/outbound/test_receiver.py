"""The trial receiver as a process of its own: what it lets in, counts and keeps."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connectors.outbound import sign
from connectors.outbound.deliver import deliver_due
from hub.models import Delivery, OutboxEvent
from hub.sql import rows
from tests.integration.outbound.conftest import endpoint_at

MANAGE = Path(__file__).resolve().parents[3] / "manage.py"


class Process:
    def __init__(self, secret: str, *more: str) -> None:
        self.child = subprocess.Popen(
            [sys.executable, str(MANAGE), "receiver", "--port", "0", *more],
            env={**os.environ, "HUB_RECEIVER_SECRET": secret, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        said = self.child.stdout.readline()
        assert "Receiving at" in said, self.child.stderr.read()
        self.url = said.split()[2]

    def counts(self) -> dict[str, int]:
        with urllib.request.urlopen(f"{self.url}count", timeout=5) as answer:
            return json.load(answer)

    def stop(self) -> int:
        self.child.send_signal(signal.SIGTERM)
        self.child.communicate(timeout=10)
        return self.child.returncode


@pytest.fixture
def process(tmp_path):
    made = Process(SECRET, "--out", str(tmp_path / "received.ndjson"))
    yield made
    assert made.stop() == 0


SECRET = sign.new_secret()


def send(
    process: Process, body: bytes, *, webhook_id: str = "evt_1", secret: str = SECRET, at: int | None = None
) -> int:
    headers = sign.headers(
        keys=[sign.key_of(secret)], webhook_id=webhook_id, timestamp=at or int(time.time()), body=body
    )
    request = urllib.request.Request(
        f"{process.url}hook", data=body, headers={**headers, "Content-Type": "application/cloudevents+json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def event(sequence: int, *, subject: str = "gr_1", event_id: str = "evt_1", at: str = "10:00:00", **data) -> bytes:
    return json.dumps({
        "specversion": "1.0", "id": event_id, "source": "/concord", "type": "golden.updated", "subject": subject,
        "time": f"2026-11-20T{at}Z", "datacontenttype": "application/json", "sequence": sequence, "data": data,
    }).encode()  # fmt: skip


def test_what_is_signed_is_counted_and_repeats_are_told_apart(process):
    assert send(process, event(1)) == 204
    assert send(process, event(1)) == 204
    assert process.counts() == {"received": 2, "distinct": 1, "invalid": 0, "out_of_order": 0}


@pytest.mark.parametrize("wrong", [
    {"secret": sign.new_secret()}, {"at": 1_600_000_000}, {"body": b"not json"}, {"webhook_id": "evt_other"},
    {"body": b"{}"},
])  # fmt: skip
def test_what_is_not_right_is_refused_and_counted(process, wrong):
    given = {"body": event(1), **wrong}
    assert send(process, given.pop("body"), **given) in (400, 401)
    assert process.counts() == {"received": 0, "distinct": 0, "invalid": 1, "out_of_order": 0}


def test_disorder_is_told_also_across_a_merge(process):
    assert send(process, event(2, event_id="evt_2"), webhook_id="evt_2") == 204
    assert send(process, event(1)) == 204
    assert process.counts()["out_of_order"] == 1
    merge = event(1, subject="gr_3", event_id="evt_3", at="10:05:00", merged_from=["gr_1"])
    assert send(process, merge, webhook_id="evt_3") == 204
    assert send(process, event(3, event_id="evt_4", at="10:04:00"), webhook_id="evt_4") == 204
    assert process.counts()["out_of_order"] == 2
    # Brought back by an unmerge, it goes on where it was.
    assert send(process, event(4, event_id="evt_5", at="10:06:00"), webhook_id="evt_5") == 204
    assert process.counts()["out_of_order"] == 2


def test_a_restart_remembers_and_the_file_holds_no_personal_data(tmp_path):
    out = tmp_path / "received.ndjson"
    first = Process(SECRET, "--out", str(out))
    assert send(first, event(1, profile={"name": "Alice Ashworth"})) == 204
    assert send(first, b"x") == 400
    counts = first.counts()
    assert first.stop() == 0
    assert "Alice" not in out.read_text()
    again = Process(SECRET, "--out", str(out))
    assert again.counts() == counts
    assert again.stop() == 0


def test_a_secret_that_is_none_is_refused_in_a_sentence():
    child = subprocess.run(
        [sys.executable, str(MANAGE), "receiver", "--port", "0"],
        env={**os.environ, "HUB_RECEIVER_SECRET": "hush"}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert child.returncode == 2
    assert "whsec_" in child.stderr
    assert "hush" not in child.stderr
    assert "Traceback" not in child.stderr


def test_four_thousand_deliveries_arrive_in_order(transactional_db, feed, process, settings, capsys):
    """Two thousand golden records with two events each, as after a load."""
    settings.HUB_DELIVERY_ALLOW = [urlsplit(process.url).netloc]
    endpoint_at(process.url, SECRET)
    for _ in range(2):
        feed.tell(*range(1, 2001))
    feed.publish()
    rows("ANALYZE hub_delivery, hub_outboxevent")
    assert deliver_due() == 4000
    assert process.counts() == {"received": 4000, "distinct": 4000, "invalid": 0, "out_of_order": 0}
    assert Delivery.objects.filter(state=Delivery.State.DELIVERED).count() == OutboxEvent.objects.count() == 4000
