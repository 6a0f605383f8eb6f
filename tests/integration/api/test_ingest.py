"""Records come in: what is taken, what is refused and why, and that a refusal changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from hub import pipeline
from hub.models import IdempotencyKey, InboxMessage
from tests import opened
from tests.integration.api.conftest import Caller, person, problem_of
from tests.integration.lanes.held import session

pytestmark = pytest.mark.django_db

PATH = "/api/v1/sources/crm/records"


def held() -> int:
    return InboxMessage.objects.count()


def payload() -> dict[str, Any]:
    return opened.payload(InboxMessage.objects.get())


def test_a_record_is_taken_and_can_be_followed(channel: Caller) -> None:
    answer = channel.post(PATH, person("1"))
    assert answer.status_code == 202
    body = answer.json()
    assert body == {"message_id": body["message_id"], "status": "accepted"}
    assert answer["Location"] == f"/api/v1/messages/{body['message_id']}"
    waiting = channel.get(answer["Location"]).json()
    assert waiting["status"] == "accepted"
    assert waiting["golden_id"] is None
    assert waiting["source_id"] == "1"
    pipeline.drain()
    done = channel.get(answer["Location"]).json()
    assert done["status"] == "resolved"
    assert done["golden_id"].startswith("gr_")
    assert done["resolved_at"]


def test_the_flat_form_is_taken_too(channel: Caller) -> None:
    flat = {"source_id": "2", "given_name": "Alice", "email": "a@example.com", "updated_at": "2026-01-02", "till": 4}
    assert channel.post(PATH, flat).status_code == 202
    assert payload() == {
        "source_id": "2", "kind": "person", "name": {"given": "Alice"}, "emails": [{"value": "a@example.com"}],
        "occurred_at": "2026-01-02T00:00:00Z", "till": 4,
    }  # fmt: skip


def test_both_forms_may_be_mixed_and_nested_counts(channel: Caller) -> None:
    mixed = {
        "source_id": "3",
        "given_name": "Al",
        "name": {"given": "Alice"},
        "phone": "1",
        "occurred_at": "2026-01-02T00:00:00Z",
    }
    assert channel.post(PATH, mixed).status_code == 202
    assert payload()["name"] == {"given": "Alice"}
    assert payload()["phones"] == [{"value": "1"}]
    assert payload()["occurred_at"] == "2026-01-02T00:00:00Z"


def test_a_record_with_nothing_but_its_id_is_a_record(channel: Caller) -> None:
    answer = channel.post(PATH, {"source_id": "bare"})
    assert answer.status_code == 202
    pipeline.drain()
    assert channel.get(answer["Location"]).json()["golden_id"]


def test_nul_characters_are_dropped(channel: Caller) -> None:
    assert channel.post(PATH, b'{"source_id":"n\\u00001","name":{"given":"Al\\u0000ice"}}').status_code == 202
    pipeline.drain()
    assert list(opened.addresses().values()) == [("crm", "n1")]


DEEP = b'{"source_id":"1","attributes":' + b'{"a":' * 60 + b"1" + b"}" * 60 + b"}"
ABYSS = b"[" * 10_000 + b"]" * 10_000
BAD = {
    "nothing": (b"", "application/json", 400, "empty-body"),
    "white space": (b" \n", "application/json", 400, "empty-body"),
    "truncated": (b'{"source_id": "1", "name": {"giv', "application/json", 400, "invalid-json"),
    "two values": (b'{"source_id":"1"} {}', "application/json", 400, "invalid-json"),
    "raw NUL": (b'{"source_id":"a\x00b"}', "application/json", 400, "invalid-json"),
    "NaN": (b'{"source_id":"1","version":NaN}', "application/json", 400, "invalid-json"),
    "infinity": (b'{"source_id":"1","attributes":{"x":1e999}}', "application/json", 400, "invalid-json"),
    "endless number": (b'{"source_id":' + b"9" * 5000 + b"}", "application/json", 400, "invalid-json"),
    "Latin-1": ('{"source_id":"Mü"}'.encode("latin-1"), "application/json", 400, "not-utf-8"),
    "UTF-16": ('{"source_id":"1"}'.encode("utf-16"), "application/json", 400, "not-utf-8"),
    "twice a key": (b'{"source_id":"1","source_id":"2"}', "application/json", 400, "duplicate-key"),
    "60 levels": (DEEP, "application/json", 400, "too-deep"),
    "10,000 levels": (ABYSS, "application/json", 400, "too-deep"),
    "a form": (b"source_id=1", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
    "another charset": (b'{"source_id":"1"}', "application/json; charset=utf-16", 415, "unsupported-media-type"),
    "a list": (b'[{"source_id":"1"}]', "application/json", 422, "invalid-record"),
    "no source id": (b'{"name":{"given":"A"}}', "application/json", 422, "invalid-record"),
    "31 February": (b'{"source_id":"1","birth_date":"1984-02-31"}', "application/json", 422, "invalid-record"),
    "31 February, flat": (b'{"source_id":"1","email":"a@b.c","birth_date":"1984-02-31"}', "application/json", 422,
                          "invalid-record"),
    "another source": (b'{"source_id":"1","source_system":"pos"}', "application/json", 422, "invalid-record"),
    "another source, flat": (b'{"source_id":"1","source_system":"pos","email":"a@b.c"}', "application/json", 422,
                             "invalid-record"),
    "name as text": (b'{"source_id":"1","name":"Secretname"}', "application/json", 422, "invalid-record"),
    "too large": (b'{"source_id":"' + b"x" * 300_000 + b'"}', "application/json", 413, "body-too-large"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_taken_is_refused_and_changes_nothing(channel: Caller, case: str) -> None:
    raw, kind, status, slug = BAD[case]
    answer = channel.post(PATH, raw, kind=kind, Idempotency_Key="k1")
    assert problem_of(answer) == (status, slug)
    assert "Secretname" not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()
    assert held() == 0
    assert IdempotencyKey.objects.count() == 0


def test_a_problem_names_the_field(channel: Caller) -> None:
    assert channel.post(PATH, {"source_id": "1", "birth_date": "1984-02-31"}).json()["field"] == "birth_date"


class Counted(BytesIO):
    """A body that knows how much of it was read."""

    taken = 0

    def read(self, *args: Any) -> bytes:
        data = super().read(*args)
        self.taken += len(data)
        return data


def test_a_body_of_50_megabytes_is_refused_unread(channel: Caller) -> None:
    body = Counted(b"x" * 50_000_000)
    answer = channel.http.generic(
        "POST", PATH, b"", content_type="application/json", CONTENT_LENGTH="50000000",
        headers={"Authorization": f"Bearer {channel.token}"}, **{"wsgi.input": body},
    )  # fmt: skip
    assert problem_of(answer) == (413, "body-too-large")
    assert body.taken == 0
    assert held() == 0


def test_chunked_bodies_and_those_that_are_not_what_they_say_are_refused(channel: Caller) -> None:
    assert problem_of(channel.post(PATH, person("1"), Content_Encoding="gzip")) == (400, "invalid-encoding")
    refused = channel.post(PATH, person("1"), Content_Encoding="br")
    assert problem_of(refused) == (415, "unsupported-media-type")
    assert refused["Accept-Encoding"] == "gzip, identity"
    answer = channel.http.generic(
        "POST", PATH, b"", content_type="application/json", CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked",
        headers={"Authorization": f"Bearer {channel.token}"},
    )  # fmt: skip
    assert problem_of(answer) == (411, "length-required")
    assert held() == 0


def test_an_unknown_source_is_said_to_be(channel: Caller) -> None:
    for code in ("nobody", "CRM", "a\x00b", "x" * 300):
        assert problem_of(channel.post(f"/api/v1/sources/{code}/records", person("1"))) == (404, "unknown-source")
    assert held() == 0


def test_a_client_writes_for_its_own_source_only(caller: Callable[..., Caller]) -> None:
    till = caller("records:write", source="pos")
    for path in (PATH, PATH + "/batch"):
        assert problem_of(till.post(path, [person("1")])) == (403, "source-not-allowed")
    assert held() == 0
    location = till.post("/api/v1/sources/pos/records", person("1"))["Location"]
    assert till.get(location).status_code == 200
    assert problem_of(caller("records:write", source="crm").get(location)) == (404, "not-found")


def test_who_sends_the_same_statement_again_gets_the_first_message(channel: Caller) -> None:
    first, second = (channel.post(PATH, person("1")).json() for _ in range(2))
    assert first == second
    assert held() == 1


def test_who_waits_gets_the_golden_id(channel: Caller) -> None:
    answer = channel.post(PATH, person("1"), Prefer="wait=10", Idempotency_Key="k1")
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body["status"] == "resolved"
    assert channel.get(f"/api/v1/golden/{body['golden_id']}").status_code == 200
    again = channel.post(PATH, person("1"), Prefer="wait=10", Idempotency_Key="k1")
    assert (again.status_code, again.json()) == (200, body)
    assert again["Idempotency-Replayed"] == "true"


@pytest.mark.django_db(transaction=True)
def test_who_waits_in_vain_gets_the_message(channel: Caller) -> None:
    channel.post(PATH, person("1"), Prefer="wait=10")
    later = person("1", occurred_at="2026-01-03T09:00:00Z", phones=[])
    with session() as other:
        other.execute("SELECT record_id FROM hub_crosswalk FOR UPDATE")
        answer = channel.post(PATH, later, Prefer="respond-async, wait=1")
    assert answer.status_code == 202
    assert answer["Location"]
    waiting = InboxMessage.objects.latest("id")
    assert (waiting.lane, waiting.status, waiting.attempts) == (0, 0, 0)
    pipeline.drain()
    assert channel.get(answer["Location"]).json()["status"] == "resolved"


def test_the_log_holds_the_route_and_no_value(channel: Caller, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="hub.api"):
        channel.post(PATH, person("secret-id"))
        channel.get("/api/v1/crosswalk/crm/secret-id")
    lines = [record.getMessage() for record in caplog.records if record.name == "hub.api"]
    assert any("/api/v1/crosswalk/{system}/{source_id} 404" in line for line in lines), lines
    assert not any("secret-id" in line or "Alice" in line for line in lines)


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("respond-async", "respond-async"),
        ("Respond-Async; foo", "respond-async"),
        ("return=minimal, respond-async", "respond-async"),
        ("wait=0", None),
        ("respond-asynchronously", None),
        ("x-respond-async", None),
        ("handling=lenient", None),
    ],
)
def test_a_preference_that_is_honoured_is_named(channel: Caller, prefer: str, applied: str | None) -> None:
    answer = channel.post(PATH, person("1"), Prefer=prefer)
    assert answer.status_code == 202
    assert answer.get("Preference-Applied") == applied
