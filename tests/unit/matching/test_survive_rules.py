"""Every word of a survivorship policy, by example; then the laws that hold for every policy and every cluster."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from matching.canonical import from_nested
from matching.policy import Policy
from matching.retelling import retell
from matching.survive import DEFAULT, Member, Survived, survive

START = datetime(2026, 1, 1, tzinfo=UTC)


def member(system: str, day: int = 0, *, kind: str = "", source_id: str = "1", **said: Any) -> Member:
    """A record of a system of the kind of that name, said on a day of 2026."""
    record = from_nested({"source_id": source_id, **said}, source_system=system)
    return Member(record, kind or system.partition("_")[0], START + timedelta(days=day), hash_of(system, source_id))


def hash_of(system: str, source_id: str) -> int:
    return int.from_bytes(f"{source_id}{system}".encode()[:7])


def follow(rules: str, *members: Member) -> Survived:
    """The golden record of these by a policy with these attributes (in flow style)."""
    policy = Policy.read(f"format: 1\nname: t\nattributes: {rules}\n")
    there = survive(list(members), policy)
    assert survive(list(reversed(members)), policy) == there
    return there


def lost(survived: Survived, attribute: str) -> list[tuple[str, str]]:
    return [(r["record"], r["lost_because"]) for r in survived.provenance[attribute]["runners_up"]]


def test_nobody_but_the_owner_sets_what_has_one() -> None:
    crm = member("crm", 9, attributes={"payment_terms": "NET90"})
    erp = member("erp", 1, attributes={"payment_terms": "NET30"})
    both = follow("{attributes.payment_terms: {owner: erp}}", crm, erp)
    assert both.profile["attributes"] == {"payment_terms": "NET30"}
    assert both.provenance["attributes.payment_terms"]["rule"] == "owner"
    assert both.provenance["attributes.payment_terms"]["source"] == "erp"
    ((record, why),) = lost(both, "attributes.payment_terms")
    assert (record, why) == (
        "crm:1", "another system owns this attribute: only systems of the kind erp may set it"
    )  # fmt: skip
    alone = follow("{attributes.payment_terms: {owner: erp}}", crm)
    assert alone.profile["attributes"] == {}
    assert alone.provenance["attributes.payment_terms"]["record"] is None
    assert lost(alone, "attributes.payment_terms")[0][0] == "crm:1"


def test_the_shipped_policy_makes_no_system_the_master_of_all() -> None:
    said = {"payment_terms": "NET30", "points_balance": 7, "tier": "gold", "preferences": "mail", "shoe_size": 40}
    members = [member(s, i, attributes=said) for i, s in enumerate(("crm", "erp", "loyalty", "pos"))]
    why = survive(members, DEFAULT).provenance
    assert {key: found["source"] for key, found in why.items()} == {
        "attributes.payment_terms": "erp", "attributes.points_balance": "loyalty", "attributes.tier": "loyalty",
        "attributes.preferences": "crm", "attributes.shoe_size": "pos",
    }  # fmt: skip
    assert survive(members[3:], DEFAULT).profile["attributes"] == {"shoe_size": 40}


def test_sources_are_named_by_code_or_kind_or_just_one_of_both() -> None:
    us, eu = member("erp_us", 2, birth_date="1980-01-02"), member("erp_eu", 1, birth_date="1981-01-02")
    shop = member("web", 3, kind="erp", birth_date="1982-01-02")
    for name, winner in (("erp_eu", "1981"), ("system:erp_us", "1980"), ("kind:erp", "1982"), ("erp", "1982")):
        assert follow(f"{{birth_date: {{from: '{name}'}}}}", us, eu, shop).profile["birth_date"][:4] == winner
    assert "birth_date" not in follow("{birth_date: {from: 'system:erp'}}", us, eu, shop).profile
    assert follow("{birth_date: {except: [erp_us, system:web]}}", us, eu, shop).profile["birth_date"][:4] == "1981"


@pytest.mark.parametrize(
    ("rules", "winner", "why"),
    [
        ("most_recent", "NEW", "older (2026-01-02 against 2026-01-10)"),
        ("most_frequent", "twice", "said by fewer records (1 against 2)"),
        ("longest", "the longest of all", "shorter"),
        ("most_complete", "the longest of all", "less complete"),
        ("highest_quality", "NEW", "older (2026-01-02 against 2026-01-10)"),
        ("{sources: [pos, erp]}", "the longest of all", "another source ranks higher"),
    ],
)
def test_how_one_text_is_better_than_another(rules: str, winner: str, why: str) -> None:
    members = [
        member("crm", 9, attributes={"x": "NEW"}),
        member("pos", 1, attributes={"x": "the longest of all"}),
        member("erp", 0, attributes={"x": "twice"}),
        member("web", 0, attributes={"x": "twice"}),
        member("old", 8, attributes={"x": "n/a"}),
    ]
    found = follow(f"{{attributes.x: {rules}}}", *members)
    assert found.profile["attributes"]["x"] == winner
    assert why in [reason for _, reason in lost(found, "attributes.x")]


def test_minimum_and_maximum_compare_numbers_and_dates_and_leave_out_the_rest() -> None:
    numbers = [
        member("a", i, source_id=str(i), attributes={"x": x}) for i, x in enumerate((5, "12", "soon", 3.5, True))
    ]
    assert follow("{attributes.x: minimum}", *numbers).profile["attributes"]["x"] == 3.5
    assert follow("{attributes.x: maximum}", *numbers).profile["attributes"]["x"] == "12"
    words = [member("a", i, source_id=str(i), attributes={"x": x}) for i, x in enumerate(("soon", "later", True))]
    assert follow("{attributes.x: minimum}", *words).profile["attributes"] == {}
    assert follow("{attributes.x: [{rule: minimum, from: [a]}, longest]}", *words).profile["attributes"] == {
        "x": "later"
    }
    dates = [member("a", 1, birth_date="1990-05-01"), member("b", 2, birth_date="1980-05-01")]
    assert follow("{birth_date: minimum}", *dates).profile["birth_date"] == "1980-05-01"
    assert lost(follow("{birth_date: minimum}", *dates), "birth_date") == [("a:1", "greater")]


def test_trust_halves_with_age_and_needs_no_clock() -> None:
    erp, pos = member("erp", 0, birth_date="1980-02-02"), member("pos", 99, birth_date="1981-02-02")
    rules = "{{birth_date: {{trust: {{erp: 1, pos: 0.5}}, half_life: {} days}}}}"
    # The till is trusted half as much, which is worth one half-life of age: a hundred days outweigh 99 of them.
    assert follow(rules.format(100), erp, pos).profile["birth_date"] == "1980-02-02"
    assert follow(rules.format(98), erp, pos).profile["birth_date"] == "1981-02-02"
    assert lost(follow(rules.format(98), erp, pos), "birth_date") == [
        ("erp:1", "trusted less, for its source or its age")
    ]
    assert follow("{birth_date: {trust: {others: 0.1, erp: 0.2}}}", erp, pos).profile["birth_date"] == "1980-02-02"


def test_conditions_ask_kind_country_and_source_of_the_golden_record() -> None:
    rules = ("{birth_date: [{when: {country: [DE, NO]}, rule: minimum}, {when: {source: erp}, rule: maximum}, "
             "{when: {kind: organisation}, rule: ignore}, most_recent]}")  # fmt: skip

    def pair(one: str, other: str, kind: str = "person", **address: str) -> Any:
        said = {"kind": kind, "addresses": [{"city": "X", **address}]}
        members = member(one, 1, birth_date="1970-02-02", **said), member(other, 0, birth_date="1960-02-02", **said)
        return follow(rules, *members, member("z", 0, birth_date="1980-02-02", kind="z")).profile.get("birth_date")

    assert pair("crm", "pos", country="DE") == "1960-02-02"
    assert pair("crm", "pos", country="NO") == "1960-02-02"
    assert pair("crm", "erp", country="FR") == "1980-02-02"
    assert pair("crm", "pos", country="FR") == "1970-02-02"


def test_a_chain_falls_back_until_somebody_says_something() -> None:
    rules = "{birth_date: [{from: erp}, {from: crm}, most_recent]}"
    erp, crm, pos = (member(s, i, birth_date=f"198{i}-02-02") for i, s in enumerate(("erp", "crm", "pos")))
    assert follow(rules, erp, crm, pos).profile["birth_date"] == "1980-02-02"
    assert follow(rules, crm, pos).profile["birth_date"] == "1981-02-02"
    assert follow(rules, pos).profile["birth_date"] == "1982-02-02"
    assert lost(follow(rules, erp, pos), "birth_date") == [
        ("pos:1", "the policy does not take this value from this source")
    ]


def test_collections_keep_every_value_ranked_with_one_primary() -> None:
    mails = [
        member("crm", 1, emails=[{"value": "old@x.org"}, {"value": "both@x.org"}]),
        member("pos", 9, emails=[{"value": "new@x.org"}]),
        member("web", 2, emails=[{"value": "sure@x.org", "verified": True}, {"value": "both@x.org"}]),
    ]

    def values(rules: str) -> list[str]:
        found = follow(f"{{emails: {rules}}}", *mails)
        assert [e["primary"] for e in found.profile["emails"]] == [not i for i in range(len(found.profile["emails"]))]
        assert all(found.provenance[f"emails[{i}]"]["record"] for i in range(len(found.profile["emails"])))
        return [e["value"].partition("@")[0] for e in found.profile["emails"]]

    assert values("collect") == ["both", "new", "sure", "old"]
    assert values("{order: highest_quality}") == ["sure", "new", "both", "old"]
    assert values("{order: [highest_quality, most_recent], limit: 2}") == ["sure", "new"]
    assert values("most_recent") == ["new"]
    assert values("{sources: [crm], rule: collect}")[:2] == ["both", "old"]
    assert values("{owner: pos}") == ["new"]
    assert values("{owner: erp}") == []
    assert values("ignore") == []
    refused = follow("{emails: {owner: erp}}", *mails).provenance["emails"]
    assert refused["record"] is None
    assert len(refused["runners_up"]) == 4
    limited = follow("{emails: {order: most_recent, limit: 1}}", *mails)
    assert ("crm:1", "beyond the number of values that the policy keeps") in lost(limited, "emails[0]")


def test_types_of_identifiers_and_addresses_have_rules_of_their_own() -> None:
    erp = member("erp", 1, identifiers=[{"type": "tax_id", "value": "111222"}, {"type": "loyalty_id", "value": "7"}])
    crm = member("crm", 2, identifiers=[{"type": "tax_id", "value": "333444"}, {"type": "loyalty_id", "value": "8"}])
    found = survive([erp, crm], DEFAULT)
    assert [(i["type"], i["value"]) for i in found.profile["identifiers"]] == [
        ("loyalty_id", "8"), ("loyalty_id", "7"), ("tax_id", "111222"),
    ]  # fmt: skip
    assert survive([crm], DEFAULT).profile["identifiers"][-1]["value"] == "333444"
    both = [member(s, addresses=[{"type": t, "city": f"{s} {t}"} for t in ("billing", "home")]) for s in ("erp", "crm")]
    cities = [a["city"] for a in follow("{addresses.billing: {owner: erp}}", *both).profile["addresses"]]
    assert sorted(cities) == ["crm home", "erp billing", "erp home"]


def test_free_attributes_collect_into_a_list_and_the_longest_pattern_counts() -> None:
    members = [member("crm", i, source_id=str(i), attributes={"tag_a": t, "tag_b": t}) for i, t in enumerate("xyx")]
    found = follow("{attributes.tag_*: collect, attributes.tag_b: most_recent, attributes.*: ignore}", *members)
    assert found.profile["attributes"] == {"tag_a": ["x", "y"], "tag_b": "x"}
    assert found.provenance["attributes.tag_a[1]"]["record"] == "crm:1"


def test_a_group_survives_whole_from_one_record() -> None:
    policy = Policy.read(
        "format: 1\nname: t\nattributes: {}\ngroups:\n  account:\n"
        "    attributes: [organisation, attributes.legal_form, attributes.vat]\n    rule: most_complete\n"
    )
    crm = member("crm", 9, organisation={"name": "Acme"}, attributes={"vat": "1", "other": 1})
    erp = member("erp", 1, organisation={"name": "ACME Holding"}, attributes={"vat": "2", "legal_form": "Ltd"})
    pos = member("pos", 5, attributes={"vat": "3"})
    found = survive([crm, erp, pos], policy)
    assert found.profile["organisation"] == {"name": "ACME Holding"}
    assert found.profile["attributes"] == {"legal_form": "Ltd", "vat": "2", "other": 1}
    assert found.provenance["attributes.vat"]["group"] == "account"
    assert lost(found, "attributes.vat") == [("crm:1", "less complete"), ("pos:1", "less complete")]
    # What the winner does not say stays empty: no organisation is put together of two.
    part = survive([crm, pos], policy)
    assert part.profile["attributes"] == {"vat": "1", "other": 1}
    mixed = survive([pos, member("web", 6, attributes={"legal_form": "GmbH", "vat": "4"})], policy)
    assert mixed.profile.get("organisation") is None


def test_of_equal_records_the_order_of_their_hashes_decides() -> None:
    one, two = member("a", 1, birth_date="1980-02-02"), member("b", 1, birth_date="1981-02-02")
    found = follow("{birth_date: most_frequent}", one, two)
    first = min(one, two, key=lambda m: m.order)
    assert found.provenance["birth_date"]["record"] == first.record.address
    assert lost(found, "birth_date")[0][1].startswith("as good in every way")


def test_provenance_is_retold_in_plain_words() -> None:
    crm, erp = member("crm", 9, attributes={"payment_terms": "NET90"}), member("erp", 1, birth_date="1980-02-02")
    told = retell(follow("{attributes.payment_terms: {owner: erp}, birth_date: most_recent}", crm, erp).provenance)
    assert told == {
        "birth_date": "birth_date comes from erp:1 (2026-01-02): it is the newest.",
        "attributes.payment_terms": "There is no attributes.payment_terms: nobody who may set it says one. crm:1 lost: "
        "another system owns this attribute: only systems of the kind erp may set it.",
    }
