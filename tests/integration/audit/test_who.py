"""Who changed what and who saw what, as the audit names them."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from hub.audit import reads
from hub.models import AuditEntry, GoldenRecord, SourceSystem, User
from hub.sql import rows
from tests.integration.api.conftest import person as alice
from tests.integration.api.conftest import someone_else
from tests.integration.stewardship.conftest import SECRETS

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


def entries(action: str) -> list[AuditEntry]:
    reads.reads.write()
    return list(AuditEntry.objects.filter(action=action).order_by("id"))


def golden_ids() -> list[str]:
    return list(GoldenRecord.objects.order_by("id").values_list("public_id", flat=True))


def test_what_a_client_reads_is_one_entry_of_a_second(take, channel) -> None:
    take("crm", alice("1"), someone_else("2"))
    one, two = golden_ids()
    for _ in range(3):
        assert channel.get(f"/api/v1/golden/{one}").status_code == 200
    assert channel.get("/api/v1/golden").status_code == 200
    (entry,) = entries("profiles.read")
    assert entry.actor == f"client:{channel.client_id}"
    assert (entry.detail["golden_ids"], entry.detail["reads"]) == ([one, two], 4)
    assert entries("profiles.read") == [entry], "written twice"


def test_every_way_to_see_somebody_is_noted(take, channel) -> None:
    take("crm", alice("1"))
    (one,) = golden_ids()
    channel.get("/api/v1/crosswalk/crm/1")
    channel.post("/api/v1/crosswalk/lookup", {"records": ["crm:1", "crm:nobody"]})
    channel.post("/api/v1/golden/search", {"name": "ashworth"})
    channel.get(f"/api/v1/golden/{one}/consents")
    channel.get(f"/api/v1/golden/{one}/explanation")
    channel.post("/api/v1/resolve", {"name": {"given": "Alice", "family": "Ashworth"}, "birth_date": "1984-03-12"})
    channel.get("/api/v1/events")
    seen = {action: entries(action) for action in ("crosswalk.read", "profiles.read", "consents.read",
                                                   "explanation.read", "candidates.read", "events.read")}  # fmt: skip
    assert {a: [e.detail["golden_ids"] for e in found] for a, found in seen.items()} == {a: [[one]] for a in seen}
    assert seen["crosswalk.read"][0].detail["reads"] == 2


def test_what_was_not_shown_is_not_noted(take, channel, caller) -> None:
    take("crm", alice("1"))
    (one,) = golden_ids()
    tag = channel.get(f"/api/v1/golden/{one}")["ETag"]
    assert len(entries("profiles.read")) == 1
    assert channel.get(f"/api/v1/golden/{one}", If_None_Match=tag).status_code == 304
    assert caller("events:read").get(f"/api/v1/golden/{one}").status_code == 403
    assert len(entries("profiles.read")) == 1


def test_reads_are_kept_where_they_cannot_be_written(take, channel, monkeypatch) -> None:
    take("crm", alice("1"))
    (one,) = golden_ids()
    channel.get(f"/api/v1/golden/{one}")

    def away(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(AuditEntry.objects, "bulk_create", away)
        with pytest.raises(ConnectionError):
            reads.reads.write()
        channel.get(f"/api/v1/golden/{one}")
        broken.setattr(reads, "MOST", 1)
        assert channel.get(f"/api/v1/golden/{one}").status_code == 500, "answered although it cannot be noted"
    (entry,) = entries("profiles.read")
    assert (entry.detail["golden_ids"], entry.detail["reads"]) == ([one], 2)


def test_many_ids_are_told_in_several_entries() -> None:
    ids = [f"gr_{n}" for n in range(2500)]
    reads.note("abc", "profiles.read", ids)
    found = entries("profiles.read")
    assert [len(e.detail["golden_ids"]) for e in found] == [1000, 1000, 500]
    assert [e.detail["reads"] for e in found] == [1, 0, 0]
    assert [i for e in found for i in e.detail["golden_ids"]] == ids


def test_set_up_is_noted_and_no_secret_with_it(db, monkeypatch) -> None:
    call_command("create_source", "till-7", "--kind", "pos", stdout=io.StringIO())
    call_command("create_source", "till-7", "--kind", "pos", stdout=io.StringIO())
    out = io.StringIO()
    call_command("create_client", "Till", "--scope", "records:write", "--source", "till-7", "--json", stdout=out)
    client = json.loads(out.getvalue())
    monkeypatch.setattr("sys.stdin", io.StringIO("correct-horse-7-battery\n"))
    call_command("create_user", "anna", "--role", "steward", "--password-stdin", stdout=io.StringIO())
    made = {e.action: (e.subject, e.detail) for e in AuditEntry.objects.all()}
    assert made == {
        "source.created": ("till-7", {}),
        "client.created": (
            client["client_id"],
            {"scopes": ["records:write"], "sources": ["till-7"], "within": ["*"], "hidden": [], "masked": []},
        ),
        "user.created": (f"user:{User.objects.get().pk}", {"roles": ["steward"], "superuser": False}),
    }
    assert {e.actor.partition(":")[0] for e in AuditEntry.objects.all()} == {"command"}


def test_endpoints_are_noted_with_who_made_and_removed_them(channel, settings) -> None:
    settings.HUB_DELIVERY_ALLOW = ["127.0.0.1:9"]
    made = channel.post("/api/v1/webhook-endpoints", {"url": "http://127.0.0.1:9/x"}).json()["endpoint_id"]
    assert channel.delete(f"/api/v1/webhook-endpoints/{made}", If_Match="*").status_code == 204
    said = [(e.action, e.actor, e.subject) for e in AuditEntry.objects.filter(action__startswith="endpoint.")]
    assert said == [(f"endpoint.{what}", f"client:{channel.client_id}", made) for what in ("created", "deleted")]


def test_what_is_changed_in_the_administration_is_noted_without_its_values(db) -> None:
    root = User.objects.create_superuser("root", password="x")
    http = Client()
    http.force_login(root)
    shop = SourceSystem.objects.create(code="shop", name="Shop", kind="ecommerce")
    form = {"name": "Anna Schmidt's shop", "kind": "pos", "connector": "", "region": "", "active": "on"}
    answer = http.post(reverse("admin:hub_sourcesystem_change", args=[shop.pk]), form)
    assert answer.status_code == 302
    (entry,) = AuditEntry.objects.filter(action="sourcesystem.changed")
    assert (entry.actor, entry.subject) == (f"user:{root.pk}", f"sourcesystem:{shop.pk}")
    assert entry.detail == {"fields": ["Name", "Kind"]}


@pytest.mark.django_db(transaction=True)
def test_imports_and_exports_of_files_are_noted(five_sources, tmp_path) -> None:
    file = tmp_path / "Alice Ashworth.csv"
    file.write_text("source_system,source_id,given_name,family_name,email\ncrm,1,Alice,Ashworth,a@example.com\n")
    call_command("load", str(file), stdout=io.StringIO())
    call_command("export", "golden", "--out", str(tmp_path / "out.csv"), stdout=io.StringIO())
    loaded, written = (AuditEntry.objects.get(action=a) for a in ("file.loaded", "golden.exported"))
    assert (loaded.detail["rows"], loaded.detail["rejects"], len(loaded.detail["file"])) == (1, 0, 32)
    assert written.detail == {"rows": 1}
    everything = " ".join(str(row) for row in rows("SELECT actor, subject, detail FROM hub_auditentry"))
    assert not [value for value in (*SECRETS, "a@example.com") if value in everything]
