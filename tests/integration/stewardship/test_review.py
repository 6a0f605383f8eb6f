"""The review page: what it hides, what it does, and what it refuses."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from hub import selectors
from hub.models import AuditEntry, Crosswalk, GoldenRecord, Judgement, MatchModelVersion, Review
from hub.stages import model as models
from matching.model import shipped
from tests.integration.stewardship.conftest import SECRETS, alice

pytestmark = pytest.mark.servers


def url(review: Review, what: str = "review") -> str:
    return reverse(f"stewardship:{what}", args=[review.public_id])


def decide(http: Any, review: Review, judgement: str, *, reason: str = "", versions: str | None = None) -> Any:
    shown = versions or json.dumps({g.public_id: g.version for g in (review.golden_a, review.golden_b)})
    return http.post(url(review, "decide"), {"judgement": judgement, "reason": reason, "versions": shown})


def live_golden() -> set[str]:
    return set(GoldenRecord.objects.filter(state=GoldenRecord.State.LIVE).values_list("public_id", flat=True))


def test_values_are_not_in_the_page_until_they_are_revealed(review, steward):
    page = steward.get(url(review)).content.decode()
    assert not [value for value in SECRETS if value in page]
    assert "different" in page
    assert "same" in page


def test_revealing_a_field_shows_it_alone_and_writes_down_who_saw_it(review, steward):
    answer = steward.post(url(review, "reveal"), {"field": "birth_date"}).content.decode()
    assert "1984-03-" in answer.replace("<mark>", "").replace("</mark>", "")
    assert "Ashworth" not in answer
    noted = AuditEntry.objects.get(action="values.revealed")
    assert noted.subject == review.public_id
    assert noted.detail["fields"] == ["birth_date"]
    assert noted.detail["records"] == sorted([review.record_a_id, review.record_b_id])
    assert not [value for value in SECRETS if value in json.dumps(noted.detail)]


def test_revealing_all_notes_only_what_was_still_hidden(review, steward):
    answer = steward.post(url(review, "reveal"), {"shown": ["birth_date"]}).content.decode()
    assert "Ashworth" in answer
    assert "alice.ashworth@example.com" in answer
    assert "birth_date" not in AuditEntry.objects.get(action="values.revealed").detail["fields"]


def test_the_match_weight_is_hidden_until_asked_for_and_asking_is_noted(review, steward):
    page = steward.get(url(review)).content.decode()
    assert "bits" not in page
    assert str(review.weight / 1000) not in page
    assert "likelier" in page  # the reasons in words are there
    assert "bits" in steward.post(url(review, "evidence")).content.decode()
    assert AuditEntry.objects.filter(action="match_weight.seen", subject=review.public_id).count() == 1


def test_same_merges_and_goes_on_and_undo_brings_both_back(review, steward):
    before = live_golden()
    answer = decide(steward, review, "same")
    assert answer.status_code == 200
    assert "Undone with Z" in answer.content.decode()
    assert len(live_golden()) == 1
    undone = steward.post(reverse("stewardship:undo"), {"here": review.public_id})
    assert "was taken back" in undone.content.decode()
    assert len(live_golden()) == 2
    assert live_golden() & before
    assert Judgement.objects.get().retracted_by.startswith("user:")
    assert steward.post(reverse("stewardship:undo")).content.decode().count("no decision of the last day") == 1


def test_undo_gives_both_golden_records_their_ids_back(review, steward):
    before = live_golden()
    decide(steward, review, "same")
    steward.post(reverse("stewardship:undo"))
    assert live_golden() == before


def test_same_joins_every_record_of_both_sides(take, steward):
    MatchModelVersion.objects.all().delete()
    models.version.cache_clear()
    model = dataclasses.replace(shipped(), name="joins-the-likest", cut_mb=4_500, potential_mb=-30_000)
    MatchModelVersion.objects.create(name=model.name, document=model.to_json(), active=True)
    other = {"emails": [{"value": "a.a@example.org"}], "phones": [{"value": "+44 20 7946 0991"}]}
    moved = {"street": "3 Quay Street", "city": "Truro", "postal_code": "TR1 2AA", "country": "GB"}
    take("crm", alice("1"), alice("8", **other, birth_date="1991-07-30", addresses=[moved]))
    take("pos", alice("2"), alice("9", **other, birth_date=None, addresses=[]))
    assert len(live_golden()) == 2
    review = Review.objects.get(state=Review.State.OPEN)
    assert decide(steward, review, "same").status_code == 200
    assert len(live_golden()) == 1


def test_different_keeps_them_apart_and_the_question_does_not_come_back(review, steward):
    assert decide(steward, review, "different").status_code == 200
    assert len(live_golden()) == 2
    assert not Review.objects.filter(state=Review.State.OPEN).exists()


def test_a_decision_on_what_changed_meanwhile_is_refused_and_redrawn(review, steward, take):
    shown = json.dumps({g.public_id: g.version for g in (review.golden_a, review.golden_b)})
    take("crm", alice("1", phones=[{"value": "+44 20 7946 0991"}], occurred_at="2026-02-01T00:00:00Z"))
    answer = decide(steward, review, "same", versions=shown)
    assert answer.status_code == 409
    assert "look again" in answer.content.decode()
    assert not Judgement.objects.exists()
    assert len(live_golden()) == 2


@pytest.mark.parametrize("versions", ["", "[]", "{", '{"gr_x": "y"}'])
def test_a_decision_without_versions_changes_nothing(review, steward, versions):
    answer = steward.post(url(review, "decide"), {"judgement": "same", "versions": versions or " "})
    assert answer.status_code == 409
    assert not Judgement.objects.exists()


def test_a_hard_conflict_asks_for_a_reason_before_same(take, steward):
    for source_id, number in (("1", "9065606144"), ("2", "9813380207")):
        take("crm", alice(source_id, identifiers=[{"type": "loyalty_id", "issuer": "club", "value": number}]))
    review = Review.objects.get(state=Review.State.OPEN)
    assert review.conflict
    answer = decide(steward, review, "same")
    assert answer.status_code == 422
    assert "say why" in answer.content.decode()
    assert not Judgement.objects.exists()
    assert decide(steward, review, "same", reason="She has two cards").status_code == 200
    assert selectors.reason_of(Judgement.objects.get()) == "She has two cards"


def test_who_is_at_a_review_is_seen_and_only_a_lead_takes_it_over(review, steward, person):
    steward.get(url(review))
    _, other = person("Charlie", "steward")
    assert "Bob is at this review" in other.get(url(review)).content.decode()
    assert decide(other, review, "same").status_code == 409
    other.post(url(review, "hold"), {"take_over": "1"})
    assert decide(other, review, "same").status_code == 409
    assert not Judgement.objects.exists()
    _, lead = person("Dana", "lead")
    lead.post(url(review, "hold"), {"take_over": "1"})
    assert decide(lead, review, "same").status_code == 200


def test_a_lease_ends_by_itself(review, steward, person):
    steward.get(url(review))
    Review.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    _, other = person("Charlie", "steward")
    assert decide(other, review, "different").status_code == 200


def test_the_golden_record_page_says_where_each_value_came_from(review, steward):
    page = steward.get(reverse("stewardship:golden", args=[review.golden_a.public_id])).content.decode()
    assert "crm 1" in page
    assert not [value for value in SECRETS if value in page]
    clear = steward.post(reverse("stewardship:reveal_golden", args=[review.golden_a.public_id])).content.decode()
    assert "alice.ashworth@example.com" in clear
    assert AuditEntry.objects.filter(action="values.revealed", subject=review.golden_a.public_id).exists()


def test_nothing_of_a_page_needs_an_unsafe_policy(review, person):
    _, http = person("Erin", "lead", "operator")
    del http.headers
    for address in (url(review), reverse("stewardship:queue"), "/admin/", "/admin/hub/inboxmessage/"):
        http.defaults.pop("HTTP_HX_REQUEST", None)
        answer = http.get(address)
        page = answer.content.decode()
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=", page), address


def test_crosswalk_follows_a_merge(review, steward):
    decide(steward, review, "same")
    assert Crosswalk.objects.values("golden").distinct().count() == 1
