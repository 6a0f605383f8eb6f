"""Liveness, readiness, metrics."""

from __future__ import annotations

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from hub.api import health
from hub.models import MatchModelVersion
from tests.integration.api.conftest import Caller, person

pytestmark = pytest.mark.django_db


def test_alive(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").json() == {"status": "ok"}


def test_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.content
    assert answer.json()["status"] == "ok"
    assert answer.json()["not_ready"] == []
    assert answer.json()["oldest_waiting_seconds"] == 0


def test_without_the_broker_it_says_so_and_goes_on(channel: Caller, settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = channel.http.get("/readyz")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["not_ready"]) == ("degraded", ["broker"])
    assert channel.get("/api/v1/golden").status_code == 200
    assert channel.post("/api/v1/sources/crm/records", person("1")).status_code == 202
    assert channel.http.get("/readyz").json()["oldest_waiting_seconds"] >= 0


@pytest.mark.unverified("there is no model to verify by")
def test_without_a_readable_model_it_is_not_ready(client: Client) -> None:
    MatchModelVersion.objects.all().delete()
    MatchModelVersion.objects.create(name="broken-1", document={}, active=True)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["not_ready"] == ["model"]
    assert "model import" in answer.json()["checks"]["model"]


def test_with_a_migration_missing_it_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    MigrationRecorder.Migration.objects.filter(app="hub").order_by("-id")[:1].get().delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["not_ready"] == ["migrations"]


def test_metrics_hold_no_path(channel: Caller) -> None:
    channel.get("/api/v1/crosswalk/crm/secret-id")
    text = channel.http.get("/metrics").content.decode()
    assert "django_http_requests" in text
    assert "secret-id" not in text
