"""Names that are programs, through every door and onto every page; and a bird that must sing nowhere else.

What people and systems send is shown as it is: nothing of it runs in a browser, a template or a statement. And nothing
of it comes to rest in logs, in Valkey, in metrics, or in what an error says.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import re
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PASSWORD, Faults, Receiver, endpoint, make_user, sign_in
from tests.e2e.looks import violations
from tests.servers import Stack

pytestmark = pytest.mark.browser

BIRD = "kanarienvogel"
PHONE = "+442079460777"
SINGS = (BIRD, "79460777", "7946 0777")
HOSTILE = {
    "script": "<script>window.pwned=1</script>",
    "image": "<img src=x onerror=window.pwned=1>",
    "attribute": '" onmouseover="window.pwned=1" x="',
    "template": "{{ 7191*7 }}{% debug %}${7191*7}#{7191*7}",
    "sql": "'; DROP TABLE hub_user; --",
    "alpine": "x-init=window.pwned=1 @click=window.pwned=1",
    "link": "javascript:window.pwned=1",
    "nul": "\u202egnp.exe\u2028\u200b",
}
SCOPES = ("records:write", "golden:read", "resolve", "events:read", "consents:write", "consents:read",
          "judgements:write", "reviews:write", "privacy", "webhooks:manage")  # fmt: skip


class Web:
    """The API, by a client that may do everything. Errors are answers too."""

    def __init__(self, hub: Stack) -> None:
        self.port = hub.port
        self.filed = ""  # the privacy request that is asked for
        arguments = [part for scope in SCOPES for part in ("--scope", scope)]
        made = json.loads(
            hub.command("create_client", "hostile", *arguments, "--source", "*", "--json").stdout.splitlines()[-1]
        )
        form = urllib.parse.urlencode({"grant_type": "client_credentials", **made}).encode()
        answer = self.ask("POST", "/oauth/token/", form, {"Content-Type": "application/x-www-form-urlencoded"})
        self.token = answer[1]["access_token"]

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        token = {"Authorization": f"Bearer {self.token}"} if hasattr(self, "token") else {}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, data, {"Content-Type": "application/json", **token, **(headers or {})})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text.decode("utf-8", "replace")


def person(source_id: str, nasty: str, **more: Any) -> dict[str, Any]:
    return {
        "source_id": source_id, "name": {"given": f"{BIRD} {nasty}", "family": nasty, "full": None},
        "organisation": {"name": nasty}, "emails": [{"value": f"{BIRD}-{source_id}@example.com"}],
        "phones": [{"value": PHONE}], "addresses": [{"street": nasty, "city": nasty, "country": "GB"}],
        "attributes": {"note": nasty, nasty[:30]: "x"}, "occurred_at": "2026-01-02T09:00:00Z", **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def web(hub: Stack) -> Web:
    return Web(hub)


@pytest.fixture(scope="module")
def goldens(hub: Stack, web: Web, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Golden ids of customers with these names, each come in by another door."""
    with endpoint(hub, web.token, url=receiver.url, description=HOSTILE["script"]) as receiver.secret:
        names = list(HOSTILE.items())
        for key, nasty in names[:4]:
            assert web.ask("POST", "/api/v1/sources/crm/records", person(f"{BIRD}@{key}", nasty))[0] == 202
        batch = "\n".join(json.dumps(person(f"{BIRD}/{key}", nasty)) for key, nasty in names[4:])
        kind = {"Content-Type": "application/x-ndjson"}
        assert web.ask("POST", "/api/v1/sources/loyalty/records/batch", batch.encode(), kind)[1]["accepted"] == 4
        secret = json.loads(hub.command("source_secret", "ecommerce", "--json").stdout.splitlines()[-1])["secret"]
        body = json.dumps({"id": 7, "first_name": HOSTILE["image"], "last_name": BIRD, "note": HOSTILE["template"],
                           "email": f"{BIRD}@example.com", "updated_at": "2026-01-02T09:00:00Z"}).encode()  # fmt: skip
        signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
        topic = "/api/v1/sources/ecommerce/webhooks/customers/update"
        assert web.ask("POST", topic, body, {"X-Shopify-Hmac-Sha256": signature})[0] == 202
        file: Path = tmp_path_factory.mktemp("hostile") / "pos.ndjson"
        file.write_text(json.dumps({"source_system": "pos", **person(f"{BIRD}-9", HOSTILE["sql"])}) + "\n")
        assert hub.command("load", str(file)).returncode == 0
        pairs = [("crm", f"{BIRD}@{key}") for key, _ in names[:4]]
        pairs += [("loyalty", f"{BIRD}/{key}") for key, _ in names[4:]]
        pairs += [("ecommerce", "7"), ("pos", f"{BIRD}-9")]
        wanted = {"records": [{"source_system": system, "source_id": source_id} for system, source_id in pairs]}
        found: set[str | None] = {None}
        until = time.monotonic() + 60
        while None in found and time.monotonic() < until:
            items = web.ask("POST", "/api/v1/crosswalk/lookup", wanted)[1]["items"]
            found = {item["golden_id"] for item in items}
            time.sleep(0.1)
        assert None not in found
        assert len(found) >= 2  # those who share a phone and a name may be one
        yield sorted(str(golden) for golden in found)


