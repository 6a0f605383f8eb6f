"""A courier that is killed between the POST and the note of it: another repeats, under the same id, in order."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from django.db import connection

from connectors.outbound.deliver import Dispatcher
from hub.models import Delivery
from tests.integration.outbound.conftest import QUICK

COURIER = """
import django
django.setup()
from connectors.outbound.deliver import Dispatcher
Dispatcher().run()
"""


def courier(port: int) -> subprocess.Popen[bytes]:
    """A process that delivers from the test's database, whose receiver it may call."""
    held = connection.settings_dict
    host = held["OPTIONS"].get("host") or held["HOST"] or "localhost"
    url = f"postgres://{held['USER']}:{held['PASSWORD']}@/{held['NAME']}?host={host}"
    place = {
        "DATABASE_URL": url + (f"&port={held['PORT']}" if held["PORT"] else ""),
        "DJANGO_SETTINGS_MODULE": "hub.conf.settings",
        "HUB_DELIVERY_ALLOW": f"127.0.0.1:{port}",
    }
    return subprocess.Popen([sys.executable, "-c", COURIER], env={**os.environ, **place})


def test_a_courier_killed_after_the_post_is_followed_by_another(endpoint, receiver, feed):
    feed.tell(1, 2)
    feed.tell(1, 2)
    feed.publish()
    killed = threading.Event()

    def answer(got):
        if not killed.is_set():
            killed.set()
            process.kill()  # it was heard, and nobody will note it
        return 200

    receiver.answer = answer
    process = courier(receiver.port)
    process.wait(60)
    assert killed.is_set()
    heard = [got.id for got in receiver.got]
    assert Delivery.objects.filter(state=0).count() == 4, "nothing of it was noted"
    Delivery.objects.update(lease_until=None)  # a lease ends after a while; here at once
    Dispatcher(limits=QUICK).run()
    assert not Delivery.objects.exclude(state=Delivery.State.DELIVERED).exists()
    again = [got.id for got in receiver.got][len(heard) :]
    assert set(heard) <= set(again), "the receiver knows the repeats by their ids"
    first = list(dict.fromkeys(got.mark for got in receiver.got))
    assert [n for subject, n in first if subject == "gr_1"] == [1, 2]
    assert [n for subject, n in first if subject == "gr_2"] == [1, 2]
