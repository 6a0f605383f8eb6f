"""Who and what the demo needs before records flow: people, a client, shared secrets, an endpoint."""

from __future__ import annotations

import json
import secrets

from django.db import transaction
from django.utils import timezone

from connectors.management.demo.kept import Kept
from connectors.management.demo.web import Web
from hub.management.commands.create_client import create as create_client
from hub.models import ApiClient, Endpoint, OutboxEvent, SourceSystem, User
from hub.roles import give_role

# code, connector: as a migration of the hub makes them.
SOURCES = {"crm": "salesforce", "loyalty": "loyaltylion", "ecommerce": "shopify", "pos": "square", "erp": "sap"}
STEWARDS = {"alice": ("Alice", "Ashworth", ("steward",)), "bob": ("Bob", "Okonkwo", ("lead", "operator"))}
SCOPES = ["records:write", "golden:read", "resolve", "events:read", "webhooks:manage", "judgements:write",
          "reviews:write"]  # fmt: skip
RECEIVER = "Demo receiver"


def sources() -> dict[str, SourceSystem]:
    """The five source systems; the webshop gets a secret to sign its webhooks with, unless it has one."""
    for code, connector in SOURCES.items():
        SourceSystem.objects.get_or_create(
            code=code, defaults={"name": code.upper(), "kind": code, "connector": connector}
        )
    shop = SourceSystem.objects.get(code="ecommerce")
    if not shop.webhook_secret:
        shop.take_secret(secrets.token_hex(24), now=timezone.now())
        shop.save()
    return {source.code: source for source in SourceSystem.objects.filter(code__in=SOURCES)}


def stewards(kept: Kept) -> None:
    """Two people who may sign in. A password that was changed meanwhile is set back."""
    for name, (given, family, roles) in STEWARDS.items():
        password = kept.password(name)
        with transaction.atomic():
            user, _ = User.objects.get_or_create(username=name)
            user.first_name, user.last_name, user.is_staff, user.is_active = given, family, True, True
            if not user.check_password(password):
                user.set_password(password)
            user.save()
            for role in roles:
                give_role(user=user, role=role)


def client(kept: Kept) -> None:
    """An OAuth2 client; its secret is known to the demo alone, so a hub that has forgotten it gets a new one."""
    known = ApiClient.objects.filter(application__client_id=kept.client.get("client_id", "")).first()
    if known is None:
        kept.client = create_client(name="demo", scopes=SCOPES, sources=["*"])
    elif sorted(known.scopes) != sorted(SCOPES):
        known.scopes = sorted(SCOPES)
        known.save(update_fields=["scopes"])


def endpoint(web: Web, kept: Kept, *, url: str) -> Endpoint:
    """The endpoint of the demo's receiver, made through the API; the same one whenever the demo is run."""
    found = Endpoint.objects.filter(description=RECEIVER).order_by("id").first()
    if found is None:
        kept.events_before = OutboxEvent.objects.exclude(position=None).count()
        kept.write()
        asked = {"url": url, "events": [], "description": RECEIVER}
        made = web.post("/api/v1/webhook-endpoints", json.dumps(asked).encode())
        found = Endpoint.objects.get(public_id=made["endpoint_id"])
    if found.url != url or found.state != Endpoint.State.ACTIVE:
        found.url, found.state = url, Endpoint.State.ACTIVE
        found.save(update_fields=["url", "state"])
    return found