@pytest.fixture(scope="module")
def asked(web: Web, goldens: list[str]) -> list[tuple[int, Any]]:
    """What other doors say, where people type; and every kind of refusal. The refusals' answers are given."""
    golden, nasty = f"/api/v1/golden/{goldens[0]}", f"{BIRD} {HOSTILE['script']}"
    pin = {"attribute": "name", "value": {"given": nasty, "family": nasty}, "reason": nasty}
    assert web.ask("POST", f"{golden}/pins", pin)[0] == 201
    consent = {"purpose": "marketing", "channel": "email", "contact_point": f"{BIRD}@example.com", "state": "granted",
               "captured_at": "2026-01-02T09:00:00Z", "proof": nasty}  # fmt: skip
    web.ask("POST", f"{golden}/consents", consent)
    filed = {"kind": "access", "golden_id": goldens[0], "jurisdiction": "EU", "reference": nasty}
    status, request = web.ask("POST", "/api/v1/privacy-requests", filed)
    assert status == 202
    web.filed = request["request_id"]
    addresses = [e for g in goldens for e in web.ask("GET", f"/api/v1/golden/{g}")[1].get("crosswalk", [])][:2]
    a, b = (f"{entry['source_system']}:{entry['source_id']}" for entry in addresses)
    web.ask("POST", "/api/v1/judgements", {"a": a, "b": b, "judgement": "unsure", "reason": nasty})
    quoted, bad = urllib.parse.quote(f"{BIRD}@example.com"), {"name": {"given": nasty}, "emails": BIRD}
    refused = [
        web.ask("GET", f"/api/v1/crosswalk/crm/{quoted}"), web.ask("GET", f"/api/v1/{quoted}"),
        web.ask("GET", f"/{quoted}"), web.ask("GET", f"/api/v1/golden/{quoted}"),
        web.ask("GET", f"/api/v1/golden?cursor={quoted}"), web.ask("GET", f"/api/v1/events?after={quoted}"),
        web.ask("GET", f"/api/v1/explanation?a=crm:{quoted}&b=pos:{quoted}"),
        web.ask("POST", "/api/v1/sources/crm/records", bad), web.ask("POST", "/api/v1/resolve", bad),
        web.ask("POST", "/api/v1/sources/crm/records", f'{{"source_id": "{BIRD}"'.encode()),
        web.ask("POST", "/api/v1/sources/crm/records", f'{{"source_id": NaN, "x": "{BIRD}"}}'.encode()),
        web.ask("POST", f"/api/v1/sources/{quoted}/records", bad),
        web.ask("POST", "/api/v1/golden/search", {BIRD: "x"}),
        web.ask("POST", "/api/v1/judgements", {"a": f"crm:{BIRD}-none", "b": f"pos:{BIRD}", "judgement": "same"}),
        web.ask("POST", f"/api/v1/sources/ecommerce/webhooks/{quoted}", bad),
        web.ask("GET", "/api/v1/golden", None, {"Authorization": f"Bearer {BIRD}"}),
        web.ask("POST", "/api/v1/sources/crm/records", person("1", BIRD), {"Idempotency-Key": f"{BIRD}@{BIRD} x" * 99}),
        web.ask("PATCH", f"/api/v1/golden/{quoted}"),
        web.ask("GET", "/api/v1/golden", None, {"Host": f"{BIRD}.example"}),
    ]  # fmt: skip
    assert web.ask("POST", "/api/v1/golden/search", {"query": BIRD})[0] == 200
    assert web.ask("POST", "/api/v1/resolve", {"name": {"given": BIRD, "family": "x"}})[0] == 200
    return refused


