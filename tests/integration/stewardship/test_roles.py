"""Who is let in, and what the lists keep to themselves."""

from __future__ import annotations

import io
import json

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from hub.models import AuditEntry, Judgement, User
from hub.roles import ROLES, create_roles
from tests.integration.stewardship.conftest import SECRETS, alice

pytestmark = pytest.mark.servers

PAGES = {
    "queue": ("stewardship:queue", {"steward", "approver", "lead", "privacy", "configurer"}),
    "golden": ("admin:hub_goldenrecord_changelist", {"steward", "approver", "lead", "privacy", "configurer"}),
    "requests": ("stewardship:requests", {"privacy"}),
    "inbox": ("admin:hub_inboxmessage_changelist", {"operator"}),
    "events": ("admin:hub_outboxevent_changelist", {"operator"}),
    "deliveries": ("admin:hub_delivery_changelist", {"operator"}),
    "receivers": ("deliveries:receivers", {"operator"}),
    "endpoints": ("admin:hub_endpoint_changelist", {"operator"}),
    "policy": ("stewardship:policy", {"configurer"}),
    "models": ("admin:hub_matchmodelversion_changelist", {"configurer"}),
    "audit": ("admin:hub_auditentry_changelist", {"auditor"}),
    "users": ("admin:hub_user_changelist", set()),
}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_role_sees_its_own_pages_and_no_others(role, person):
    _, http = person("Alice", role)
    seen = {name for name, (page, _) in PAGES.items() if http.get(reverse(page)).status_code == 200}
    assert seen == {name for name, (_, roles) in PAGES.items() if role in roles}


def test_who_is_not_signed_in_is_sent_to_sign_in(review):
    answer = Client().get(reverse("stewardship:review", args=[review.public_id]))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("role", ["approver", "auditor", "operator"])
def test_who_may_not_decide_changes_nothing(role, review, person):
    _, http = person("Mallory", role)
    for what in ("decide", "reveal", "hold"):
        answer = http.post(reverse(f"stewardship:{what}", args=[review.public_id]), {"judgement": "same"})
        assert answer.status_code == 403
    assert not Judgement.objects.exists()
    review.refresh_from_db()
    assert review.state == "open"
    assert review.holder_id is None


def test_lists_of_operators_hold_no_personal_data(review, person):
    _, http = person("Olga", "operator")
    message = http.get(reverse("admin:hub_inboxmessage_changelist"))
    first = http.get(reverse("admin:hub_inboxmessage_change", args=[review.record_a.message_id]))
    events = http.get(reverse("admin:hub_outboxevent_changelist"))
    for answer in (message, first, events):
        assert answer.status_code == 200
        assert not [value for value in SECRETS if value in answer.content.decode()]


def test_the_list_leads_nobody_to_a_customer_whom_they_may_not_see(review, person):
    """Before, whoever was signed in learnt a golden id from a row's number, and whether there is such a row."""
    _, http = person("Olga", "operator")
    for number in (review.golden_a_id, 10**9):
        assert http.get(reverse("admin:hub_goldenrecord_change", args=[number])).status_code == 403


def test_the_queue_shows_initials_only(review, steward):
    page = steward.get(reverse("stewardship:queue")).content.decode()
    assert "A•••• A•••••••" in page
    assert not [value for value in SECRETS if value in page]
    assert steward.get(reverse("stewardship:count")).content.decode() == "1 open"


def test_search_gives_twenty_at_most_and_notes_whose_names_were_shown(take, steward):
    take("crm", *[alice(str(n), emails=[], birth_date=None, name={"given": f"Zoe{chr(97 + n)}", "family": "Quinn"})
                  for n in range(25)])  # fmt: skip
    answer = steward.post(reverse("admin:search"), {"s": "quinn"})
    assert answer.content.decode().count("<a href") == 20
    assert "no-store" in answer["Cache-Control"]
    assert len(AuditEntry.objects.get(action="customers.found").detail["golden_ids"]) == 20
    assert "<a href" not in steward.get(reverse("admin:search"), {"s": "quinn"}).content.decode()


def test_create_user(hub_of_doubts, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("correct-horse-7-battery\n"))
    out = io.StringIO()
    call_command("create_user", "alice", "--role", "steward", "--password-stdin", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"user": "alice", "roles": ["steward"], "created": True}
    user = User.objects.get(username="alice")
    assert user.is_staff
    assert not user.is_superuser
    assert user.has_perm("hub.decide")
    assert not user.has_perm("hub.operate")
    assert Client().login(username="alice", password="correct-horse-7-battery")


@pytest.mark.parametrize(
    ("password", "said"), [("\n", "empty"), ("short\n", "at least 12"), ("password1234\n", "common")]
)
def test_create_user_refuses_weak_passwords_and_makes_nobody(hub_of_doubts, monkeypatch, password, said):
    monkeypatch.setattr("sys.stdin", io.StringIO(password))
    with pytest.raises(CommandError, match=said):
        call_command("create_user", "alice", "--role", "steward", "--password-stdin")
    assert not User.objects.filter(username="alice").exists()


def test_roles_are_mended_by_migrating_again(hub_of_doubts):
    group = Group.objects.get(name="steward")
    group.permissions.clear()
    create_roles()
    assert {p.codename for p in group.permissions.all()} == set(ROLES["steward"])
