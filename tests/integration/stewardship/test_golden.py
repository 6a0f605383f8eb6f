"""The golden record's page: what it shows, what it hides until asked, and what it says when there is nothing."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from hub import policies
from hub.models import AuditEntry, Endpoint, GoldenRecord, PolicyVersion, SourceSystem
from tests.integration.stewardship.conftest import SECRETS, alice

pytestmark = pytest.mark.servers
OLDER = {"occurred_at": "2025-06-01T09:00:00Z"}
CARD = {"identifiers": [{"type": "tax_id", "value": "77310442"}]}


@pytest.fixture
def golden(take, steward, review) -> GoldenRecord:
    """Alice of the CRM and Alicia of the tills, merged: the older one's name and birth date lost."""
    body = {"judgement": "same", "reason": "", "versions": versions(review)}
    assert steward.post(reverse("stewardship:decide", args=[review.public_id]), body).status_code == 200
    return GoldenRecord.objects.get(state=GoldenRecord.State.LIVE)


def versions(review) -> str:
    return f'{{"{review.golden_a.public_id}": 1, "{review.golden_b.public_id}": 1}}'


def url(golden, name: str = "golden") -> str:
    return reverse(f"stewardship:{name}", args=[golden.public_id])


def test_values_are_masked_and_say_whence_they_are_and_what_lost(golden, steward):
    page = steward.get(url(golden)).content.decode()
    assert not [value for value in (*SECRETS, "Alicia", "1984-03-21") if value in page]
    assert "1 other value" in page
    assert re.search(r'<span class="chip">(crm 1|pos 2)</span>', page)
    assert "said by most records" in page or "most complete" in page


def test_one_field_is_shown_hidden_again_and_noted_once(golden, steward):
    first = steward.post(url(golden, "reveal_golden"), {"field": "emails"}).content.decode()
    assert "alice.ashworth@example.com" in first
    assert "Ashworth" not in first.replace("alice.ashworth", "")
    assert '<input type="hidden" name="shown" value="emails">' in first
    both = steward.post(url(golden, "reveal_golden"), {"field": "name", "shown": "emails"}).content.decode()
    assert "Ashworth" in both
    hidden = steward.post(url(golden, "reveal_golden"), {"field": "emails", "shown": ["emails", "name"]})
    assert "alice.ashworth" not in hidden.content.decode()
    noted = AuditEntry.objects.filter(action="values.revealed").order_by("id")
    assert [entry.detail["fields"] for entry in noted] == [["emails"], ["name"]]


def test_losing_values_are_revealed_with_their_field(golden, steward):
    page = steward.post(url(golden, "reveal_golden"), {"field": "birth_date"}).content.decode()
    assert "1984-03-12" in page
    assert "1984-03-21" in page


def test_all_are_shown_and_hidden_by_one_button(golden, steward):
    clear = steward.post(url(golden, "reveal_golden")).content.decode()
    assert "hidden-value" not in clear
    shown = re.findall(r'name="shown" value="([^"]+)"', clear)
    again = steward.post(url(golden, "reveal_golden"), {"shown": shown}).content.decode()
    assert not [value for value in SECRETS if value in again]


def test_a_field_that_is_none_reveals_nothing(golden, steward):
    page = steward.post(url(golden, "reveal_golden"), {"field": "nonsense", "shown": "also-nonsense"}).content.decode()
    assert "nonsense" not in page
    assert not [value for value in SECRETS if value in page]
    assert not AuditEntry.objects.filter(action="values.revealed").exists()


def test_why_its_records_are_one_customer(golden, steward):
    page = steward.get(url(golden, "why_golden")).content.decode()
    assert "A steward judged them one customer." in page
    assert "crm 1" in page
    assert not [value for value in SECRETS if value in page]


