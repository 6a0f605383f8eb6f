"""A whole installation that a customer came to through every door, and whatever a test asks it by HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hub.scopes import SCOPES
from tests.servers import Stack

SECRET = "shpss_canary"


class Receiver:
    """Takes webhooks and keeps them in memory; ``open`` says whether it answers 200 or 503."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.open = True
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.open:
                    receiver.got.append(json.loads(body))
                self.send_response(200 if receiver.open else 503)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Hub:
    """``ask`` is a client with every scope."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.token = ""

    def begin(self) -> None:
        made = self.manage("create_client", "everything", *[p for s in SCOPES for p in ("--scope", s)], "--source", "*",
                           "--json")  # fmt: skip
        form = {"grant_type": "client_credentials", **json.loads(made.splitlines()[-1])}
        self.token = ""
        self.token = self.ask("/oauth/token/", urllib.parse.urlencode(form).encode(), kind="")[1]["access_token"]

    def manage(self, *arguments: str, said: str | None = None) -> str:
        done = self.stack.command(*arguments, said=said or "")
        assert done.returncode == 0, (arguments, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout

    def ask(self, path: str, body: Any = None, *, kind: str = "application/json", **headers: str) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if kind and data is not None:
            named["Content-Type"] = kind
        if self.token:
            named["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.stack.url + path, data=data, headers=named)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, _read(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, _read(refused)

    def api(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        return self.ask(f"/api/v1{path}", body, **headers)

    def until(self, question: Callable[[], Any], *, seconds: float = 60.0) -> Any:
        """What ``question`` answers once it is true."""
        end = time.monotonic() + seconds
        while not (answer := question()):
            assert time.monotonic() < end, f"not within {seconds} s"
            time.sleep(0.2)
        return answer

    def webhook(self, system: str, topic: str, body: dict[str, Any]) -> tuple[int, Any]:
        raw = json.dumps(body).encode()
        signed = base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode()
        token, self.token = self.token, ""
        try:
            return self.api(f"/sources/{system}/webhooks/{topic}", raw, X_Shopify_Hmac_Sha256=signed,
                            X_Shopify_Triggered_At="2026-03-01T00:00:00Z")  # fmt: skip
        finally:
            self.token = token

    def sql(self, statement: str, *, keys: bool = False) -> list[tuple[Any, ...]]:
        import psycopg

        url = self.stack.runtime()["DATABASE_URL"]
        with psycopg.connect(url.replace("/concord?", "/concord_keys?") if keys else url, autocommit=True) as session:
            cursor = session.execute(statement)
            return cursor.fetchall() if cursor.description else []


def _read(answer: Any) -> Any:
    data = answer.read()
    try:
        return json.loads(data)
    except ValueError:
        return data.decode(errors="replace")


def dump(hub: Hub, out: Path) -> None:
    """A plain ``pg_dump`` of the main database, as anybody may make one."""
    from hub.privacy.backups import find

    url = hub.stack.runtime()["DATABASE_URL"]
    subprocess.run([str(find("pg_dump")), "--format=plain", f"--file={out}", url], check=True, capture_output=True)
