"""How a golden record came to be, in the words that the desk shows."""

from __future__ import annotations

import pytest

from hub import history, pipeline
from hub.errors import Gone, NotFound
from hub.models import GoldenRecord, User
from tests.integration.api.conftest import five_sources as five_sources
from tests.integration.api.conftest import person, someone_else
from tests.integration.api.conftest import take as take
from tests.integration.stewardship.conftest import SECRETS

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
CONSENT = {"purpose": "marketing", "channel": "email", "contact_point": "alice.ashworth@example.com"}


def golden_ids() -> list[str]:
    return list(GoldenRecord.objects.order_by("id").values_list("public_id", flat=True))


def told(public_id: str) -> list[tuple[str, str, str]]:
    """(texts, why, who) from the oldest on."""
    return [(" ".join(m.texts), m.why, m.actor) for m in reversed(history.timeline(public_id))]


def test_each_step_in_plain_words(take) -> None:
    take("crm", person("1", consents=[{**CONSENT, "state": "granted", "captured_at": "2026-01-01T00:00:00Z"}]))
    take("crm", person("1", phones=[], occurred_at="2026-01-03T09:00:00Z"))
    take("pos", person("9", attributes={"shoe_size": 41}, occurred_at="2026-01-01T08:00:00Z"))
    gone = {**CONSENT, "state": "withdrawn", "captured_at": "2026-01-04T00:00:00Z"}
    take("crm", person("1", phones=[], occurred_at="2026-01-04T09:00:00Z", consents=[gone]))
    take("pos", person("9", deleted=True, occurred_at="2026-01-05T09:00:00Z"))
    (golden,) = golden_ids()
    steps = told(golden)
    assert steps == [
        ("Created from 1 record of crm.", "crm sent a record", ""),
        ("Changed: phone numbers.", "crm sent a record", ""),
        ("Joined by 1 record of pos. Changed: shoe size and phone numbers.", "pos sent a record", ""),
        ("Consent to marketing by email: withdrawn.", "crm sent a record", ""),
        ("Left by 1 record of pos, deleted at the source. Changed: shoe size and phone numbers.",
         "pos sent a record", ""),
    ]  # fmt: skip
    assert not [value for value in (*SECRETS, "41") for text, *_ in steps if value in text]


def test_judgements_name_who_made_and_who_took_them_back(take) -> None:
    take("crm", person("1"))
    take("pos", someone_else("9"))
    steward = User.objects.create_user("bob")
    one, two = golden_ids()
    made = pipeline.judge(a=("crm", "1"), b=("pos", "9"), judgement="same", author=steward)
    pipeline.retract(made, by="user:77")
    survivor, retired = (one, two) if "Joined" in told(one)[1][0] else (two, one)
    bob = f"user:{steward.pk}"
    _, merged, split = told(survivor)
    other = "pos" if survivor == one else "crm"
    assert merged[0].startswith(f"Joined by 1 record of {other}, until then in {retired}.")
    assert merged[1:] == ("two records were judged same", bob)
    assert split[0].startswith(f"Left by 1 record of {other}, for {retired}.")
    assert split[1:] == ("the judgement “same” was taken back", "user:77")
    assert told(retired)[1:] == [
        (f"Retired: its records went to {survivor}.", "two records were judged same", bob),
        (f"Live again, with 1 record of {other}.",
         "the judgement “same” was taken back", "user:77"),
    ]  # fmt: skip


def test_a_retired_one_says_that_all_was_deleted(take) -> None:
    take("crm", person("1"))
    take("crm", person("1", deleted=True, occurred_at="2026-01-05T09:00:00Z"))
    assert told(golden_ids()[0])[-1][:2] == (
        "Retired: its source systems deleted all its records.", "crm sent a record",
    )  # fmt: skip


def test_many_versions_cost_no_statement_each(take, django_assert_max_num_queries) -> None:
    for day in range(1, 21):
        take("crm", person("1", occurred_at=f"2026-01-{day:02d}T09:00:00Z", attributes={"visits": day}))
    (golden,) = golden_ids()
    with django_assert_max_num_queries(20):
        assert len(history.timeline(golden)) == 20


@pytest.mark.unverified("erases without an erasure")
def test_an_erased_one_has_none(take) -> None:
    take("crm", person("1"))
    (golden,) = golden_ids()
    GoldenRecord.objects.update(state=GoldenRecord.State.ERASED)
    with pytest.raises(Gone):
        history.timeline(golden)
    with pytest.raises(NotFound):
        history.timeline("gr_" + "0" * 26)
