"""Release by region: what is told to whom, and what is refused in its section of a policy."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.policyerror import PolicyError
from matching.release import ReleasePolicy, release

POLICY = ReleasePolicy.read({
    "regions": {"EU": ["DE", "FR"]},
    "rules": [
        {"from": ["EU"], "to": ["US"], "attributes": ["birth_date", "identifiers.tax_id", "attributes.health*"],
         "release": "never"},
        {"from": ["EU"], "to": ["US"], "release": "always"},
        {"from": ["CN"], "to": ["*"], "release": "never"},
        {"to": ["EU", "US"], "release": "always"},
    ],
    "otherwise": "never",
})  # fmt: skip

SAID: dict[str, Any] = {
    "golden_id": "gr_1",
    "profile": {
        "name": {"given": "Ann"},
        "birth_date": "1984-03-12",
        "emails": [{"value": "a@cn", "primary": True}, {"value": "a@de", "primary": False}],
        "identifiers": [{"type": "tax_id", "value": "1"}, {"type": "loyalty_id", "value": "2"}],
        "attributes": {"tier": "gold", "health_note": "x"},
    },
    "crosswalk": [{"source_system": "crm", "source_id": "1"}, {"source_system": "wx", "source_id": "a:2"}],
    "provenance": {
        "name": {"record": "crm:1", "runners_up": [{"record": "wx:a:2", "value": {"given": "An"}}]},
        "birth_date": {"record": "crm:1", "runners_up": []},
        "emails[0]": {"record": "wx:a:2", "runners_up": []},
        "emails[1]": {"record": "crm:1", "runners_up": []},
    },
}
ORIGINS = {
    "name": "DE", "birth_date": "DE", "emails[0]": "CN", "emails[1]": "DE", "identifiers[0]": "DE",
    "identifiers[1]": "DE", "attributes.tier": "DE", "attributes.health_note": "DE", "crm:1": "DE", "wx:a:2": "CN",
}  # fmt: skip


def test_a_receiver_elsewhere_is_told_what_the_rules_let_through_and_hears_what_they_do_not() -> None:
    found = release(SAID, ORIGINS, "US", POLICY)
    assert found.told["profile"] == {
        "name": {"given": "Ann"},
        "emails": [{"value": "a@de", "primary": True}],
        "identifiers": [{"type": "loyalty_id", "value": "2"}],
        "attributes": {"tier": "gold"},
    }
    assert found.told["crosswalk"] == [{"source_system": "crm", "source_id": "1"}]
    assert found.told["provenance"] == {
        "name": {"record": "crm:1", "runners_up": []},
        "emails[0]": {"record": "crm:1", "runners_up": []},
    }
    assert found.withheld == ["attributes.health_note", "birth_date", "crosswalk", "emails", "identifiers.tax_id"]
    assert found.told["golden_id"] == "gr_1"


def test_a_value_goes_back_to_its_own_region_and_to_the_parts_of_it() -> None:
    assert POLICY.allows("birth_date", origin="CN", receiver="CN")
    assert POLICY.allows("birth_date", origin="EU", receiver="FR")
    assert not POLICY.allows("birth_date", origin="CN", receiver="FR")
    assert POLICY.allows("birth_date", origin="DE", receiver="FR")


def test_who_has_no_region_gets_what_all_may_have() -> None:
    assert not POLICY.allows("name", origin="DE", receiver="")
    assert not POLICY.allows("name", origin="", receiver="")
    assert POLICY.allows("name", origin="", receiver="US")


def test_without_a_section_everything_is_told() -> None:
    open_to_all = ReleasePolicy.read(None)
    assert not open_to_all.restricts
    assert POLICY.restricts
    found = release(SAID, ORIGINS, "US", open_to_all)
    assert found.told == SAID
    assert found.withheld == []


@given(st.sampled_from(["", "DE", "FR", "EU", "US", "CN", "BR"]))
def test_what_is_withheld_is_nowhere_in_what_is_told(receiver: str) -> None:
    found = release(SAID, ORIGINS, receiver, POLICY)
    again = release(found.told, ORIGINS, receiver, ReleasePolicy())
    assert again.withheld == []
    if "birth_date" in found.withheld:
        assert "1984-03-12" not in repr(found.told)
    if receiver != "CN":
        assert "a@cn" not in repr(found.told)
        assert "wx" not in repr(found.told)


@pytest.mark.parametrize(
    ("section", "path"),
    [
        ([], "release"),
        ({"rule": []}, "release.rule"),
        ({"rules": {}}, "release.rules"),
        ({"rules": [{}]}, "release.rules[0]"),
        ({"rules": [{"release": "sometimes"}]}, "release.rules[0].release"),
        ({"rules": [{"release": "never", "from": []}]}, "release.rules[0].from"),
        ({"rules": [{"release": "never", "to": [False]}]}, "release.rules[0].to[0]"),
        ({"rules": [{"release": "never", "attributes": ["birthdate"]}]}, "release.rules[0].attributes[0]"),
        ({"rules": [{"release": "never", "attributes": ["attributes.*.x"]}]}, "release.rules[0].attributes[0]"),
        ({"rules": [{"release": "never", "attributes": []}]}, "release.rules[0].attributes"),
        ({"rules": [{"release": "always"}, {"from": ["DE"], "release": "never"}]}, "release.rules[1]"),
        ({"rules": [{"release": "never", "attributes": ["emails"]},
                    {"release": "always", "attributes": ["emails"], "to": ["US"]}]}, "release.rules[1]"),
        ({"otherwise": True}, "release.otherwise"),
        ({"regions": {"EU": "DE"}}, "release.regions.EU"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(section: object, path: str) -> None:
    with pytest.raises(PolicyError) as caught:
        ReleasePolicy.read(section)
    assert str(caught.value).startswith(f"{path}: ")
