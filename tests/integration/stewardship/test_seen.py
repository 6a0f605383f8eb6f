"""Who saw what at the desk is written down, and read by auditors alone."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from hub import audit
from hub.models import AuditEntry, Review, User
from tests.integration.stewardship.conftest import alice

pytestmark = pytest.mark.servers


def test_whoever_looks_at_a_customer_is_noted(review, steward) -> None:
    golden = review.golden_a.public_id
    user = User.objects.get(username="bob")
    assert steward.get(reverse("stewardship:golden", args=[golden])).status_code == 200
    assert steward.get(reverse("stewardship:review", args=[review.public_id])).status_code == 200
    assert steward.post(reverse("stewardship:reveal_golden", args=[golden])).status_code == 200
    said = list(AuditEntry.objects.order_by("id").values_list("action", "actor", "subject"))
    assert said == [
        ("user.signed_in", f"user:{user.pk}", f"user:{user.pk}"),
        ("profile.seen", f"user:{user.pk}", golden),
        ("review.seen", f"user:{user.pk}", review.public_id),
        ("values.revealed", f"user:{user.pk}", golden),
    ]
    assert AuditEntry.objects.get(action="review.seen").detail == {
        "golden_ids": [review.golden_a.public_id, review.golden_b.public_id]
    }


def test_a_field_that_a_source_named_in_words_can_be_revealed(take, steward) -> None:
    card = {"identifiers": [{"type": "loyalty_id", "value": "L-77310", "issuer": "Bücher & Co"}]}
    take("crm", alice("1", **card))
    take("pos", alice("9", name={"given": "Alicia", "family": "Ashworth"}, birth_date="1984-03-21", **card))
    review = Review.objects.get()
    answer = steward.post(reverse("stewardship:reveal", args=[review.public_id]))
    assert answer.status_code == 200
    assert "L-77310" in answer.content.decode()
    named = AuditEntry.objects.get(action="values.revealed").detail["fields"]
    assert "identifiers.loyalty_id.B_cher___Co" in named


def test_sign_ins_are_noted_and_what_was_typed_is_not(person) -> None:
    user, _ = person("Bob", "steward")
    user.set_password("correct-horse-7-battery")
    user.save()
    for name, word in (("bob", "wrong"), ("hunter2 my password", "x"), ("bob", "correct-horse-7-battery")):
        Client().post(reverse("admin:login"), {"username": name, "password": word})
    said = list(AuditEntry.objects.order_by("id").values_list("action", "subject", "detail"))[1:]
    assert said == [
        ("user.refused", f"user:{user.pk}", {}),
        ("user.refused", "nobody", {}),
        ("user.signed_in", f"user:{user.pk}", {}),
    ]


def test_an_auditor_reads_the_log_and_changes_nothing(person) -> None:
    entry = audit.note("profiles.read", actor="client:till", subject="till", golden_ids=["gr_1"])
    _, http = person("Audrey", "auditor")
    page = http.get(reverse("admin:hub_auditentry_changelist"))
    assert page.status_code == 200
    assert "profiles.read" in page.content.decode()
    for name, arguments in (("change", [entry.pk]), ("delete", [entry.pk]), ("add", [])):
        assert http.post(reverse(f"admin:hub_auditentry_{name}", args=arguments), {}).status_code == 403
    assert AuditEntry.objects.filter(pk=entry.pk, actor=entry.actor).exists()
