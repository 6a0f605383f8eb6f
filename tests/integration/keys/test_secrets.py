"""Secrets that are read again: sealed in the main database, bound to their owner, exchanged without a gap."""

from __future__ import annotations

import base64
import io
import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations import RunPython
from django.db.migrations.loader import MigrationLoader

from hub import keyring, secrets
from hub.models import AuditEntry, SourceSystem
from hub.sql import rows

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_a_secret_is_read_again_by_another_process_and_by_its_owner_alone() -> None:
    blob = secrets.keep("whsec_a-ö", of="endpoint we_1")
    assert b"whsec" not in blob
    assert secrets.keep("whsec_a-ö", of="endpoint we_1") != blob
    keyring.forget_all()
    assert secrets.shown(memoryview(blob), of="endpoint we_1") == "whsec_a-ö"
    for other in ("endpoint we_2", "source we_1"):
        with pytest.raises(secrets.Unreadable):
            secrets.shown(blob, of=other)


def test_secrets_outlive_a_rotation_of_master_keys(settings: Any) -> None:
    blob, old = secrets.keep("s", of="source crm"), settings.HUB_MASTER_KEYS
    newer = base64.urlsafe_b64encode(os.urandom(32)).decode()
    try:
        settings.HUB_MASTER_KEYS = [newer, *old]
        keyring.forget_all()
        call_command("rotate_keys", stdout=io.StringIO())
        settings.HUB_MASTER_KEYS = [newer]
        keyring.forget_all()
        assert secrets.shown(blob, of="source crm") == "s"
    finally:  # these keys are rows of no model: they outlive the test's tables
        settings.HUB_MASTER_KEYS = [*old, newer]
        keyring.forget_all()
        call_command("rotate_keys", stdout=io.StringIO())
        settings.HUB_MASTER_KEYS = old
        keyring.forget_all()


def test_the_secret_before_counts_until_the_overlap_ends() -> None:
    shop = SourceSystem(code="shop")
    assert shop.secrets_at(NOW) == []
    shop.take_secret("one", now=NOW, overlap=timedelta(hours=1))
    assert (shop.secrets_at(NOW), shop.webhook_secret_until) == (["one"], None)
    shop.take_secret("two", now=NOW, overlap=timedelta(hours=1))
    assert shop.secrets_at(NOW + timedelta(minutes=59)) == ["two", "one"]
    assert shop.secrets_at(NOW + timedelta(hours=1)) == ["two"]
    shop.take_secret("three", now=NOW)
    assert shop.secrets_at(NOW) == ["three"]
    shop.take_secret("", now=NOW)
    assert shop.secrets_at(NOW) == []


def _run(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out, stderr=io.StringIO())
    said: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return said


def test_a_source_gets_another_secret_which_is_shown_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("shpss_of_the_vendor\n"))
    _run("create_source", "shop-x", "--kind", "ecommerce", "--webhook-secret-stdin")
    made = _run("source_secret", "shop-x", "--overlap", "2")
    shop = SourceSystem.objects.get(code="shop-x")
    now = shop.webhook_secret_until - timedelta(hours=2)
    assert shop.secrets_at(now) == [made["secret"], "shpss_of_the_vendor"]
    assert len(made["secret"]) >= 40
    monkeypatch.setattr("sys.stdin", io.StringIO("another_of_the_vendor\n"))
    said = _run("source_secret", "shop-x", "--stdin", "--overlap", "0")
    assert said == {"code": "shop-x", "before_until": None}
    shop.refresh_from_db()
    assert shop.secrets_at(now) == ["another_of_the_vendor"]
    told = json.dumps(list(AuditEntry.objects.values("subject", "detail")), default=str)
    stored = str(rows("SELECT webhook_secret, webhook_secret_before FROM hub_sourcesystem"))
    for secret in (made["secret"], "of_the_vendor"):
        assert secret not in told
        assert secret not in stored


@pytest.mark.parametrize("arguments", [("nobody",), ("shop-y", "--overlap", "-1"), ("shop-y", "--stdin")])
def test_a_secret_that_cannot_be_set_changes_nothing(arguments: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    SourceSystem.objects.create(code="shop-y")
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    before = list(SourceSystem.objects.values())
    with pytest.raises(CommandError):
        _run("source_secret", *arguments)
    assert list(SourceSystem.objects.values()) == before


def test_what_stood_in_clear_is_sealed_by_the_migration() -> None:
    loader = MigrationLoader(None)
    name = next(key for key in loader.graph.nodes if key[1].endswith("_secrets_sealed"))
    steps = loader.get_migration(*name).operations
    (sealing,) = [n for n, step in enumerate(steps) if isinstance(step, RunPython)]
    state = loader.project_state([parent.key for parent in loader.graph.node_map[name].parents])
    for step in steps[:sealing]:
        step.state_forwards("hub", state)
    SourceSystem.objects.create(code="shop-z")
    # The table as the migration finds it: with the column that held it in clear.
    rows("ALTER TABLE hub_sourcesystem ADD COLUMN in_clear varchar(200) NOT NULL DEFAULT ''")
    try:
        rows("UPDATE hub_sourcesystem SET in_clear = 'shpss_old' WHERE code = 'shop-z'")
        steps[sealing].code(state.apps, None)
        assert SourceSystem.objects.get(code="shop-z").secrets_at(NOW) == ["shpss_old"]
        assert rows("SELECT in_clear FROM hub_sourcesystem WHERE code = 'shop-z'") == [("",)]
    finally:
        rows("ALTER TABLE hub_sourcesystem DROP COLUMN in_clear")
