"""What a receiver may see: nothing of what is hidden, masks of what is masked, all else as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import masks
from matching.evidence import told
from matching.visibility import HEADS, View, check

PROFILE: dict[str, Any] = {
    "golden_id": "gr_1", "kind": "person", "version": 3,
    "profile": {
        "name": {"given": "Katherine", "family": "Meyer-Lang", "former_family": ["Schmidtke"]},
        "birth_date": "1984-03-12",
        "emails": [
            {"value": "kathy@meyer-lang.example", "type": "home", "primary": True},
            {"value": "work.kathy@gmail.com", "primary": False},
        ],
        "phones": [{"value": "+4915123455994", "primary": True}],
        "addresses": [{"street": "Lindenstr. 14", "city": "Berlin", "postal_code": "10969", "country": "DE"}],
        "identifiers": [
            {"type": "tax_id", "value": "86095742719"},
            {"type": "loyalty_id", "issuer": "club", "value": "9065606144"},
        ],
        "attributes": {"tier": "platinum", "health.eyes": "blue eyes"},
    },
    "crosswalk": [{"source_system": "crm", "source_id": "0031x77"}, {"source_system": "pos", "source_id": "t-888"}],
    "consents": [
        {"purpose": "marketing", "channel": "email", "contact_point": "kathy@meyer-lang.example", "state": "granted"},
        {"purpose": "marketing", "channel": "email", "contact_point": "work.kathy@gmail.com", "state": "withdrawn"},
        {"purpose": "service", "channel": "sms", "contact_point": "", "state": "granted"},
    ],
    "provenance": {
        "name": {"record": "crm:0031x77", "rule": "owner", "runners_up": [
            {"record": "pos:t-888", "value": {"given": "Catherine", "family": "Meyer"}, "lost_because": "older"}]},
        "birth_date": {"record": "crm:0031x77", "rule": "owner", "runners_up": [
            {"record": "pos:t-888", "value": "1984-12-03", "lost_because": "older"}]},
        "emails[0]": {"record": "crm:0031x77", "rule": "collect", "runners_up": []},
        "emails[1]": {"record": "pos:t-888", "rule": "collect", "runners_up": []},
        "identifiers[0]": {"record": "crm:0031x77", "rule": "collect", "runners_up": []},
        "identifiers[1]": {"record": "pos:t-888", "rule": "collect", "runners_up": []},
        "attributes.tier": {"record": "pos:t-888", "rule": "owner", "runners_up": []},
    },
}  # fmt: skip
# What would give an attribute away, wherever it stands.
SECRETS: dict[str, tuple[str, ...]] = {
    "name": ("Katherine", "Lang", "Schmidtke", "Catherine"),
    "birth_date": ("03-12", "12-03"),
    "emails": ("kathy@", "meyer-lang.example", "work.k"),
    "phones": ("5123455",),
    "addresses": ("Lindenstr", "Berlin", "10969"),
    "identifiers": ("8609574", "90656061"),
    "attributes": ("platinum", "blue"),
    "crosswalk": ("0031x77", "t-888"),
    "consents": (),
    "organisation": (),
}


@pytest.mark.parametrize("name", sorted(SECRETS))
@pytest.mark.parametrize("how", ["hidden", "masked"])
def test_nothing_of_it_is_told_anywhere(name: str, how: str) -> None:
    view = View.of([name]) if how == "hidden" else View.of((), [name])
    assert view is not None
    said = view.told(PROFILE)
    text = json.dumps(said)
    for secret in SECRETS[name]:
        assert secret in json.dumps(PROFILE)
        assert secret not in text
    left_out = {name} if how == "hidden" and name in ("name", "birth_date") else set()
    assert said["profile"].keys() == PROFILE["profile"].keys() - left_out
    if SECRETS[name]:
        assert any(told.startswith(name) for told in said["withheld" if how == "hidden" else "masked"])


@given(st.sets(st.sampled_from(HEADS)), st.sets(st.sampled_from(HEADS)))
def test_hidden_wins_and_what_is_neither_stays(hidden: set[str], masked: set[str]) -> None:
    view = View.of(hidden, masked)
    if view is None:
        assert not hidden | masked
        return
    told = view.told(PROFILE)
    assert not {name.partition(".")[0] for name in told.get("masked", ())} & hidden
    assert view.told({**told, "masked": []})["profile"].keys() == told["profile"].keys()
    for name in set(SECRETS) - hidden - masked - {"consents", "crosswalk"}:
        assert told["profile"].get(name) == PROFILE["profile"].get(name)


def test_a_part_of_an_attribute_is_kept_back_and_the_rest_keeps_its_place() -> None:
    view = View.of(["identifiers.tax_id", "attributes.health.*"])
    assert view is not None
    said = view.told(PROFILE)
    assert said["profile"]["identifiers"] == [{"type": "loyalty_id", "issuer": "club", "value": "9065606144"}]
    assert said["profile"]["attributes"] == {"tier": "platinum"}
    assert said["provenance"]["identifiers[0]"]["record"] == "pos:t-888"
    assert "identifiers[1]" not in said["provenance"]
    assert said["withheld"] == ["attributes.health.eyes", "identifiers.tax_id"]


def test_contact_points_are_told_by_purpose() -> None:
    def told_for(purpose: str, consents: Any = None) -> tuple[list[str], list[str], list[str]]:
        view = View.of(purpose=purpose)
        assert view is not None
        said = view.told(PROFILE, consents=consents)
        mails, phones = ([one["value"] for one in said["profile"][name]] for name in ("emails", "phones"))
        return mails, phones, said["withheld"]

    assert told_for("marketing") == (["kathy@meyer-lang.example"], [], ["addresses", "emails", "phones"])
    assert told_for("Service:SMS") == ([], ["+4915123455994"], ["addresses", "emails"])
    assert told_for("service:email") == ([], [], ["addresses", "emails", "phones"])
    assert told_for("marketing", consents=[]) == ([], [], ["addresses", "emails", "phones"])
    both = [dict(one, brand=brand) for brand in ("a", "b") for one in PROFILE["consents"][:1]]
    assert told_for("marketing", consents=both)[0] == ["kathy@meyer-lang.example"]
    both[1]["state"] = "withdrawn"
    assert told_for("marketing", consents=both)[0] == []


def test_the_first_of_what_is_left_is_primary() -> None:
    view = View.of(purpose="marketing")
    assert view is not None
    granted = [{**PROFILE["consents"][1], "state": "granted"}]
    (mail,) = view.told(PROFILE, consents=granted)["profile"]["emails"]
    assert mail == {"value": "work.kathy@gmail.com", "primary": True}


def test_events_lose_the_names_of_what_is_hidden() -> None:
    view = View.of(["emails"], ["birth_date"])
    assert view is not None
    said = view.told({"golden_id": "gr_1", "changed": ["birth_date", "emails"], "origins": {"emails[0]": "crm:1"}})
    assert said == {"golden_id": "gr_1", "changed": ["birth_date"]}


@given(st.text(), st.sampled_from(sorted({*HEADS, "attributes.x", "identifiers.tax_id"})))
def test_no_mask_is_longer_for_a_longer_value(text: str, name: str) -> None:
    covered = masks.mask(name, text)
    assert len(covered) <= len("k***@btinternet.co.uk") + len(text.rpartition(".")[2])
    assert masks.mask(name, text * 2 + "x" * 40) is not None


@pytest.mark.parametrize("name", ["", "email", "birth_date.year", "attributes.", "attributes.*.x", "name.given", "*"])
def test_names_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no attribute"):
        check(name)


def test_explanations_add_up_without_what_is_kept_back() -> None:
    said = {
        "prior": -13.3, "total": 4.7, "forbidden_by": "birth_date", "would_flip": [{"change": "…", "total": 1}],
        "because": "Given names and dates of birth both differ: these are two people",
        "comparisons": [
            {"attribute": "email", "level": "exact", "match_weight": 9.6, "text": "Same e-mail"},
            {"attribute": "birth_date", "level": "else", "match_weight": -1.6, "text": "Different dates of birth"},
            {"attribute": "given_name", "level": "exact", "match_weight": 10.0, "text": "Same given name"},
        ],
    }  # fmt: skip
    view = View.of(["birth_date"], ["emails"])
    assert view is not None
    out = told(said, view)
    assert [one["attribute"] for one in out["comparisons"]] == ["given_name", "withheld"]
    assert sum(one["match_weight"] for one in out["comparisons"]) + said["prior"] == pytest.approx(said["total"])
    assert (out["would_flip"], out["forbidden_by"]) == ([], "withheld")
    assert "birth" not in json.dumps(out)
    assert told(said, View(frozenset(["crosswalk"])))["comparisons"] == said["comparisons"]


@given(st.sets(st.sampled_from([*HEADS, "attributes.tier", "identifiers.tax_id"]), min_size=1))
def test_only_what_is_named_is_told_and_all_of_it(named: set[str]) -> None:
    view = View.of(only=named)
    assert view is not None
    said = json.dumps(view.told(PROFILE))
    parts = {"attributes": ("attributes.tier",), "identifiers": ("identifiers.tax_id",)}
    for attribute, secrets in SECRETS.items():
        if attribute not in named and not named & {*parts.get(attribute, ())} and attribute in HEADS:
            assert not [secret for secret in secrets if secret in said], attribute
    assert ("platinum" in said) == bool(named & {"attributes", "attributes.tier"})
    assert ("blue eyes" in said) == ("attributes" in named)
    assert ("86095742719" in said) == bool(named & {"identifiers", "identifiers.tax_id"})
    assert ("9065606144" in said) == ("identifiers" in named)
    if "name" in named:
        assert view.told(PROFILE)["profile"]["name"] == PROFILE["profile"]["name"]


def test_what_is_hidden_stays_hidden_beside_only_and_a_mask_stays_a_mask() -> None:
    view = View.of(hidden=["emails"], masked=["phones"], only=["emails", "phones", "name"])
    assert view is not None
    told = view.told(PROFILE)
    assert told["profile"]["emails"] == []
    assert "5123455" not in json.dumps(told)
    assert {"emails", "birth_date", "crosswalk"} <= set(told["withheld"])
    assert told["masked"] == ["phones"]
    assert [view.shows(name) for name in ("emails", "phones", "name", "birth_date")] == [False, False, True, False]
