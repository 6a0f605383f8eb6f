"""Batches: a result for each record, and what is wrong with one stops no other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import override_settings

from hub import selectors
from hub.models import IdempotencyKey, InboxMessage
from tests.integration.api.conftest import Caller, person, problem_of

pytestmark = pytest.mark.django_db

PATH = "/api/v1/sources/crm/records/batch"
NDJSON = "application/x-ndjson"


def lines(records: list[Any]) -> bytes:
    return b"\n".join(json.dumps(record).encode() for record in records)


@pytest.mark.parametrize("kind", ["application/json", NDJSON, "application/jsonl"])
def test_three_bad_rows_among_a_thousand_stop_nothing(channel: Caller, kind: str) -> None:
    records: list[Any] = [person(str(i)) for i in range(1000)]
    records[7] = {"name": {"given": "no id"}}
    records[500] = "text"
    records[999] = person("999", birth_date="2001-02-31")
    body = json.dumps(records).encode() if kind == "application/json" else lines(records)
    answer = channel.post(PATH, body, kind=kind)
    assert answer.status_code == 207
    found = answer.json()
    assert (found["accepted"], found["rejected"]) == (997, 3)
    assert [r["index"] for r in found["results"]] == list(range(1000))
    rejected = {r["index"]: r["problem"]["field"] for r in found["results"] if r["status"] == "rejected"}
    assert rejected == {7: "source_id", 500: "record", 999: "birth_date"}
    assert len({r["message_id"] for r in found["results"] if r["status"] == "accepted"}) == 997
    assert InboxMessage.objects.count() == 997
    assert selectors.message(found["results"][42]["message_id"])["source_id"] == "42"


def test_lines_that_cannot_be_read_are_rejected_with_their_reason(channel: Caller) -> None:
    body = b"\n".join(
        [
            b"\xef\xbb\xbf" + json.dumps(person("a")).encode(),
            b'{"source_id": "cut',
            '{"source_id":"Mü"}'.encode("latin-1"),
            b'{"source_id":"1","source_id":"2"}',
            b'{"source_id":"x","attributes":{"a":NaN}}',
            b"[" * 5000,
            b'{"source_id":"raw\x00nul"}',
            b'{"source_id":"' + b"x" * 300_000 + b'"}',
            b"",
            b"  \r",
            json.dumps(person("z")).encode() + b"\r",
            b'{"source_id":"last", "na',
        ]
    )
    found = channel.post(PATH, body, kind=NDJSON).json()
    slugs = [r.get("problem", {}).get("type", r["status"]).removeprefix("/problems/") for r in found["results"]]
    assert slugs == [
        "accepted", "invalid-json", "not-utf-8", "duplicate-key", "invalid-json", "too-deep", "invalid-json",
        "body-too-large", "accepted", "invalid-json",
    ]  # fmt: skip
    assert (found["accepted"], found["rejected"], InboxMessage.objects.count()) == (2, 8, 2)


def test_a_line_far_beyond_the_limit_costs_one_row_and_no_time(channel: Caller) -> None:
    body = lines([person("a")]) + b"\n" + b"x" * 15_000_000 + b"\n" + lines([person("b")])
    found = channel.post(PATH, body, kind=NDJSON).json()
    assert [r["status"] for r in found["results"]] == ["accepted", "rejected", "accepted"]


ROWS = json.dumps([person("1"), person("2")]).encode()
WHOLE = {
    "cut off in an element": (ROWS[:-20], "application/json", 400, "invalid-json"),
    "cut off between elements": (ROWS[: ROWS.index(b"}, {") + 2], "application/json", 400, "invalid-json"),
    "cut off before the end": (ROWS[:-1], "application/json", 400, "invalid-json"),
    "no comma": (ROWS.replace(b"}, {", b"} {"), "application/json", 400, "invalid-json"),
    "more behind it": (ROWS + b"[]", "application/json", 400, "invalid-json"),
    "Latin-1": ('[{"source_id":"Mü"}]'.encode("latin-1"), "application/json", 400, "not-utf-8"),
    "an abyss": (b"[" * 10_000, "application/json", 400, "too-deep"),
    "no rows": (b"[ ]", "application/json", 400, "empty-body"),
    "blank lines": (b"\n\n", NDJSON, 400, "empty-body"),
    "nothing": (b"", NDJSON, 400, "empty-body"),
    "CSV": (b"source_id\n1", "text/csv", 415, "unsupported-media-type"),
}


@pytest.mark.parametrize("case", WHOLE)
def test_a_batch_that_cannot_be_trusted_is_refused_whole(channel: Caller, case: str) -> None:
    raw, kind, status, slug = WHOLE[case]
    assert problem_of(channel.post(PATH, raw, kind=kind, Idempotency_Key="b")) == (status, slug)
    assert InboxMessage.objects.count() == 0
    assert IdempotencyKey.objects.count() == 0


@pytest.mark.parametrize("kind", ["application/json", NDJSON])
def test_too_many_rows_are_refused_whole(channel: Caller, kind: str) -> None:
    records = [{"source_id": str(i)} for i in range(11)]
    body = json.dumps(records).encode() if kind == "application/json" else lines(records)
    with override_settings(HUB_MAX_BATCH_RECORDS=10):
        assert problem_of(channel.post(PATH, body, kind=kind)) == (413, "too-many-records")
    assert InboxMessage.objects.count() == 0


def test_a_batch_that_is_all_bad_still_says_why(channel: Caller) -> None:
    answer = channel.post(PATH, [{}, 5])
    assert answer.status_code == 207
    assert (answer.json()["accepted"], answer.json()["rejected"]) == (0, 2)
    assert InboxMessage.objects.count() == 0
