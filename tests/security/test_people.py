"""Accounts in the administration: who may change whose, that nobody raises themselves, and that it is written down."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from hub import keyring
from hub.models import AuditEntry, User
from hub.roles import create_roles
from tests.security.signing import OTHER, PASSWORD, enter, inside

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


@pytest.fixture
def http(db: None, quick_hashes: None) -> Client:
    """Somebody who may make users and is no superuser."""
    keyring.forget_all()
    create_roles()
    manager = User.objects.create_user("mona", password=PASSWORD, is_staff=True)
    manager.user_permissions.add(Permission.objects.get(codename="manage_users", content_type__app_label="hub"))
    made = Client()
    assert enter(made, "mona").status_code == 302
    return made


def test_a_superuser_is_changed_by_a_superuser_alone(http: Client) -> None:
    root = User.objects.create_superuser("root", password=PASSWORD)
    before = User.objects.filter(pk=root.pk).values().get()
    form = {"username": "root", "password1": OTHER, "password2": OTHER, "usable_password": "true"}
    for path in (f"/admin/hub/user/{root.pk}/change/", f"/admin/hub/user/{root.pk}/password/"):
        assert http.post(path, form).status_code == 403
    assert http.post("/admin/hub/user/add/", {**form, "username": "x", "is_superuser": "on"}).status_code == 302
    assert User.objects.filter(pk=root.pk).values().get() == before
    assert not User.objects.get(username="x").is_superuser


def test_nobody_gives_themselves_more_than_roles(http: Client) -> None:
    mona = User.objects.get(username="mona")
    form = {"username": "mona", "is_active": "on", "is_superuser": "on", "is_staff": "on", "second_factor": "x",
            "user_permissions": [str(p.pk) for p in Permission.objects.all()[:5]],
            "groups": [str(Group.objects.get(name="auditor").pk)]}  # fmt: skip
    assert http.post(f"/admin/hub/user/{mona.pk}/change/", form).status_code == 302
    mona = User.objects.get(username="mona")
    assert not mona.is_superuser
    assert [p.codename for p in mona.user_permissions.all()] == ["manage_users"]
    assert bytes(mona.second_factor) == b""
    note = AuditEntry.objects.filter(action="user.changed").latest("id")
    assert (note.actor, note.subject) == (f"user:{mona.pk}", f"user:{mona.pk}")
    assert "groups" in str(note.detail).lower()


def test_a_password_that_somebody_set_is_written_down_and_ends_sessions(http: Client) -> None:
    bob = User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    his = Client()
    enter(his, "bob")
    form = {"password1": OTHER, "password2": OTHER, "usable_password": "true"}
    assert http.post(f"/admin/hub/user/{bob.pk}/password/", form).status_code == 302
    assert not inside(his)
    assert AuditEntry.objects.filter(action="user.changed", subject=f"user:{bob.pk}").count() == 1
    assert OTHER not in str(list(AuditEntry.objects.values()))


def test_the_present_password_is_not_guessed_where_it_is_changed(http: Client) -> None:
    form = {"new_password1": OTHER, "new_password2": OTHER}
    for _ in range(5):
        assert http.post("/admin/password_change/", {**form, "old_password": "guess"}).status_code == 200
    answer = http.post("/admin/password_change/", {**form, "old_password": PASSWORD}, follow=True)
    assert "Too many attempts" in answer.content.decode()
    assert User.objects.get(username="mona").check_password(PASSWORD)


@pytest.mark.parametrize(
    "password", ["short", "password1234", "mona-and-12345678", "93715048261937", "My-Concord-2026!"]
)
def test_weak_passwords_are_refused(http: Client, password: str) -> None:
    form = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    assert http.post("/admin/password_change/", form).status_code == 200
    assert User.objects.get(username="mona").check_password(PASSWORD)
