"""The consent section of a policy, and what is refused in it."""

from __future__ import annotations

import pytest

from matching.consent import ConsentPolicy, PolicyError
from matching.consentpolicy import Rule


def test_rules_by_purpose_and_jurisdiction() -> None:
    policy = ConsentPolicy.read({
        "default": {"lapses_after_months": 24, "jurisdictions": {"us": {"legal_basis": "legitimate_interest"}}},
        "purposes": {"Marketing": {"double_opt_in": True, "jurisdictions": {"US-CA": {"double_opt_in": False}}}},
    })  # fmt: skip
    assert policy.rule("marketing") == Rule(double_opt_in=True, lapses_after_months=24)
    assert policy.rule("marketing", "us-ca") == Rule(lapses_after_months=24)
    assert policy.rule("marketing", "US") == policy.rule("marketing")
    assert policy.rule("profiling", "US-NY").legal_basis == "legitimate_interest"
    assert policy.rule("profiling", "DE") == Rule(lapses_after_months=24)
    assert ConsentPolicy.read(None).rule("anything") == Rule()


@pytest.mark.parametrize(
    ("section", "path"),
    [
        ([], "consent"),
        ({"purpose": {}}, "consent.purpose"),
        ({"default": {"double_optin": True}}, "consent.default.double_optin"),
        ({"default": {"double_opt_in": "yes"}}, "consent.default.double_opt_in"),
        ({"default": {"legal_basis": "habit"}}, "consent.default.legal_basis"),
        ({"default": {"lapses_after_months": 0}}, "consent.default.lapses_after_months"),
        ({"default": {"lapses_after_months": True}}, "consent.default.lapses_after_months"),
        ({"purposes": {"*": {}}}, "consent.purposes.*"),
        ({"purposes": {"a": {}, "A ": {}}}, "consent.purposes.A "),
        ({"purposes": {"a": {"jurisdictions": {False: {}}}}}, "consent.purposes.a.jurisdictions.False"),
        ({"purposes": {"a": {"jurisdictions": {"DE": {"jurisdictions": {}}}}}},
         "consent.purposes.a.jurisdictions.DE.jurisdictions"),
        ({"purposes": {"a": {"legal_basis": "contract", "double_opt_in": True}}}, "consent.purposes.a.double_opt_in"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(section: object, path: str) -> None:
    with pytest.raises(PolicyError) as caught:
        ConsentPolicy.read(section)
    assert str(caught.value).startswith(f"{path}: ")
