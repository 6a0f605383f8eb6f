"""The doors as they really are: web processes of granian, and senders who keep to no rules."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest

from hub.embedded import processes
from tests.integration.api.conftest import person
from tests.servers import Stack

pytestmark = [pytest.mark.servers]
RECORDS = "/api/v1/sources/crm/records"
BATCH = f"{RECORDS}/batch"
NDJSON = "application/x-ndjson"


class Hub:
    """An installation under test, and a client of it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        made = stack.manage("create_client", "test", "--scope", "records:write", "--scope", "golden:read",
                            "--source", "*", "--json")  # fmt: skip
        assert made.returncode == 0, made.stderr
        said = json.loads(made.stdout.splitlines()[-1])
        form = "&".join(f"{name}={value}" for name, value in {"grant_type": "client_credentials", **said}.items())
        self.token = self.send("/oauth/token/", form.encode(), kind="application/x-www-form-urlencoded")[2][
            "access_token"
        ]

    def send(
        self, path: str, body: bytes | None = None, *, kind: str = "application/json", **headers: str
    ) -> tuple[int, Any, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if hasattr(self, "token"):
            named["Authorization"] = f"Bearer {self.token}"
        asked = urllib.request.Request(self.stack.url + path, data=body, headers={"Content-Type": kind, **named})
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return answer.status, answer.headers, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, error.headers, json.load(error)

    def raw(self, head: str, *parts: bytes, pause: float = 0.0) -> socket.socket:
        """A connection on which a request was begun; ``head`` without the lines that every one has."""
        made = socket.create_connection(("127.0.0.1", self.stack.port), timeout=30)
        line, _, rest = head.partition("\r\n")
        more = f"Host: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\nContent-Type: application/json\r\n{rest}"
        try:
            made.sendall(f"{line}\r\n{more}\r\n".encode("latin-1"))
            for part in parts:
                made.sendall(part)
                sleep(pause)
        except OSError:
            made.close()
            raise
        return made

    def database(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.stack.runtime()["DATABASE_URL"], autocommit=True)


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    # The rows of the last test would be more than a client may send.
    with Stack(begun=True, environ={"HUB_RATE_LIMIT": "rows=1000000,failures=1000", "HUB_INBOX_MOST": "2000"}) as stack:
        yield Hub(stack)


def slug(found: tuple[int, Any, Any]) -> tuple[int, str]:
    return found[0], found[2]["type"].removeprefix("/problems/")


def status_of(connection: socket.socket) -> int:
    found = connection.recv(65536)
    connection.close()
    return int(found.split(b" ", 2)[1]) if found else 0


def test_packed_bodies_are_taken(hub: Hub) -> None:
    packed = gzip.compress(json.dumps(person("packed")).encode())
    assert hub.send(RECORDS, packed, Content_Encoding="gzip")[0] == 202
    rows = "\n".join(json.dumps(person(f"packed-{n}")) for n in range(50)).encode()
    answer = hub.send(BATCH, gzip.compress(rows), kind=NDJSON, Content_Encoding="gzip")
    assert (answer[0], answer[2]["accepted"]) == (207, 50)


def test_packed_and_plain_are_one_request_to_an_idempotency_key(hub: Hub) -> None:
    body = json.dumps(person("once")).encode()
    first = hub.send(RECORDS, gzip.compress(body), Content_Encoding="gzip", Idempotency_Key="packed")
    again = hub.send(RECORDS, body, Idempotency_Key="packed")
    assert first[2] == again[2]
    assert again[1]["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("body", "encoding", "refused"),
    [
        (gzip.compress(b"\0" * 100_000_000), "gzip", (413, "body-too-large")),
        (gzip.compress(gzip.compress(b"\0" * 100_000_000)), "gzip", (400, "not-utf-8")),
        (gzip.compress(b"{}")[:-3], "gzip", (400, "invalid-encoding")),
        (gzip.compress(b"{}") + b"more", "gzip", (400, "invalid-encoding")),
        (b"{}", "gzip", (400, "invalid-encoding")),
        (gzip.compress(b""), "gzip", (400, "empty-body")),
        (b"{}", "br", (415, "unsupported-media-type")),
        (b"{}", "gzip, gzip", (415, "unsupported-media-type")),
        (b"[" * 10_000 + b"]" * 10_000, "identity", (400, "too-deep")),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "identity", (400, "too-deep")),
        (b'{"source_id":"1","source_id":"2"}', "identity", (400, "duplicate-key")),
        (b'{"source_id":"1","attributes":{"x":NaN}}', "identity", (400, "invalid-json")),
        (b'{"source_id":"1","attributes":{"x":1e999}}', "identity", (400, "invalid-json")),
        (b'{"source_id":"1","attributes":{"x":' + b"9" * 5000 + b"}}", "identity", (400, "invalid-json")),
    ],
    ids=lambda found: found[1] if isinstance(found, tuple) else "",
)
def test_bodies_that_are_no_records(hub: Hub, body: bytes, encoding: str, refused: tuple[int, str]) -> None:
    assert slug(hub.send(RECORDS, body, Content_Encoding=encoding)) == refused


