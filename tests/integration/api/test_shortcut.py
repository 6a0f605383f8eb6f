"""The short way answers just what the doors answer, and leaves to them whatever is not plain."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from hub.api.shortcut import Shortcut
from hub.audit import reads
from hub.models import ApiClient, AuditEntry, PolicyVersion, Restriction, SourceSystem
from hub.pressure import age
from tests.integration.api.conftest import Caller, person, someone_else
from tests.integration.api.test_release import RELEASE

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

Answer = tuple[str, dict[str, str], bytes]


class Ways:
    """A request by both ways; ``long`` counts how often the short way did not answer."""

    def __init__(self) -> None:
        self.django = WSGIHandler()
        self.long = 0
        self.short = Shortcut(self._counted)

    def _counted(self, environ: dict[str, Any], start: Any) -> Any:
        self.long += 1
        return self.django(environ, start)

    def ask(self, app: Any, path: str, token: str = "", method: str = "GET", **more: str) -> Answer:
        route, _, query = path.partition("?")
        said: list[Any] = []
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": route, "QUERY_STRING": query, "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000", "HTTP_HOST": "127.0.0.1:8000",
            "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(), "wsgi.url_scheme": "http",
            "REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": f"Bearer {token}", **more,
        }  # fmt: skip
        answer = app(environ, lambda status, headers, exc=None: said.extend((status, headers)))
        content = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        return said[0], {name.lower(): value for name, value in said[1]}, content

    def same(self, path: str, token: str, **more: str) -> Answer:
        """The answer of the short way, which took it and said what the long one says."""
        before = self.long
        short = self.ask(self.short, path, token, **more)
        assert self.long == before, short
        assert short == self.ask(self.django, path, token, **more)
        return short

    def left(self, path: str, token: str = "", **more: str) -> Answer:
        """The answer to a request that the short way leaves alone."""
        before = self.long
        answer = self.ask(self.short, path, token, **more)
        assert self.long == before + 1, answer
        return answer


@pytest.fixture
def ways() -> Ways:
    return Ways()


@pytest.fixture
def golden_id(channel: Caller, take: Callable[..., list[str]]) -> str:
    take("crm", person("1"))
    take("pos", person("9", attributes={"weight": 1e22, "ratio": 0.1, "long": 12345678901234567890123}))
    found: str = channel.get("/api/v1/crosswalk/crm/1").json()["golden_id"]
    return found


def change(client: Caller, **columns: Any) -> None:
    ApiClient.objects.filter(application__client_id=client.client_id).update(**columns)


@pytest.mark.parametrize(
    "columns",
    [{}, {"masked": ["emails", "crosswalk"]}, {"hidden": ["attributes.*", "crosswalk"]}, {"within": ["main"]}],
)
def test_both_ways_say_the_same(columns: dict[str, Any], ways: Ways, caller: Any, golden_id: str) -> None:
    client = caller("golden:read")
    change(client, **columns)
    status, headers, _ = ways.same(f"/api/v1/golden/{golden_id}", client.token)
    assert status == "200 OK"
    for path in ("/api/v1/crosswalk/crm/1", "/api/v1/crosswalk/pos/9"):
        entry = ways.same(path, client.token)
        assert entry[0] == "200 OK"
        assert ways.same(path, client.token, HTTP_IF_NONE_MATCH=entry[1]["etag"])[0][:3] == "304"
    tag = headers["etag"]
    for validator in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        assert ways.same(f"/api/v1/golden/{golden_id}", client.token, HTTP_IF_NONE_MATCH=validator)[0][:3] == "304"
    for validator in ('"x"', "x", tag.strip('"')):
        assert ways.same(f"/api/v1/golden/{golden_id}", client.token, HTTP_IF_NONE_MATCH=validator)[0][:3] == "200"


def test_what_is_not_plain_is_left_to_the_doors(
    ways: Ways, channel: Caller, caller: Any, golden_id: str, take: Any
) -> None:
    path, token = f"/api/v1/golden/{golden_id}", channel.token
    assert ways.left(f"{path}?expand=provenance", token)[0] == "200 OK"
    assert ways.left(path, token, method="HEAD")[0] == "200 OK"
    assert ways.left(path, token, HTTP_HOST="elsewhere.example")[0][:3] == "400"
    assert ways.left(path, "nobody")[0][:3] == "401"
    assert ways.left(path, caller("resolve").token)[0][:3] == "403"
    assert ways.left("/api/v1/golden/gr_00000000000000000000000000", token)[0][:3] == "404"
    assert ways.left("/api/v1/golden/gr_x", token)[0][:3] == "404"
    assert ways.left("/api/v1/crosswalk/crm/none", token)[0][:3] == "404"
    assert ways.left("/api/v1/crosswalk/crm/a%20b".replace("%20", " "), token)[0][:3] == "404"
    assert ways.left(path, token, HTTP_COOKIE="a=b")[0] == "200 OK"
    assert ways.left("/healthz")[0] == "200 OK"
    stranger = caller("golden:read")
    SourceSystem.objects.filter(code="erp").update(scope="other")
    change(stranger, within=["other"])
    assert ways.left(path, stranger.token)[0][:3] == "404"
    assert ways.left("/api/v1/crosswalk/crm/1", stranger.token)[0][:3] == "404"


def test_what_changes_counts_at_once(ways: Ways, caller: Any, golden_id: str) -> None:
    client, path = caller("golden:read"), f"/api/v1/golden/{golden_id}"
    ways.same(path, client.token)
    change(client, masked=["birth_date"])
    assert b"1984-03" not in ways.same(path, client.token)[2]
    change(client, scopes=["resolve"])
    assert ways.left(path, client.token)[0][:3] == "403"
    change(client, scopes=["golden:read"], masked=[])
    assert b"1984-03" in ways.same(path, client.token)[2]
    get_access_token_model().objects.update(expires=timezone.now())
    assert ways.left(path, client.token)[0][:3] == "401"


def test_the_policy_and_a_restriction_count_at_once(ways: Ways, channel: Caller, golden_id: str) -> None:
    path = f"/api/v1/golden/{golden_id}"
    ways.same(path, channel.token)
    asked = channel.post("/api/v1/privacy-requests", {"kind": "restriction", "golden_id": golden_id}).json()
    assert ways.left(path, channel.token)[0][:3] == "451"
    Restriction.objects.update(lifted_at=timezone.now())
    assert asked["request_id"]
    ways.same(path, channel.token)
    document = PolicyVersion.objects.get(active=True).document
    PolicyVersion.objects.filter(active=True).update(document=document + RELEASE)
    assert ways.left(path, channel.token)[0] == "200 OK"


def test_who_was_read_is_written_down_and_the_budget_holds(
    ways: Ways, caller: Any, golden_id: str, settings: Any
) -> None:
    client, path = caller("golden:read"), f"/api/v1/golden/{golden_id}"
    reads.reads.write()
    ways.ask(ways.short, path, client.token)
    ways.ask(ways.short, path, client.token, HTTP_IF_NONE_MATCH="*")
    assert reads.reads.write() == 1
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.subject, entry.detail["golden_ids"]) == ("profiles.read", client.client_id, [golden_id])
    assert entry.detail["reads"] == 1
    change(client, rate="reads=1:2")
    settings.HUB_RATE_LIMIT = "reads=100:100,writes=1:1,rows=1:1,vendors=1:1,tokens=20:500,failures=1:60"
    for _ in range(2):
        status, headers, _ = ways.ask(ways.short, path, client.token)
        assert status == "200 OK"
        assert headers["ratelimit-policy"] == '"reads";q=2;w=2'
    before = ways.long
    status, headers, content = ways.ask(ways.short, path, client.token)
    assert (status[:3], ways.long) == ("429", before)
    assert headers["retry-after"]
    assert b"rate-limited" in content


def test_records_of_two_customers_are_told_apart(ways: Ways, channel: Caller, golden_id: str, take: Any) -> None:
    take("crm", someone_else("2"))
    one, two = (ways.same(f"/api/v1/crosswalk/crm/{n}", channel.token)[2] for n in ("1", "2"))
    assert one != two


@pytest.fixture
def late() -> Iterator[None]:
    """A message has waited for twelve seconds."""
    age.say(12.2)
    yield
    age.say(0.0)


def test_both_ways_say_how_old_what_they_tell_may_be(ways: Ways, channel: Caller, golden_id: str, late: None) -> None:
    path = f"/api/v1/golden/{golden_id}"
    assert ways.same(path, channel.token)[1]["age"] == "12"
    assert channel.get("/api/v1/golden")["Age"] == "12"
    assert "Age" not in channel.get("/api/v1/golden/gr_00000000000000000000000000")
    age.say(age.USUAL_SECONDS)
    assert "age" not in ways.same(path, channel.token)[1]
