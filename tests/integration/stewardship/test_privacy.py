"""Privacy requests at the desk: who may, what is due, what is confirmed before it is done, and what is handed over."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hub import pipeline
from hub.models import AuditEntry, Crosswalk, GoldenRecord, PrivacyRequest, Review, SourceRecord
from hub.privacy import requests, targets, work
from tests.integration.stewardship.conftest import SECRETS, alice

pytestmark = pytest.mark.servers


@pytest.fixture
def petra(person) -> Client:
    http = person("Petra", "privacy")[1]
    del http.headers
    http.defaults.pop("HTTP_HX_REQUEST", None)
    return http


@pytest.fixture
def golden(take) -> GoldenRecord:
    take("crm", alice("1"))
    return GoldenRecord.objects.get()


def ask(http: Client, golden: GoldenRecord, kind: str, **more: str) -> PrivacyRequest:
    body = {"kind": kind, "jurisdiction": "EU", "reference": "Ticket 4711 of Alice", "record": "", **more}
    answer = http.post(reverse("stewardship:make_request", args=[golden.public_id]), body)
    assert answer.status_code == 302, answer.content.decode()
    return PrivacyRequest.objects.latest("id")


def act(http: Client, made: PrivacyRequest, name: str, **body: str):
    return http.post(reverse(f"stewardship:request_{name}", args=[made.public_id]), body)


def read(http: Client, made: PrivacyRequest) -> str:
    return http.get(reverse("stewardship:request", args=[made.public_id])).content.decode()


@pytest.mark.parametrize("role", ["steward", "approver", "lead", "operator", "configurer", "auditor"])
def test_only_privacy_people_see_requests_or_do_anything(role, golden, petra, person):
    made = ask(petra, golden, "access")
    before = PrivacyRequest.objects.values().get()
    _, http = person("Mallory", role)
    assert http.get(reverse("stewardship:requests")).status_code == 403
    assert http.get(reverse("stewardship:request", args=[made.public_id])).status_code == 403
    for name in ("acknowledge", "extend", "refuse", "lift"):
        assert act(http, made, name, reason="no", target="requester").status_code == 403
    for form in ("json", "html"):
        assert http.post(reverse("stewardship:request_bundle", args=[made.public_id, form])).status_code == 403
    new = http.post(
        reverse("stewardship:make_request", args=[golden.public_id]), {"kind": "erasure", "confirm": "erase"}
    )
    assert new.status_code == 403
    assert PrivacyRequest.objects.values().get() == before
    assert SourceRecord.objects.count() == 1


def test_a_request_is_made_from_the_golden_record_and_its_bundle_taken(golden, petra):
    page = petra.get(reverse("stewardship:golden", args=[golden.public_id])).content.decode()
    assert reverse("stewardship:make_request", args=[golden.public_id]) in page
    made = ask(petra, golden, "access")
    page = read(petra, made)
    assert "GDPR Art. 12(3)" in page
    assert "Ticket 4711 of Alice" in page
    assert "Hand the copy to the customer" in page
    address = reverse("stewardship:request_bundle", args=[made.public_id, "json"])
    assert petra.get(address).status_code == 405
    taken = petra.post(address)
    assert taken["Cache-Control"] == "no-store"
    assert taken["Content-Disposition"] == f'attachment; filename="{made.public_id}.json"'
    assert "alice.ashworth@example.com" in json.dumps(json.loads(taken.content))
    readable = petra.post(reverse("stewardship:request_bundle", args=[made.public_id, "html"]))
    assert "alice.ashworth@example.com" in readable.content.decode()
    made.refresh_from_db()
    assert made.state == "done"
    assert AuditEntry.objects.filter(action="privacy.bundle", subject=made.public_id).count() == 2


def test_the_list_has_what_is_overdue_first_and_says_so_in_words(golden, petra):
    later = ask(petra, golden, "access")
    late = ask(petra, golden, "rectification")
    PrivacyRequest.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(days=3, hours=1))
    page = petra.get(reverse("stewardship:requests")).content.decode()
    assert page.index(late.public_id) < page.index(later.public_id)
    assert "Overdue by 3 days" in page
    assert not [value for value in (*SECRETS, "Ticket 4711") if value in page]
    waiting = petra.get(reverse("stewardship:requests"), {"view": "waiting"}).content.decode()
    assert late.public_id in waiting
    closed = petra.get(reverse("stewardship:requests"), {"view": "closed"}).content.decode()
    assert "None is closed yet." in closed


def test_what_others_did_is_acknowledged_with_a_proof(golden, petra):
    made = ask(petra, golden, "rectification")
    assert act(petra, made, "acknowledge", target="nobody").status_code == 400
    assert act(petra, made, "acknowledge", target="crm", proof="CHG-88").status_code == 302
    page = read(petra, made)
    assert "CHG-88" in page
    assert "noted by Petra" in page
    made.refresh_from_db()
    assert made.state == "done"


def test_more_time_is_taken_once_and_with_a_reason(golden, petra):
    made = ask(petra, golden, "access")
    assert "Say why it takes longer" in act(petra, made, "extend", reason=" ").content.decode()
    assert act(petra, made, "extend", reason="Many systems").status_code == 302
    made.refresh_from_db()
    assert made.due_at - made.received_at > timedelta(days=85)
    again = act(petra, made, "extend", reason="More")
    assert again.status_code == 409
    assert "once is all that the law allows" in again.content.decode()


def test_a_request_is_refused_with_a_reason(golden, petra):
    made = ask(petra, golden, "access")
    assert act(petra, made, "refuse", reason="").status_code == 400
    assert act(petra, made, "refuse", reason="Not who they say").status_code == 302
    assert "Not who they say" in read(petra, made)
    assert act(petra, made, "refuse", reason="Again").status_code == 409


def test_a_restriction_is_shown_on_the_customer_and_lifted(golden, petra):
    made = ask(petra, golden, "restriction")
    address = reverse("stewardship:golden", args=[golden.public_id])
    assert "Restricted: what is held is kept" in petra.get(address).content.decode()
    assert act(petra, made, "lift", reason="Accuracy was checked").status_code == 302
    assert "Restricted: what is held is kept" not in petra.get(address).content.decode()


def test_an_erasure_names_what_will_happen_and_waits_for_a_second_word(golden, petra):
    address = reverse("stewardship:make_request", args=[golden.public_id])
    body = {"kind": "erasure", "jurisdiction": "EU", "reference": "T-1", "record": ""}
    page = petra.post(address, body).content.decode()
    assert "Its 1 source record is forgotten" in page
    assert "The golden id is gone for ever" in page
    assert '<span class="chip">crm</span>' in page
    assert not PrivacyRequest.objects.exists()
    wrong = petra.post(address, {**body, "confirm": "yes"}).content.decode()
    assert "Type the word to confirm." in wrong
    assert not PrivacyRequest.objects.exists()
    golden.refresh_from_db()
    assert golden.state == GoldenRecord.State.LIVE


def test_an_erasure_by_the_only_one_who_may_is_done_when_it_was_confirmed(golden, petra):
    made = ask(petra, golden, "erasure", confirm="Erase ")
    assert made.state == "waiting_for_targets"
    golden.refresh_from_db()
    assert golden.state == GoldenRecord.State.ERASED
    assert not SourceRecord.objects.exists()
    page = petra.get(reverse("stewardship:golden", args=[golden.public_id]))
    assert page.status_code == 410
    assert "This customer was erased" in page.content.decode()
    assert act(petra, made, "refuse", reason="Too late").status_code == 409
    act(petra, made, "acknowledge", target="crm", proof="Deleted by job 12")
    page = read(petra, made)
    assert "Proof of erasure" in page
    assert "Ticket 4711" not in page
    assert not [value for value in SECRETS if value in page]


def test_with_a_colleague_an_erasure_waits_for_the_colleague(golden, petra, person):
    _, paul = person("Paul", "privacy")
    del paul.headers
    paul.defaults.pop("HTTP_HX_REQUEST", None)
    made = ask(petra, golden, "erasure", confirm="erase")
    work.begin(made)
    assert made.state == "received"
    assert "somebody else with the role privacy confirms it" in read(petra, made)
    own = act(petra, made, "confirm", confirm="erase")
    assert own.status_code == 400
    assert "Another person than the one who filed it" in own.content.decode()
    assert act(petra, made, "acknowledge", target="second_person", proof="me").status_code == 400
    assert act(paul, made, "confirm", confirm="yes").status_code == 400
    golden.refresh_from_db()
    assert golden.state == GoldenRecord.State.LIVE
    page = read(paul, made)
    assert "The golden id is gone for ever" in page
    assert act(paul, made, "confirm", confirm="erase").status_code == 302
    golden.refresh_from_db()
    assert golden.state == GoldenRecord.State.ERASED
    said = AuditEntry.objects.filter(subject=made.public_id).exclude(action="privacy.seen").order_by("id")
    assert [entry.action for entry in said][:2] == ["privacy.filed", "privacy.confirmed"]
    assert act(paul, made, "confirm", confirm="erase").status_code == 409


def by_client(golden: GoldenRecord) -> PrivacyRequest:
    """An erasure that a client filed, to be approved at the desk."""
    subject = targets.of_golden(golden.public_id)
    return requests.file(kind="erasure", subject=subject, reference="portal 77", by="client:portal", second=True)


def test_an_erasure_that_came_by_the_api_is_approved_at_the_desk(golden, petra):
    made = by_client(golden)
    assert "Waits for a second person" in petra.get(reverse("stewardship:requests")).content.decode()
    page = read(petra, made)
    assert "client portal" in page
    assert "The golden id is gone for ever" in page
    assert act(petra, made, "confirm", confirm="no").status_code == 400
    golden.refresh_from_db()
    assert golden.state == GoldenRecord.State.LIVE
    assert act(petra, made, "confirm", confirm="erase").status_code == 302
    golden.refresh_from_db()
    assert golden.state == GoldenRecord.State.ERASED


def test_an_erasure_that_came_by_the_api_is_refused_at_the_desk(golden, petra):
    made = by_client(golden)
    assert act(petra, made, "refuse", reason="The account is in dispute").status_code == 302
    assert act(petra, made, "confirm", confirm="erase").status_code == 409
    made.refresh_from_db()
    assert made.state == "refused"
    golden.refresh_from_db()
    assert golden.state == GoldenRecord.State.LIVE


def test_one_record_alone_is_erased_and_the_others_stay(golden, petra, take):
    take("pos", alice("9", identifiers=[{"type": "loyalty_id", "value": "L-1"}]))
    review = Review.objects.get(state="open")
    pipeline.judge(a=("crm", "1"), b=("pos", "9"), judgement="same", review=review)
    whole = GoldenRecord.objects.get(state=GoldenRecord.State.LIVE)
    record = Crosswalk.objects.filter(golden=whole, record__system__code="pos").get().record_id
    made = ask(petra, whole, "erasure", confirm="erase", record=str(record))
    assert made.of_record
    whole.refresh_from_db()
    assert whole.state == GoldenRecord.State.LIVE
    assert list(SourceRecord.objects.values_list("system__code", flat=True)) == ["crm"]


def test_an_unknown_kind_law_or_record_is_refused(golden, petra):
    address = reverse("stewardship:make_request", args=[golden.public_id])
    for body in ({"kind": "revenge"}, {"kind": "access", "jurisdiction": "Atlantis"},
                 {"kind": "access", "jurisdiction": "EU", "record": "999999"}):  # fmt: skip
        assert petra.post(address, body).status_code in (400, 404)
    assert not PrivacyRequest.objects.exists()
