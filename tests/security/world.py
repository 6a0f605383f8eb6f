"""A small hub with something behind every door: customers of two brands, a doubt, requests, an endpoint, people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.utils import timezone

from connectors.outbound import endpoints
from connectors.outbound.fanout import fan_out
from hub import policies
from hub.management.commands.create_client import create as create_client
from hub.models import (
    ApiClient,
    AuditEntry,
    Delivery,
    Endpoint,
    GoldenRecord,
    InboxMessage,
    MatchModelVersion,
    OutboxEvent,
    PolicyVersion,
    Review,
    SourceSystem,
    User,
)
from hub.roles import ROLES, create_roles, give_role
from hub.scopes import SCOPES
from tests.integration.api.conftest import Caller, person, someone_else, taken, token_for
from tests.integration.stewardship.conftest import alicia, doubt

SECRET = "shpss_of_the_webshop"
# What of Alice must reach nobody who may not see her.
PERSONAL = ("Ashworth", "alice.ashworth", "1984-03-12", "7946 0991", "79460991", "Linden Road")


_SHOWN: dict[str, Any] = {
    "audit": AuditEntry, "message": InboxMessage, "event": OutboxEvent, "endpoint": Endpoint, "delivery": Delivery,
    "source": SourceSystem, "model": MatchModelVersion,
}  # fmt: skip


@dataclass
class World:
    """The objects, by the names that paths and bodies of the tables use in braces."""

    named: dict[str, Any] = field(default_factory=dict)

    def filled(self, text: str) -> str:
        return text.format_map(self.named)

    def body(self, given: Any) -> Any:
        """``given`` with every text in it filled."""
        if isinstance(given, dict):
            return {self.body(key): self.body(value) for key, value in given.items()}
        if isinstance(given, list):
            return [self.body(value) for value in given]
        return self.filled(given) if isinstance(given, str) else given


def build() -> World:
    """In the present transaction of both databases."""
    doubt()
    _no_values_leave_for_the_states()
    create_roles()
    for code in ("crm", "pos", "erp"):
        SourceSystem.objects.get_or_create(code=code, defaults={"name": code, "kind": code})
    SourceSystem.objects.filter(code__in=("crm", "pos")).update(region="DE")
    SourceSystem.objects.get_or_create(code="outlet", defaults={"kind": "pos", "scope": "brand-b"})
    shop, _ = SourceSystem.objects.update_or_create(
        code="ecommerce", defaults={"kind": "ecommerce", "connector": "shopify"}
    )
    shop.take_secret(SECRET, now=timezone.now())
    shop.save()
    world = World()
    (world.named["message"],) = taken("crm", person("1"))
    (world.named["message_of_pos"],) = taken("pos", alicia("9"))
    taken("outlet", someone_else("5"))
    taken("erp", someone_else("3"))
    _ask(world)
    return world


_RELEASE = """
release:
  regions: {EU: [DE, FR]}
  rules:
    - {from: [EU], to: [US], release: never}
    - {to: ["*"], release: always}
"""


def _no_values_leave_for_the_states() -> None:
    policies.take_shipped()
    held = PolicyVersion.objects.get(active=True)
    PolicyVersion.objects.update(active=False)
    document = held.document.replace(f"name: {held.name}", "name: regions-1") + _RELEASE
    PolicyVersion.objects.create(name="regions-1", document=document, active=True, activated_at=timezone.now())


def _ask(world: World) -> None:
    """What is made through the doors themselves, by a client that may do everything."""
    channel, named = caller(sorted(SCOPES)), world.named
    golden = channel.get("/api/v1/crosswalk/crm/1").json()["golden_id"]
    named["golden"] = golden
    named["other_golden"] = channel.get("/api/v1/crosswalk/outlet/5").json()["golden_id"]
    named["review"] = Review.objects.get(state=Review.State.OPEN).public_id
    pin = {"attribute": "name", "value": {"given": "Alyce", "family": "Ashworth"}, "reason": "called"}
    named["pin"] = _made(channel.post(f"/api/v1/golden/{golden}/pins", pin))["pin_id"]
    ask = {"kind": "access", "golden_id": golden, "jurisdiction": "EU"}
    named["request"] = _made(channel.post("/api/v1/privacy-requests", ask))["request_id"]
    hold = {"kind": "restriction", "golden_id": named["other_golden"], "jurisdiction": "EU"}
    named["restriction"] = _made(channel.post("/api/v1/privacy-requests", hold))["request_id"]
    answer = channel.post("/api/v1/judgements", {"a": "crm:1", "b": "erp:3", "judgement": "different"})
    named["judgement"] = _made(answer)["judgement_id"]
    held, _secret = endpoints.create(endpoints.Wishes(url="https://example.com/hook"))
    taken("erp", someone_else("4"))
    named["endpoint"] = held.public_id
    fan_out()
    named["delivery"] = Delivery.objects.order_by("pk")[0].public_id
    for name, model in _SHOWN.items():
        named[f"{name}_pk"] = model.objects.order_by("pk")[0].pk
    named["golden_pk"] = GoldenRecord.objects.get(public_id=golden).pk
    named["policy"] = PolicyVersion.objects.get(active=True).name
    named["user_pk"] = User.objects.create_user("somebody").pk


def _made(answer: Any) -> dict[str, Any]:
    assert answer.status_code in (201, 202), answer.content
    made: dict[str, Any] = answer.json()
    return made


def caller(scopes: list[str], *, sources: list[str] | None = None, **more: Any) -> Caller:
    """A client with a token; ``more`` are further columns of ``ApiClient``."""
    http = Client(raise_request_exception=False)
    made = create_client(name="one of the matrix", scopes=scopes, sources=["*"] if sources is None else sources)
    if more:
        ApiClient.objects.filter(application__client_id=made["client_id"]).update(**more)
    return Caller(http, token_for(http, made).json()["access_token"], made["client_id"])


def people() -> dict[str, Client]:
    """A browser for each role, for somebody without one, and for somebody who may do everything; the last is nobody."""
    found: dict[str, Client] = {}
    for role in (*ROLES, "no role", "superuser"):
        user = User.objects.create_user(
            role.replace(" ", "-") + "-of-the-matrix", is_staff=True, is_superuser=role == "superuser"
        )
        if role in ROLES:
            give_role(user=user, role=role)
        found[role] = Client(raise_request_exception=False)
        found[role].force_login(user)
    found["nobody"] = Client(raise_request_exception=False)
    return found