def test_a_body_of_50_mb_is_refused_before_it_is_read(hub: Hub) -> None:
    began = monotonic()
    for path in (RECORDS, BATCH, "/api/v1/sources/crm/webhooks/x", "/api/v1/golden/search"):
        connection = hub.raw(f"POST {path} HTTP/1.1\r\nContent-Length: 50000000\r\n", b"x" * 1000)
        assert status_of(connection) in (403, 404, 413)
    assert monotonic() - began < 5


def test_a_body_without_a_length_is_refused(hub: Hub) -> None:
    body = json.dumps(person("chunked")).encode()
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    for sent in (chunks, chunks[:-9], b"zz\r\n"):
        assert status_of(hub.raw(f"POST {RECORDS} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", sent)) in (400, 411)
    both = f"POST {RECORDS} HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n"
    assert status_of(hub.raw(both, chunks)) in (400, 411)
    twice = f"POST {RECORDS} HTTP/1.1\r\nContent-Length: {len(body)}\r\nContent-Length: 5\r\n"
    assert status_of(hub.raw(twice, body)) == 400


@pytest.mark.parametrize("header", ["X-A: a\rb", "X-A: a\nX b", "X-A: a\0b", "X A: b", ": b"])
def test_headers_that_are_none_are_refused_by_the_server(hub: Hub, header: str) -> None:
    assert status_of(hub.raw(f"GET /api/v1/golden HTTP/1.1\r\n{header}\r\n")) in (400, 431)


def test_an_endless_header_is_not_read_to_its_end(hub: Hub) -> None:
    try:
        status = status_of(hub.raw("GET /api/v1/golden HTTP/1.1\r\nX-A: " + "a" * 20_000_000 + "\r\n"))
    except OSError:
        status = 0  # it hung up while we were still sending
    assert status in (0, 400, 431)
    assert hub.send("/api/v1/golden")[0] == 200


def test_nothing_sent_comes_back_as_a_header(hub: Hub) -> None:
    injected = "a%0d%0aSet-Cookie:%20x=1"
    for path in (
        f"/api/v1/golden/gr_{injected}",
        f"/api/v1/crosswalk/crm/{injected}",
        f"/api/v1/golden?cursor={injected}",
    ):
        status, headers, _ = hub.send(path)
        assert status in (400, 404)
        assert "Set-Cookie" not in headers
    sent = hub.send(RECORDS, json.dumps(person("h")).encode(), Prefer="wait=1\tX", Idempotency_Key="k y")
    assert slug(sent) == (400, "invalid-idempotency-key")


def test_bodies_that_never_come_are_given_up_and_hold_nobody_up(hub: Hub) -> None:
    head = "HTTP/1.1\r\nContent-Length: 500\r\n"
    paths = (RECORDS, BATCH, "/api/v1/golden/search", "/api/v1/sources/crm/webhooks/x") * 10
    began = monotonic()
    slow = [hub.raw(f"POST {path} {head}", b"{") for path in paths]
    try:
        worst = 0.0
        while monotonic() - began < 8:
            asked = monotonic()
            assert hub.send("/api/v1/golden")[0] == 200
            worst = max(worst, monotonic() - asked)
        assert worst < 4, "reads go on meanwhile"
        told = [connection.recv(1000).split(b" ")[1] for connection in slow]
        assert set(told) <= {b"408", b"503", b"404"}
        assert b"408" in told
        assert monotonic() - began < 40, "a body has ten seconds"
        body = json.dumps(person("after")).encode()
        assert processes.wait_for(lambda: hub.send(RECORDS, body)[0] == 202, seconds=15)
    finally:
        for connection in slow:
            connection.close()


def test_a_slow_body_that_comes_in_time_is_taken(hub: Hub) -> None:
    body = json.dumps(person("slow")).encode()
    parts = [body[start : start + 40] for start in range(0, len(body), 40)]
    connection = hub.raw(f"POST {RECORDS} HTTP/1.1\r\nContent-Length: {len(body)}\r\n", *parts, pause=0.05)
    assert status_of(connection) == 202


