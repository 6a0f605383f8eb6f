"""The settings of a hub that is on a network: Django's own check, and what browsers are told."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from hub.models import User
from tests.security.signing import PASSWORD
from tests.servers import Servers, outside_environment

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
HOST = "hub.example.com"

# Asks the real settings, middleware and pages, in a process of its own: settings are read once.
_ASK = """
import json, sys, warnings
warnings.simplefilter("error")
warnings.simplefilter("ignore", ResourceWarning)
import django; django.setup()
from django.test import Client
http, out = Client(raise_request_exception=False), []
for method, path, more, form in json.loads(sys.argv[1]):
    answer = getattr(http, method)(path, form, **more)
    cookies = [m.OutputString() for m in answer.cookies.values()]
    out.append([answer.status_code, dict(answer.headers), cookies, answer.getvalue().decode("utf-8", "replace")])
print(json.dumps(out))
"""
_TLS = {"HTTP_HOST": HOST, "HTTP_X_FORWARDED_PROTO": "https"}


@pytest.fixture
def environment(servers: Servers, settings: Any) -> dict[str, str]:
    name = urlsplit(servers.database_url)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return outside_environment(
        DATABASE_URL=name, REDIS_URL=servers.redis_url, HUB_PUBLIC_URL=f"https://{HOST}", HUB_BEHIND_PROXY="1",
        HUB_SECRET_KEY=secrets.token_urlsafe(48), HUB_MASTER_KEY=",".join(settings.HUB_MASTER_KEYS),
        DJANGO_SETTINGS_MODULE="hub.conf.settings",
    )  # fmt: skip


class Answer:
    def __init__(self, said: list[Any]) -> None:
        self.status, self.headers, self.cookies, self.text = said


def ask(environment: dict[str, str], *asked: tuple[str, str, dict[str, str], dict[str, str]]) -> list[Answer]:
    done = subprocess.run(
        [sys.executable, "-c", _ASK, json.dumps(asked)], cwd=ROOT, env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [Answer(one) for one in json.loads(done.stdout.splitlines()[-1])]


def get(path: str, **headers: str) -> tuple[str, str, dict[str, str], dict[str, str]]:
    return "get", path, {**_TLS, **headers}, {}


def test_djangos_own_check_finds_nothing(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"], cwd=ROOT, env=environment,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


def test_cookies_are_of_this_host_over_tls_and_of_no_script(environment: dict[str, str]) -> None:
    User.objects.create_user("alice", password=PASSWORD, is_staff=True)
    form = {"username": "alice", "password": PASSWORD}
    page, entered, home = ask(environment, get("/admin/login/"), ("post", "/admin/login/", _TLS, form), get("/admin/"))
    (token,) = page.cookies
    assert token.startswith("__Host-csrftoken=")
    assert (entered.status, home.status) == (302, 200)
    found = {cookie.partition("=")[0]: cookie for cookie in entered.cookies}
    assert found.keys() == {"__Host-sessionid", "__Host-csrftoken", "__Host-concord_device"}
    for cookie in (token, *found.values()):
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert "SameSite=" in cookie
    for name in ("__Host-sessionid", "__Host-concord_device"):
        assert "HttpOnly" in found[name]


def test_every_answer_says_what_a_browser_may_do_with_it(environment: dict[str, str]) -> None:
    paths = ["/admin/login/", "/admin/", "/stewardship/", "/nowhere", "/api/v1/golden", "/api/v1/nowhere", "/healthz",
             "/oauth/token/", "/api/v1/schema/"]  # fmt: skip
    for path, answer in zip(paths, ask(environment, *map(get, paths)), strict=True):
        said = answer.headers
        policy = dict(part.strip().partition(" ")[::2] for part in said["Content-Security-Policy"].split(";"))
        for name in ("default-src", "script-src", "style-src", "form-action"):
            assert policy[name] == "'self'", (path, name)
        for name in ("object-src", "base-uri", "frame-ancestors"):
            assert policy[name] == "'none'", (path, name)
        assert "upgrade-insecure-requests" in policy
        assert said["X-Content-Type-Options"] == "nosniff"
        assert said["X-Frame-Options"] == "DENY"
        assert said["Referrer-Policy"] == "same-origin"
        assert said["Cross-Origin-Opener-Policy"] == "same-origin"
        assert said["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in said["Permissions-Policy"]
        assert said["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
        assert "Server" not in said
        assert "X-Powered-By" not in said
        if path.startswith(("/admin", "/stewardship", "/api/v1/golden", "/oauth", "/healthz")):
            assert "no-store" in said["Cache-Control"], path


def test_plain_http_is_sent_to_https_and_other_hosts_nowhere(environment: dict[str, str]) -> None:
    plain, evil, forged, door, token = ask(
        environment, ("get", "/admin/login/", {"HTTP_HOST": HOST}, {}), get("/admin/login/", HTTP_HOST="evil.example"),
        get("/api/v1/golden", HTTP_HOST=f"{HOST}.evil.example"), ("get", "/api/v1/golden", {"HTTP_HOST": HOST}, {}),
        ("post", "/oauth/token/", {"HTTP_HOST": HOST}, {"client_id": "x"}),
    )  # fmt: skip
    for answer in (door, token):  # not redirected, or nobody would notice
        assert (answer.status, json.loads(answer.text)["type"]) == (403, "/problems/forbidden")
    assert (plain.status, plain.headers["Location"]) == (301, f"https://{HOST}/admin/login/")
    assert evil.status == forged.status == 400
    assert "evil" not in evil.text + forged.text
    assert json.loads(forged.text)["type"] == "/problems/invalid-request"


def test_an_error_page_tells_nothing(environment: dict[str, str]) -> None:
    paths = [
        "/nowhere/alice.ashworth@example.com", "/admin/%00", "/api/v1/messages/%27%22<x>", "/stewardship/reviews/none/",
        "/.env", "/static/../hub/conf/settings.py",
    ]  # fmt: skip
    for path, answer in zip(paths, ask(environment, *map(get, paths)), strict=True):
        assert answer.status in (302, 400, 401, 404), path
        for word in ("ashworth", "Traceback", "urlpatterns", "hub.conf", "DEBUG", "site-packages", "<x>", "HUB_SECRET"):
            assert word not in answer.text, path


def test_collected_files_go_to_the_browser_packed(environment: dict[str, str], tmp_path: Path) -> None:
    gathered, sheet = {**environment, "HUB_STATIC_ROOT": str(tmp_path / "static")}, "unfold/css/styles.css"
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"], cwd=ROOT, env=gathered,
        check=True, timeout=120,
    )  # fmt: skip
    (answer,) = ask(gathered, get(f"/static/{sheet}", HTTP_ACCEPT_ENCODING="gzip"))
    assert (answer.status, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert int(answer.headers["Content-Length"]) < (tmp_path / "static" / sheet).stat().st_size / 4
