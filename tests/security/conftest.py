"""One small hub for the tests of a file, in a transaction that is never committed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.test import Client

from hub import keyring, ports
from hub.audit.reads import reads
from hub.models import User
from hub.stages import model as models
from tests.security import world as worlds
from tests.security.signing import PASSWORD, enter


@pytest.fixture(scope="module")
def world(servers: Any, django_db_setup: None, django_db_blocker: Any) -> Iterator[worlds.World]:
    """Made once for all cells of a matrix; what a test does is undone at its end."""
    doorbell, hashers = list(ports._doorbell), django_settings.PASSWORD_HASHERS
    with django_db_blocker.unblock(), transaction.atomic(), transaction.atomic(using="keystore"):
        keyring.forget_all()
        ports._doorbell.clear()
        # Many clients are made; how a secret is hashed is none of their business.
        django_settings.PASSWORD_HASHERS = [
            "django.contrib.auth.hashers.MD5PasswordHasher",
            "hub.hashers.RandomSecretHasher",
        ]
        try:
            yield worlds.build()
        finally:
            django_settings.PASSWORD_HASHERS = hashers
            ports._doorbell.extend(doorbell)
            transaction.set_rollback(True)
            transaction.set_rollback(True, using="keystore")
    keyring.forget_all()
    models.version.cache_clear()


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """Keys and reads of what a test did, which is undone at its end."""
    yield
    keyring.forget_all()
    reads.forget()


@pytest.fixture
def quick_hashes(settings: Any) -> None:
    """How passwords are hashed is none of these tests' business."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def alice(db: None, quick_hashes: None) -> User:
    """Somebody of the desk without a role."""
    keyring.forget_all()
    return User.objects.create_user("alice", password=PASSWORD, is_staff=True)


@pytest.fixture
def http(alice: User) -> Client:
    """Her browser, signed in."""
    made = Client()
    assert enter(made).status_code == 302
    return made