def test_no_page_runs_what_it_shows(
    hub: Stack, web: Web, goldens: list[str], asked: Any, page: Page, faults: Faults
) -> None:
    make_user(hub, "dora", "lead", "privacy", "operator", "configurer", "auditor")
    sign_in(page, "dora")
    page.on("dialog", lambda dialog: faults.said.append(f"dialog {dialog.message}"))
    lists = [f"/admin/hub/{name}/" for name in ("goldenrecord", "inboxmessage", "outboxevent", "endpoint", "delivery",
                                                 "sourcesystem", "auditentry")]  # fmt: skip
    paths = ["/admin/", "/stewardship/", "/stewardship/requests/", "/stewardship/policy/", *lists]
    shown = ""
    for path in paths:
        page.goto(path)
        shown += looked_at(page)
    for golden in goldens:
        page.goto(f"/stewardship/golden/{golden}/")
        page.locator("#reveal-all").click()
        expect(page.locator("#golden")).to_contain_text("7191*7" if "7191" in page.content() else "")
        shown += looked_at(page)
    page.goto("/stewardship/requests/")
    page.locator(f"a[href*='{web.filed}']").first.click()
    shown += looked_at(page)
    page.goto("/stewardship/")
    page.keyboard.press("/")
    page.keyboard.type(BIRD)
    page.get_by_role("link", name=re.compile(BIRD, re.IGNORECASE)).first.wait_for()
    shown += looked_at(page)
    # They were there to be seen, as text.
    for nasty in ("<script>", "onerror", "{{ 7191*7 }}", "DROP TABLE"):
        assert nasty in shown, nasty


def looked_at(page: Page) -> str:
    """The page's text, once it has settled; nothing of what it shows ran."""
    page.wait_for_load_state("networkidle")
    text = page.locator("body").inner_text()
    assert page.evaluate("window.pwned") is None
    assert str(7191 * 7) not in text
    assert page.locator("script:not([src])").count() == 0
    return text


def test_refusals_do_not_repeat_what_was_sent(asked: list[tuple[int, Any]]) -> None:
    for status, said in asked:
        assert 400 <= status < 500, said
        assert not sung(json.dumps(said)), said


def sung(text: str) -> list[str]:
    lower = text.lower()
    return [note for note in SINGS if note in lower]


def test_nothing_personal_rests_in_logs_valkey_or_metrics(
    hub: Stack, web: Web, goldens: list[str], asked: Any, receiver: Receiver
) -> None:
    until = time.monotonic() + 30
    while not receiver.events and time.monotonic() < until:
        time.sleep(0.2)
    assert receiver.events
    status, metrics = web.ask("GET", "/metrics")
    assert status == 200
    assert not sung(str(metrics))
    logs = [file for file in hub.state.log("web").parent.rglob("*") if file.is_file()]
    assert len(logs) >= 3
    written = b"".join(file.read_bytes() for file in logs)
    assert b"/api/v1/crosswalk/{system}/{source_id}" in written  # they are written, by templates of routes
    assert not [line for line in written.decode("utf-8", "replace").splitlines() if sung(line)]
    store = redis.Redis.from_url(hub.runtime()["REDIS_URL"])
    kept = b"".join(name + (store.dump(name) or b"") for name in store.scan_iter())
    store.close()
    folder = hub.state.log("web").parent.parent / "valkey"
    kept += b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert kept
    assert not sung(kept.decode("utf-8", "replace"))


def test_a_second_factor_is_set_up_in_a_browser(hub: Stack, page: Page, faults: Faults) -> None:
    make_user(hub, "erin", "steward")
    sign_in(page, "erin")
    page.goto("/admin/second-factor/")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set one up").click()
    key = page.locator("code.key").inner_text().replace(" ", "")
    assert violations(page) == []
    page.get_by_label("Code").fill(code(hub, key, 0))
    page.get_by_role("button", name="Set it up").click()
    expect(page.locator(".recovery li")).to_have_count(10)
    assert violations(page) == []
    page.context.clear_cookies()
    page.goto("/admin/login/")
    assert violations(page) == []
    page.get_by_label("Username").fill("erin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code").fill(code(hub, key, 30))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    expect(page.get_by_text("Good to see you")).to_be_visible()


def code(hub: Stack, key: str, later: int) -> str:
    program = (
        "import base64, sys, time\n"
        "from cryptography.hazmat.primitives.hashes import SHA1\n"
        "from cryptography.hazmat.primitives.twofactor.totp import TOTP\n"
        f"print(TOTP(base64.b32decode('{key}'), 6, SHA1(), 30).generate(time.time() + {later}).decode())\n"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