def test_who_saw_it_is_for_auditors(golden, steward, person):
    assert steward.get(url(golden, "seen_golden")).status_code == 403
    steward.get(url(golden))
    _, auditor = person("Audrey", "auditor", "steward")
    page = auditor.get(url(golden, "seen_golden")).content.decode()
    assert "<strong>Bob</strong> looked at it" in page
    assert "Who saw it" in auditor.get(url(golden)).content.decode()
    assert "Who saw it" not in steward.get(url(golden)).content.decode()


def test_a_retired_one_leads_to_the_live_one(golden, steward):
    retired = GoldenRecord.objects.get(state=GoldenRecord.State.RETIRED)
    page = steward.get(url(retired)).content.decode()
    assert url(golden) in page
    assert steward.post(url(retired, "reveal_golden")).status_code == 404


def test_an_erased_one_answers_410(golden, steward):
    GoldenRecord.objects.filter(pk=golden.pk).update(state=GoldenRecord.State.ERASED)
    answer = steward.get(url(golden))
    assert answer.status_code == 410
    assert "This customer was erased" in answer.content.decode()
    GoldenRecord.objects.filter(pk=golden.pk).update(state=GoldenRecord.State.LIVE)


def test_a_customer_of_whom_one_record_is_held(take, steward):
    take("crm", alice("1"))
    golden = GoldenRecord.objects.get()
    page = steward.get(url(golden)).content.decode()
    assert "One record alone" in page
    assert "Nobody said anything yet" in page


def _said(state: str, at: str, **more: str) -> dict[str, str]:
    return {"purpose": "marketing", "channel": "email", "contact_point": "alice.ashworth@example.com",
            "state": state, "captured_at": at, **more}  # fmt: skip


def test_consent_is_told_in_plain_words_with_what_decided(take, steward):
    said = [_said("granted", "2025-02-01T10:00:00Z", text_version="v7"), _said("withdrawn", "2025-03-01T10:00:00Z")]
    take("crm", alice("1", consents=said))
    golden = GoldenRecord.objects.get()
    page = steward.get(url(golden)).content.decode()
    assert "<strong>Marketing by e-mail</strong>" in page
    assert "Not allowed: withdrawn on 2025-03-01" in page
    assert "All 2 statements" in page
    assert "wording v7" in page
    assert page.count("counts today") == 1
    assert "alice.ashworth" not in page
    clear = steward.post(url(golden, "reveal_golden"), {"field": "contact_points"}).content.decode()
    assert "alice.ashworth@example.com" in clear
    assert AuditEntry.objects.get(action="values.revealed").detail["fields"] == ["contact_points"]


def test_the_timeline_tells_what_joined_and_why(golden, steward):
    page = steward.get(url(golden)).content.decode()
    assert "two records were judged same" in page
    assert "(Bob)" in page
    retired = GoldenRecord.objects.get(state=GoldenRecord.State.RETIRED)
    assert f'href="{url(retired)}"' in page
    whole = steward.get(url(golden, "timeline_golden")).content.decode()
    assert "Created from" in whole
    assert not [value for value in SECRETS if value in whole]


RELEASE = """
release:
  regions: {EU: [DE, FR]}
  rules:
    - {from: [EU], to: [US], attributes: [birth_date], release: never}
    - {to: ["*"], release: always}
"""


def test_what_is_withheld_from_receivers_of_a_region_is_named(take, steward):
    SourceSystem.objects.filter(code="crm").update(region="DE")
    take("crm", alice("1"))
    golden = GoldenRecord.objects.get()
    Endpoint.objects.create(url="https://example.com/hook", region="us")
    assert "Withheld by region" not in steward.get(url(golden)).content.decode()
    shipped = policies.active().policy.name
    text = PolicyVersion.objects.get(name=shipped).document.replace(f"name: {shipped}", "name: regions-1") + RELEASE
    PolicyVersion.objects.update(active=False)
    PolicyVersion.objects.create(name="regions-1", document=text, active=True, activated_at=timezone.now())
    page = steward.get(url(golden)).content.decode()
    assert "Withheld by region" in page
    assert "<strong>US</strong>" in page
    assert "<br>Birth date</li>" in page
