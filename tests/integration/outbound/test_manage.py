"""Managing an endpoint: other wishes, pauses, another secret, a test, and how it has been doing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from django.db.migrations import RunPython
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from connectors.outbound.claim import targets
from connectors.outbound.deliver import deliver_due
from connectors.outbound.sign import new_secret
from hub.api.feed import event_schema
from hub.models import AuditEntry, Delivery, Endpoint, EndpointHealth
from hub.sql import rows
from tests.integration.api.conftest import Caller, problem_of
from tests.integration.outbound.conftest import Feed

URL = "/api/v1/webhook-endpoints"
ASKED = {"url": "https://example.com/hook", "events": ["golden.updated"], "description": "CRM"}


def actions(name: str) -> list[str]:
    return list(AuditEntry.objects.filter(subject=name).order_by("id").values_list("action", flat=True))


def test_an_endpoint_is_changed_by_whoever_read_it_last(manager: Caller) -> None:
    made = manager.post(URL, ASKED)
    one, tag = f"{URL}/{made.json()['endpoint_id']}", made["ETag"]
    assert manager.get(one)["ETag"] == tag
    assert manager.get(one, If_None_Match=tag).status_code == 304
    assert problem_of(manager.patch(one, {"description": "x"})) == (428, "precondition-required")
    assert problem_of(manager.patch(one, {"description": "x"}, If_Match='"other"')) == (412, "precondition-failed")
    changed = manager.patch(
        one, {"url": "https://example.com/new", "events": None, "hidden": ["birth_date", "birth_date"], "region": "de",
              "masked": ["emails"], "only": ["name", "emails", "attributes.tier"], "purpose": " marketing : email "},
        If_Match=tag,
    )  # fmt: skip
    assert changed.status_code == 200
    shown = changed.json()
    assert {key: shown[key] for key in ("url", "events", "description", "region", "hidden", "masked", "purpose")} == {
        "url": "https://example.com/new", "events": [], "description": "CRM", "region": "DE",
        "hidden": ["birth_date"], "masked": ["emails"], "purpose": "marketing:email",
    }  # fmt: skip
    assert manager.get(one).json() == shown
    assert manager.get(one)["ETag"] == changed["ETag"] != tag
    assert problem_of(manager.patch(one, {"region": ""}, If_Match=tag)) == (412, "precondition-failed")
    assert manager.patch(one, {}, If_Match=changed["ETag"])["ETag"] == changed["ETag"]
    assert actions(shown["endpoint_id"]) == ["endpoint.created", "endpoint.changed"]


@pytest.mark.parametrize("said", [
    {"url": None}, {"url": ""}, {"url": "http://example.com/"}, {"url": "https://127.0.0.1/"}, {"events": ["x"]},
    {"events": [7]}, {"within": []}, {"within": ["*", "main"]}, {"within": ["nowhere"]}, {"hidden": ["shoe_size"]},
    {"masked": "emails"}, {"only": ["emails.x"]}, {"purpose": ":email"}, {"purpose": "a:b:c"}, {"state": "active"},
    {"secret": "whsec_x"}, {"region": "x" * 9}, {"hidden": ["emails"] * 101},
])  # fmt: skip
def test_a_change_that_cannot_be_is_refused_whole(manager: Caller, said: dict[str, Any]) -> None:
    made = manager.post(URL, ASKED)
    one = f"{URL}/{made.json()['endpoint_id']}"
    refused = manager.patch(one, {"description": "new", **said}, If_Match=made["ETag"])
    assert problem_of(refused) == (400, "invalid-request")
    assert manager.get(one)["ETag"] == made["ETag"]


def test_a_pause_makes_deliveries_wait_and_a_resumption_sends_them_in_order(
    manager: Caller, endpoint: Endpoint, receiver: Any, feed: Feed
) -> None:
    one = f"{URL}/{endpoint.public_id}"
    assert manager.post(f"{one}/pause", b"").json()["state"] == "paused"
    assert manager.post(f"{one}/pause", b"").json()["state"] == "paused"
    for _ in range(3):
        feed.tell(1, 2)
        feed.publish()
    assert deliver_due() == 0
    assert manager.post(f"{one}/resume", b"").json()["state"] == "active"
    assert deliver_due() == 6
    assert [n for subject, n in receiver.marks if subject == "gr_1"] == [1, 2, 3]
    assert actions(endpoint.public_id) == ["endpoint.paused", "endpoint.resumed"]
    assert problem_of(manager.post(f"{URL}/we_{'0' * 26}/resume", b"")) == (404, "not-found")


def test_a_disabled_endpoint_that_is_resumed_gets_what_it_missed(
    manager: Caller, endpoint: Endpoint, receiver: Any, feed: Feed
) -> None:
    one = f"{URL}/{endpoint.public_id}"
    feed.tell(1)
    feed.publish()
    receiver.answer = lambda got: 410
    deliver_due()
    shown = manager.get(one).json()
    assert (shown["state"], shown["disabled_reason"]) == ("disabled", "gone")
    assert shown["disabled_at"]
    assert manager.post(f"{one}/pause", b"").json()["state"] == "disabled"
    feed.tell(1, 2)
    assert feed.publish() == 0
    assert manager.get(f"{one}/health").json()["to_come"] == 2
    receiver.answer = lambda got: 200
    shown = manager.post(f"{one}/resume", b"").json()
    assert (shown["state"], shown["disabled_at"], shown["disabled_reason"]) == ("active", None, "")
    assert EndpointHealth.objects.count() == 0
    feed.publish()
    deliver_due()
    assert [n for subject, n in receiver.marks if subject == "gr_1"] == [1, 1, 2]
    assert ("gr_2", 1) in receiver.marks


def test_another_secret_signs_beside_the_one_before_until_the_overlap_ends(
    manager: Caller, endpoint: Endpoint, receiver: Any, feed: Feed
) -> None:
    one, old = f"{URL}/{endpoint.public_id}", receiver.secret
    new = manager.post(f"{one}/rotate-secret", b"").json()["secret"]
    newest = manager.post(f"{one}/rotate-secret", {"overlap_seconds": 3600}).json()
    assert newest["secrets"] == 3
    assert "secret" not in manager.get(one).json()
    # Whichever of the three the receiver knows, by the reference library.
    for turn, secret in enumerate((old, new, newest["secret"]), start=1):
        receiver.secret = secret
        feed.tell(1)
        feed.publish()
        assert deliver_due() == 1
        assert len(receiver.got) == turn
    assert len(receiver.got[-1].headers["webhook-signature"].split()) == 3
    later = timezone.now() + timedelta(hours=1, seconds=5)
    held = Endpoint.objects.get()
    assert held.secrets_at(later) == [newest["secret"], old]
    assert held.secrets_at(later + timedelta(hours=23)) == [newest["secret"]]
    last = manager.post(f"{one}/rotate-secret", {"overlap_seconds": 0}).json()
    assert last["secrets"] == 1
    assert targets()[endpoint.pk].secrets == (last["secret"],)
    stored = str(rows("SELECT row_to_json(p)::text FROM hub_endpoint p"))
    said = str(list(AuditEntry.objects.values_list("detail", flat=True)))
    for secret in (old, new, newest["secret"], last["secret"]):
        assert secret not in stored
        assert secret not in said
        assert secret.encode().hex() not in stored


@pytest.mark.parametrize("said", [{"overlap_seconds": -1}, {"overlap_seconds": 2_592_001}, {"overlap_seconds": "1"},
                                  {"overlap_seconds": True}, {"overlap": 1}, []])  # fmt: skip
def test_a_rotation_that_cannot_be_changes_nothing(manager: Caller, said: Any) -> None:
    made = manager.post(URL, ASKED).json()
    one = f"{URL}/{made['endpoint_id']}"
    assert problem_of(manager.post(f"{one}/rotate-secret", said)) == (400, "invalid-request")
    assert targets()[Endpoint.objects.get().pk].secrets == (made["secret"],)


def test_a_rotation_too_many_is_refused_before_the_receiver_is_locked_out(manager: Caller, endpoint: Endpoint) -> None:
    one = f"{URL}/{endpoint.public_id}/rotate-secret"
    assert [manager.post(one, b"").json()["secrets"] for _ in range(4)] == [2, 3, 4, 5]
    before = targets()[endpoint.pk].secrets
    assert problem_of(manager.post(one, b"")) == (400, "invalid-request")
    assert targets()[endpoint.pk].secrets == before
    assert manager.post(one, {"overlap_seconds": 0}).json()["secrets"] == 1


def test_no_more_secrets_sign_than_a_header_may_hold(endpoint: Endpoint) -> None:
    now = timezone.now()
    for _ in range(9):
        endpoint.take_secret(new_secret(), now=now, overlap=timedelta(hours=1))
    assert len(endpoint.secrets_at(now)) == 5


def test_without_its_key_a_secret_is_no_secret_until_it_is_rotated(
    manager: Caller, endpoint: Endpoint, receiver: Any, feed: Feed
) -> None:
    one = f"{URL}/{endpoint.public_id}"
    rows("UPDATE hub_endpoint SET secret = decode('010203', 'hex')")
    assert targets()[endpoint.pk].secrets == ("",)
    assert manager.post(f"{one}/test", b"").json()["error"] == "bad_secret"
    receiver.secret = manager.post(f"{one}/rotate-secret", b"").json()["secret"]
    assert targets()[endpoint.pk].secrets == (receiver.secret,)
    assert manager.post(f"{one}/test", b"").json()["delivered"]
    feed.tell(1)
    feed.publish()
    deliver_due()
    assert len(receiver.taken) == 2


def test_what_stood_in_clear_is_sealed_by_the_migration(endpoint: Endpoint) -> None:
    loader = MigrationLoader(None)
    name = next(key for key in loader.graph.nodes if key[1].endswith("_secrets_of_endpoints"))
    steps = loader.get_migration(*name).operations
    (sealing,) = [n for n, step in enumerate(steps) if isinstance(step, RunPython)]
    state = loader.project_state([parent.key for parent in loader.graph.node_map[name].parents])
    for step in steps[:sealing]:
        step.state_forwards("hub", state)
    rows("ALTER TABLE hub_endpoint ADD COLUMN in_clear varchar(200) NOT NULL DEFAULT ''")
    try:
        rows("UPDATE hub_endpoint SET in_clear = 'whsec_old', secret = ''")
        steps[sealing].code(state.apps, None)
        assert Endpoint.objects.get().secrets_at(timezone.now()) == ["whsec_old"]
        assert rows("SELECT in_clear FROM hub_endpoint") == [("",)]
    finally:
        rows("ALTER TABLE hub_endpoint DROP COLUMN in_clear")


def test_a_test_goes_the_way_of_deliveries_and_outside_their_order(
    manager: Caller, endpoint: Endpoint, receiver: Any, feed: Feed
) -> None:
    one = f"{URL}/{endpoint.public_id}"
    Endpoint.objects.update(state="paused")
    feed.tell(1)
    feed.publish()
    said = manager.post(f"{one}/test", b"").json()
    assert (said["delivered"], said["status_code"], said["error"]) == (True, 200, "")
    (got,) = receiver.got
    assert (got.id, got.body["type"], got.body["subject"]) == (said["webhook_id"], "endpoint.test", endpoint.public_id)
    jsonschema.validate(got.body["data"], json.loads(event_schema("endpoint.test")))
    assert manager.http.get(got.body["dataschema"]).status_code == 200
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(json.dumps(got.body), got.headers)
    receiver.answer = lambda got: 500
    said = manager.post(f"{one}/test", b"").json()
    assert (said["delivered"], said["status_code"], said["error"]) == (False, 500, "http_5xx")
    assert Delivery.objects.get().attempts == 0
    assert EndpointHealth.objects.count() == 0
    assert actions(endpoint.public_id) == ["endpoint.tested"] * 2


def test_a_test_reaches_no_address_that_is_closed(manager: Caller, endpoint: Endpoint, settings: Any) -> None:
    settings.HUB_DELIVERY_ALLOW = []
    said = manager.post(f"{URL}/{endpoint.public_id}/test", b"").json()
    assert (said["delivered"], said["status_code"], said["error"]) == (False, None, "address_refused")


def test_the_health_of_an_endpoint_is_told(
    manager: Caller, endpoint: Endpoint, receiver: Any, feed: Feed, hurry: Any
) -> None:
    where = f"{URL}/{endpoint.public_id}/health"
    still = manager.get(where).json()
    assert still == {
        "endpoint_id": endpoint.public_id, "state": "active", "failing_since": None, "resting_until": None,
        "last_delivered_at": None, "waiting": 0, "oldest_waiting_at": None, "dead_letters": 0, "behind": 0,
        "to_come": 0,
    }  # fmt: skip
    feed.tell(1, 2)
    feed.publish()
    receiver.answer = lambda got: 500 if got.mark[0] == "gr_1" else 200
    for _ in range(10):
        hurry()
        deliver_due()
    told = manager.get(where).json()
    assert (told["waiting"], told["dead_letters"], told["behind"]) == (0, 1, 1)
    assert told["last_delivered_at"]
    feed.tell(1)  # a snapshot
    feed.publish()
    told = manager.get(where).json()
    assert (told["waiting"], told["dead_letters"], told["behind"]) == (1, 1, 0)
    assert told["oldest_waiting_at"]


def test_the_log_tells_of_deliveries_and_tries_by_pages(
    manager: Caller, endpoint: Endpoint, receiver: Any, feed: Feed, hurry: Any
) -> None:
    where = f"{URL}/{endpoint.public_id}/deliveries"
    feed.tell(1, 2, 3, name="Alice")
    feed.publish()
    receiver.answer = lambda got: 500 if got.mark[0] == "gr_2" else 200
    deliver_due()
    first = manager.get(f"{where}?limit=2").json()
    rest = manager.get(f"{where}?limit=2&after={first['next']}").json()
    assert [one["golden_id"] for one in (*first["items"], *rest["items"])] == ["gr_1", "gr_2", "gr_3"]
    assert rest["next"] is None
    (waiting,) = manager.get(f"{where}?state=pending").json()["items"]
    assert (waiting["golden_id"], waiting["attempts"], waiting["error"]) == ("gr_2", 1, "http_5xx")
    hurry()
    receiver.answer = lambda got: 204
    deliver_due()
    answer = manager.get(f"{where}/{waiting['delivery_id']}")
    one = answer.json()
    assert (one["state"], one["webhook_id"], one["sequence"]) == ("delivered", receiver.got[-1].id, 1)
    assert [(t["status_code"], t["error"]) for t in one["tries"]] == [(204, ""), (500, "http_5xx")]
    assert "Alice" not in answer.content.decode()
    assert manager.get(f"{where}?state=dead_letter").json() == {"items": [], "next": None}
    assert problem_of(manager.get(f"{where}?state=lost")) == (400, "invalid-request")
    assert problem_of(manager.get(f"{where}?after=x")) == (400, "invalid-request")
    assert problem_of(manager.get(f"{where}/dl_{'0' * 26}")) == (404, "not-found")


def test_another_endpoint_s_deliveries_are_not_found(manager: Caller, endpoint: Endpoint, feed: Feed) -> None:
    other = manager.post(URL, ASKED).json()["endpoint_id"]
    feed.tell(1)
    feed.publish()
    (mine,) = manager.get(f"{URL}/{endpoint.public_id}/deliveries").json()["items"]
    assert problem_of(manager.get(f"{URL}/{other}/deliveries/{mine['delivery_id']}")) == (404, "not-found")
