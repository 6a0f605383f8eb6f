"""After a dead letter the next event tells what was missed, whichever of the two kinds it is."""

from __future__ import annotations

from connectors.outbound.deliver import deliver_due
from hub.models import Delivery
from hub.sql import rows

PROFILE, CONSENTS = {"name": {"family": "Ashworth"}}, [{"purpose": "marketing", "state": "withdrawn"}]
LINK = [{"source_system": "crm", "source_id": "1"}]


def give_up(position: int) -> None:
    rows("UPDATE hub_delivery SET state = 2, error = 'timeout', attempts = 10 WHERE position = %s", position)


def test_consent_that_follows_a_lost_profile_brings_it(endpoint, receiver, feed):
    feed.tell(1, kind="golden.created", profile=PROFILE, crosswalk=LINK)
    feed.tell(1, kind="consent.changed", consents=CONSENTS, crosswalk=LINK)
    feed.tell(1, kind="consent.changed", consents=CONSENTS, crosswalk=LINK)
    feed.publish()
    give_up(1)
    deliver_due()
    for got in receiver.got:  # until a profile arrives, each brings it
        assert (got.body["data"]["profile"], got.body["data"]["snapshot"]) == (PROFILE, True)
    feed.tell(1, profile=PROFILE, crosswalk=LINK)
    feed.tell(1, kind="consent.changed", consents=CONSENTS, crosswalk=LINK)
    feed.publish()
    deliver_due()
    assert [("profile" in got.body["data"], got.body["data"].get("snapshot")) for got in receiver.got[-2:]] == [
        (True, None), (False, None),
    ]  # fmt: skip


def test_a_profile_that_follows_lost_consent_brings_it(endpoint, receiver, feed):
    feed.tell(1, 2, kind="consent.changed", consents=CONSENTS, crosswalk=LINK)
    feed.tell(1, 2, profile=PROFILE, crosswalk=LINK)
    feed.publish()
    give_up(1)
    deliver_due()
    told = {got.mark: got.body["data"] for got in receiver.got}
    assert (told["gr_1", 2]["consents"], told["gr_1", 2]["snapshot"]) == (CONSENTS, True)
    assert "consents" not in told["gr_2", 2]


def test_what_is_missed_is_told_as_of_then_and_a_replay_tells_no_more_than_it_did(endpoint, receiver, feed):
    feed.tell(1, kind="golden.created", profile=PROFILE, crosswalk=LINK)
    feed.tell(1, kind="consent.changed", consents=CONSENTS, crosswalk=LINK)
    feed.tell(1, profile={"name": {"family": "Other"}}, crosswalk=LINK)
    feed.publish()
    give_up(1)
    deliver_due()
    assert [got.body["data"]["profile"]["name"]["family"] for got in receiver.got] == ["Ashworth", "Other"]
    Delivery.objects.filter(position=1).update(state=0, attempts=0)
    deliver_due()
    assert receiver.got[-1].mark == ("gr_1", 1)
    assert "snapshot" not in receiver.got[-1].body["data"]
