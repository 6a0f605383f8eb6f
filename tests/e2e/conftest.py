"""A whole installation with its web and worker, a browser, and a receiver of webhooks; all real, all on loopback."""

from __future__ import annotations

import json
import os
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from standardwebhooks.webhooks import Webhook

from tests.servers import Stack

PASSWORD = "correct-horse-7-battery"


@dataclass
class Receiver:
    """Notes every delivery to its URL; what its secret does not verify is refused and noted as ``forged``."""

    url: str
    secret: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    forged: int = 0

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        try:
            Webhook(self.secret).verify(body, headers)
        except Exception:
            self.forged += 1
            return 400
        self.events.append(json.loads(body))
        return 204

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in list(self.events) if event["type"] == kind]


@dataclass
class Receivers:
    """One server, with a receiver behind each path."""

    port: int
    known: dict[str, Receiver] = field(default_factory=dict)

    def make(self, name: str) -> Receiver:
        self.known[f"/{name}"] = made = Receiver(f"http://127.0.0.1:{self.port}/{name}")
        return made


@pytest.fixture(scope="package")
def receivers() -> Iterator[Receivers]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            noted = receivers.known[self.path]
            self.send_response(noted.take(body, {k.lower(): v for k, v in self.headers.items()}))
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    receivers = Receivers(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield receivers
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture(scope="module")
def receiver(receivers: Receivers, request: pytest.FixtureRequest) -> Receiver:
    """The receiver of a file of tests."""
    return receivers.make(request.module.__name__.rpartition(".")[2])


@pytest.fixture(scope="package")
def hub(chromium: str, receivers: Receivers) -> Iterator[Stack]:
    """One installation for all files, which may deliver to the receivers. Each file has customers, people and clients
    of its own, by names that no other uses."""
    with Stack(begun=True, environ={"HUB_DELIVERY_ALLOW": f"127.0.0.1:{receivers.port}"}) as stack:
        yield stack


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    # It ends with this folder: its loop would keep later tests of the process from the database. Chromium refuses its
    # sandbox to root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield found
        found.close()


@dataclass
class Faults:
    """What a page must not do: break the policy, throw, or ask another host."""

    said: list[str] = field(default_factory=list)

    def watch(self, page: Page, home: str) -> None:
        page.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective))"
        )
        page.on("console", lambda m: self.said.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith((home, "data:")) else self.said.append(f"asked {r.url}"))


@pytest.fixture
def faults() -> Iterator[Faults]:
    found = Faults()
    yield found
    assert found.said == []


@pytest.fixture
def page(browser: Browser, hub: Stack, faults: Faults) -> Iterator[Page]:
    context = browser.new_context(base_url=hub.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    opened = context.new_page()
    faults.watch(opened, hub.url)
    yield opened
    context.close()


@contextmanager
def endpoint(hub: Stack, token: str, **wishes: Any) -> Iterator[str]:
    """A webhook endpoint until the block ends, for a client with ``webhooks:manage``; its secret."""
    door = f"{hub.url}/api/v1/webhook-endpoints"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    asked = urllib.request.Request(door, data=json.dumps(wishes).encode(), headers=headers)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        made = json.load(answer)
    yield made["secret"]
    own = f"{door}/{made['endpoint_id']}"
    with urllib.request.urlopen(urllib.request.Request(own, headers=headers), timeout=30) as answer:
        match = {**headers, "If-Match": answer.headers["ETag"]}
    urllib.request.urlopen(urllib.request.Request(own, headers=match, method="DELETE"), timeout=30).close()


def make_user(hub: Stack, name: str, *roles: str) -> None:
    given = [part for role in roles for part in ("--role", role)]
    command = ["create_user", name, "--password-stdin", "--first-name", name.title(), *given]
    made = hub.command(*command, said=f"{PASSWORD}\n")
    assert made.returncode == 0, made.stderr


def sign_in(page: Page, name: str) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith("/admin/") and "login" not in url)
