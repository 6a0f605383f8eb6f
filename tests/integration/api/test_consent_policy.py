"""The consent section of the policy in force decides: at the next question, and in every golden profile."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command

from hub.invariants import breaches
from hub.stages.seal import seal
from matching.policy import shipped_text
from tests.integration.api.conftest import Caller, person
from tests.integration.api.test_consents import MAIL, Take, check, golden_of, said

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = "a.ashworth@example.org"


def activate(folder: Path, name: str, section: str) -> None:
    text = shipped_text().replace("name: retail-1", f"name: {name}")
    file = folder / f"{name}.yaml"
    file.write_text(f"{text}\nconsent:\n{section}\n")
    call_command("policy", "import", str(file), "--activate")


def test_another_policy_counts_the_same_statements_otherwise(channel: Caller, take: Take, tmp_path: Path) -> None:
    take("crm", person("1", emails=[{"value": MAIL}, {"value": OTHER}],
                       consents=[said("granted"), said("withdrawn", contact_point=OTHER)]))  # fmt: skip
    golden = golden_of(channel, "crm", "1")
    assert check(channel, golden, contact_point=MAIL)["state"] == "withdrawn"
    activate(tmp_path, "apart", "  default: {across_contact_points: per_contact_point}")
    assert check(channel, golden, contact_point=MAIL)["allowed"]
    assert check(channel, golden)["contact_points"] == [MAIL]
    states = [c["state"] for c in channel.get(f"/api/v1/golden/{golden}").json()["consents"]]
    assert sorted(states) == ["granted", "withdrawn"]
    activate(
        tmp_path, "twice", "  purposes:\n    marketing: {double_opt_in: true, across_contact_points: per_contact_point}"
    )
    assert check(channel, golden, contact_point=MAIL)["state"] == "pending"
    assert list(breaches()) == []
    while seal():
        pass
    events = channel.get("/api/v1/events?limit=1000").json()["items"]
    told = [e["data"]["cause"] for e in events if e["type"] == "consent.changed"]
    assert [cause["type"] for cause in told] == ["record", "policy", "policy"]