def test_two_processes_do_it_once(hub: Hub) -> None:
    body = json.dumps(person("twice")).encode()
    other = json.dumps(person("other")).encode()
    with ThreadPoolExecutor(16) as crowd:
        asked = [crowd.submit(hub.send, RECORDS, body, Idempotency_Key="two") for _ in range(30)]
        answers = [one.result() for one in asked]
    assert {answer[0] for answer in answers} == {202}
    assert len({answer[2]["message_id"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer[1] for answer in answers) == 1
    with ThreadPoolExecutor(16) as crowd:
        asked = [crowd.submit(hub.send, RECORDS, (body, other)[n % 2], Idempotency_Key="one-of") for n in range(30)]
        found = [(n % 2, one.result()[0]) for n, one in enumerate(asked)]
    won = {which for which, status in found if status == 202}
    assert len(won) == 1, "one body owns the key"
    assert {status for which, status in found if which not in won} == {422}


def test_a_retry_after_a_restart_or_a_crash_gets_the_first_answer(hub: Hub) -> None:
    """The web processes are killed in the midst of it: what had an answer has the same one afterwards, what had none is
    done once."""
    names = [f"crash-{n}" for n in range(120)]
    # Without a source time only the key keeps a record from being taken twice.
    bodies = {name: json.dumps({"source_id": name, "name": {"full": name}}).encode() for name in names}
    told: dict[str, str] = {}

    def send(name: str) -> None:
        try:
            status, _, body = hub.send(RECORDS, bodies[name], Idempotency_Key=name)
        except (OSError, ValueError):
            return  # the connection went with the process
        if status == 202:
            told[name] = body["message_id"]

    with ThreadPoolExecutor(4) as crowd:
        running = [crowd.submit(send, name) for name in names]
        processes.wait_for(lambda: len(told) >= 20, seconds=30)
        hub.stack.kill9("web")
        for one in running:
            one.result()
    assert 20 <= len(told) < len(names), "some were under way"
    hub.stack.wait_ready()
    before = dict(told)
    for name in names:
        send(name)
    assert {name: told[name] for name in before} == before
    with hub.database() as database:
        held = {row[0] for row in database.execute("SELECT public_id FROM hub_inboxmessage").fetchall()}
        keys = database.execute("SELECT count(*) FROM hub_idempotencykey WHERE status IS NULL").fetchone()
    assert set(told) == set(names)
    assert len(set(told.values())) == len(names)
    assert set(told.values()) <= held
    assert keys == (0,), "no key without an answer is left behind"
    count = sum(hub.send(f"/api/v1/messages/{name}")[0] == 200 for name in list(told.values())[:5])
    assert count == 5


def stranger(name: str) -> dict[str, Any]:
    """Somebody who shares nothing with anybody."""
    emails = [{"value": f"{name}@example.com"}]
    return person(f"load-{name}", emails=emails, phones=[], addresses=[], name={"given": "A", "family": f"B{name}"})


def test_under_overload_all_that_was_acknowledged_is_there(hub: Hub) -> None:
    """Many large batches at once: some are refused with a time to come again, none is half taken, and what a till waits
    for goes through."""
    acknowledged: list[str] = []
    refused: list[int] = []
    told: set[str] = set()
    guard, enough = threading.Lock(), threading.Event()
    until = monotonic() + 30

    def sender(number: int) -> None:
        turn = 0
        while not enough.is_set() and monotonic() < until:
            turn += 1
            rows = [stranger(f"{number}-{turn}-{n}") for n in range(1000)]
            status, headers, body = hub.send(BATCH, "\n".join(map(json.dumps, rows)).encode(), kind=NDJSON)
            with guard:
                if status == 207:
                    acknowledged.extend(result["message_id"] for result in body["results"])
                else:
                    refused.append(status)
                    told.add(body["type"])
                    assert int(headers["Retry-After"]) >= 1
            sleep(0.05)

    with ThreadPoolExecutor(12) as crowd:
        running = [crowd.submit(sender, number) for number in range(12)]
        said = processes.wait_for(lambda: "ingest" in hub.send("/readyz")[2]["not_ready"], seconds=18)
        tills = [hub.send(RECORDS, json.dumps(person(f"till-{n}")).encode(), Prefer="wait=5") for n in range(5)]
        processes.wait_for(lambda: len(acknowledged) >= 3000 and len(refused) >= 50, seconds=10)
        enough.set()
        for one in running:
            one.result()
    assert [till[0] for till in tills if till[0] not in (200, 202)] == []
    assert set(refused) == {503}
    assert told == {"/problems/overloaded"}
    assert said, "2,000 waiting is what this hub bears"
    assert len(acknowledged) >= 3000
    with hub.database() as database:
        held = database.execute("SELECT public_id FROM hub_inboxmessage").fetchall()
    assert set(acknowledged) <= {row[0] for row in held}
    assert len(set(acknowledged)) == len(acknowledged)
    # Of a batch that was refused nothing was taken: thousands came, and only whole ones are there.
    assert sum(row[0] in set(acknowledged) for row in held) % 1000 == 0
    assert processes.wait_for(lambda: hub.send("/readyz")[2]["not_ready"] == [], seconds=120), "they are taken again"
