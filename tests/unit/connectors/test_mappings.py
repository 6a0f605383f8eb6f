"""What single vendors do that the contract does not cover."""

from __future__ import annotations

import pytest

from connectors.inbound import registry
from connectors.inbound.envelope import wrap
from connectors.inbound.registry import MappingError
from tests.contracts.inbound.payloads import CASES


def one(name: str, payload: object) -> dict:
    (record,) = registry.mapping(name).to_nested(payload)  # type: ignore[arg-type]
    return record


def test_registry_hands_out_every_connector() -> None:
    seen: list[str] = []
    registry.register_all(lambda connector: seen.append(connector.name))
    assert seen == ["loyaltylion", "salesforce", "sap", "shopify", "square"]
    with pytest.raises(KeyError):
        registry.mapping("fax")


def test_salesforce_street_lines_and_times() -> None:
    record = one("salesforce", CASES["salesforce"].full)
    assert record["addresses"] == [
        {"type": "home", "street": "Lindenstr. 14", "unit": "Hinterhaus", "city": "Berlin", "postal_code": "10969",
        "country": "DE"}
    ]  # fmt: skip
    assert record["occurred_at"] == "2026-11-20T10:00:00Z"
    assert record["relations"] == [{"type": "contact_of", "source_id": "001ACC9"}]
    assert record["name"]["former_family"] == ["Schmidt"]
    assert record["attributes"]["Title"] == "Buyer"


def test_salesforce_unticked_boxes_say_nothing() -> None:
    assert "consents" not in one("salesforce", CASES["salesforce"].full | {"HasOptedOutOfEmail": False})


def test_salesforce_opt_outs_are_withdrawals_of_their_channel() -> None:
    record = one("salesforce", CASES["salesforce"].full | {"DoNotCall": True, "HasOptedOutOfFax": True})
    said = {(c["channel"], c["state"], c.get("contact_point")) for c in record["consents"]}
    assert said == {("email", "withdrawn", "alice@mail.example.com"), ("phone", "withdrawn", None),
                    ("fax", "withdrawn", None)}  # fmt: skip


def test_salesforce_individual_and_its_contact_point_types() -> None:
    by_type = {"ContactPointType": "Email", "PrivacyConsentStatus": "OptIn", "CaptureDate": "2026-01-01T00:00:00Z",
               "CaptureSource": "Web", "EffectiveTo": "2027-01-01T00:00:00Z",
               "DoubleConsentCaptureDate": "2026-01-02T00:00:00Z"}  # fmt: skip
    individual = {
        "HasOptedOutSolicit": True,
        "HasOptedOutProfiling": False,
        "HasOptedOutProcessing": True,
        "LastModifiedDate": "2026-03-01T00:00:00Z",
        "ContactPointTypeConsents": {"records": [by_type]},
    }
    contact = CASES["salesforce"].full | {"HasOptedOutOfEmail": False, "Individual": individual}
    everything, marketing, email = one("salesforce", contact)["consents"]
    assert (everything["purpose"], everything["channel"], everything["state"]) == ("*", "*", "withdrawn")
    assert (marketing["purpose"], marketing["captured_at"]) == ("marketing", "2026-03-01T00:00:00Z")
    assert email == {"purpose": "marketing", "channel": "email", "state": "granted", "proof": "Web",
                     "captured_at": "2026-01-02T00:00:00Z", "effective_to": "2027-01-01T00:00:00Z",
                     "double_opt_in": True}  # fmt: skip
    for wrong in ({"PrivacyConsentStatus": "Perhaps"}, {"ContactPointType": None}):
        with pytest.raises(MappingError, match="ContactPointTypeConsents"):
            one("salesforce", contact | {"ContactPointTypeConsents": [by_type | wrong]})


def test_salesforce_change_event_names_several_records() -> None:
    event = {"ChangeEventHeader": {"recordIds": ["A", "B"], "changeType": "DELETE", "commitTimestamp": 1763632800000}}
    records = registry.mapping("salesforce").to_nested(event)
    assert [r["source_id"] for r in records] == ["A", "B"]
    assert all(r["deleted"] and r["occurred_at"] == "2025-11-20T10:00:00Z" for r in records)


def test_salesforce_update_event_is_partial_and_a_gap_asks_for_a_fetch() -> None:
    (change,) = CASES["salesforce"].more
    record = one("salesforce", change)
    assert record["partial"] is True
    assert record["name"] == {"given": "Alice", "family": "Meyer"}
    with pytest.raises(MappingError, match="fetch"):
        one("salesforce", {"ChangeEventHeader": {"recordIds": ["A"], "changeType": "GAP_UPDATE"}})


def test_loyaltylion_gives_the_shop_ids_that_shopify_gives_for_itself() -> None:
    member = one("loyaltylion", CASES["loyaltylion"].full)
    shopper = one("shopify", CASES["shopify"].full)
    theirs = {"type": "shop_customer_id", "value": "7001"}
    assert theirs in member["identifiers"]
    assert theirs in shopper["identifiers"]
    assert member["attributes"]["tier"] == "Gold"
    assert member["name"] == {"given": "Bob", "family": "Jones"}


def test_loyaltylion_headless_birthday_has_no_year() -> None:
    record = one("loyaltylion", CASES["loyaltylion"].more[0])
    assert "birth_date" not in record
    assert record["attributes"] == {"birthday": "02-03"}
    assert record["occurred_at"] == "2026-05-01T08:00:00Z"


def test_shopify_states() -> None:
    said = {"state": "subscribed", "consent_updated_at": "2025-01-01T00:00:00Z"}
    for state, ours in (("subscribed", "granted"), ("unsubscribed", "withdrawn"), ("pending", "pending")):
        record = one("shopify", CASES["shopify"].full | {"email_marketing_consent": said | {"state": state}})
        assert [c["state"] for c in record["consents"]] == [ours]
    for state in ("not_subscribed", "redacted", "invalid"):
        # None of them may lift or make a withdrawal.
        assert "consents" not in one("shopify", CASES["shopify"].full | {"email_marketing_consent": {"state": state}})
    with pytest.raises(MappingError, match="must be one of"):
        one("shopify", CASES["shopify"].full | {"email_marketing_consent": {"state": "maybe"}})


def test_shopify_snapshot_without_a_time_is_no_new_grant() -> None:
    """A subscriber who moves house has not subscribed again: what was withdrawn elsewhere meanwhile stands."""
    moved = CASES["shopify"].full | {
        "email_marketing_consent": {"state": "SUBSCRIBED", "consent_updated_at": None},
        "created_at": "2024-05-01T00:00:00Z",
        "updated_at": "2026-05-01T00:00:00Z",
    }
    (statement,) = one("shopify", moved)["consents"]
    assert statement["captured_at"] == "2024-05-01T00:00:00Z"
    assert "double_opt_in" not in statement
    (statement,) = one("shopify", moved | {"email_marketing_consent": {"state": "unsubscribed"}})["consents"]
    assert statement["captured_at"] == "2026-05-01T00:00:00Z"
    topic = {"customer_id": 1, "email_address": "a@example.com", "email_marketing_consent": {"state": "subscribed"}}
    (statement,) = one("shopify", wrap(topic, topic="customers_email_marketing_consent/update",
                                       triggered_at="2026-05-01T00:00:00Z"))["consents"]  # fmt: skip
    assert statement["captured_at"] == "2026-05-01T00:00:00Z"


def test_shopify_confirmed_opt_in_is_a_double_one() -> None:
    (statement,) = one("shopify", CASES["shopify"].full)["consents"]
    assert statement["double_opt_in"] is True


def test_shopify_address_is_named_once_and_guests_by_their_delivery() -> None:
    record = one("shopify", CASES["shopify"].full | {"first_name": None, "last_name": None})
    assert len(record["addresses"]) == 1
    assert record["name"] == {"given": "Charlie", "family": "Brown"}
    assert [p["value"] for p in record["phones"]] == ["+447400123456", "+441132000000"]


def test_shopify_asks_for_privacy_about_one_record_and_sends_none() -> None:
    (sms,) = CASES["shopify"].more
    assert one("shopify", sms)["consents"][0]["channel"] == "sms"
    shop = {"shop_id": 1, "shop_domain": "a.example.com"}
    customer = {"customer": {"id": 7001, "email": "charlie@mail.example.com"}}
    redact, request = shop | customer | {"orders_to_redact": []}, shop | customer | {"data_request": {"id": 1}}
    for asked, kind in ((redact, "erasure"), (request, "access")):
        assert registry.mapping("shopify").privacy(asked) == (kind, "7001")
    topic = wrap(redact, topic="customers/redact", triggered_at="2026-01-01T00:00:00Z")
    assert registry.mapping("shopify").privacy(topic) == ("erasure", "7001")
    for nobody in (sms, shop):
        assert registry.mapping("shopify").privacy(nobody) is None
    for asked in (shop, redact, request):
        with pytest.raises(MappingError, match="privacy request"):
            one("shopify", asked)
    assert registry.mapping("square").privacy(redact) is None


def test_shopify_merge_that_failed_changed_nothing() -> None:
    assert registry.mapping("shopify").to_nested((CASES["shopify"].merged or {}) | {"status": "FAILED"}) == []


def test_shopify_topic_decides_where_the_payload_cannot() -> None:
    bare = {"id": 7001, "first_name": "Charlie"}
    assert "deleted" not in one("shopify", wrap(bare, topic="customers/update"))
    assert one("shopify", wrap(bare, topic="customers/delete"))["deleted"] is True


def test_square_survivor_names_those_it_was_made_of() -> None:
    survivor, *absorbed = registry.mapping("square").to_nested(CASES["square"].more[1])
    assert survivor["name"] == {"given": "Bob", "family": "Jones"}
    assert [(a["source_id"], a["relations"][0]["source_id"]) for a in absorbed] == [("A", "NEW"), ("B", "NEW")]
    assert not any(a.get("deleted") for a in absorbed)


def test_square_company_without_a_person_is_an_organisation() -> None:
    record = one("square", {"id": "X", "company_name": "Jones Print Ltd"})
    assert (record["kind"], record["organisation"]) == ("organisation", {"name": "Jones Print Ltd"})
    assert one("square", CASES["square"].full)["kind"] == "person"


def test_sap_dates_addresses_and_relations() -> None:
    record = one("sap", CASES["sap"].full)
    assert record["birth_date"] == "1984-03-12"
    assert record["occurred_at"] == "2025-11-20T10:00:05Z"
    assert record["emails"][0]["value"] == "alice@mail.example.com"
    assert record["addresses"][0]["street"] == "Lindenstr. 14"
    assert record["relations"] == [{"type": "contact_of", "source_id": "1000001"}]
    assert {"type": "tax_id", "issuer": "DE0", "value": "DE136695976"} in record["identifiers"]
    assert "consents" not in record


@pytest.mark.parametrize(
    ("written", "read"),
    [("/Date(0)/", "1970-01-01"), ("/Date(-86400000)/", "1969-12-31"), ("/Date(447897600000+0000)/", "1984-03-12"),
     ("1984-03-12T00:00:00", "1984-03-12")],
)  # fmt: skip
def test_sap_ticks(written: str, read: str) -> None:
    assert one("sap", CASES["sap"].full | {"BirthDate": written})["birth_date"] == read


def test_sap_impossible_ticks_are_named() -> None:
    for value in ("/Date(yesterday)/", "/Date(999999999999999)/"):
        with pytest.raises(MappingError, match="BirthDate"):
            one("sap", CASES["sap"].full | {"BirthDate": value})


def test_sap_page_holds_persons_and_organisations() -> None:
    person, company = registry.mapping("sap").to_nested(CASES["sap"].more[1])
    assert person["kind"] == "person"
    assert company == {"source_id": "1000001", "kind": "organisation", "organisation": {"name": "Meyer GmbH"}}


def test_sap_house_number_stands_where_its_country_puts_it() -> None:
    place = {"StreetName": "Oak Street", "HouseNumber": "5", "Country": "US", "ValidityEndDate": "/Date(1000)/"}
    record = one("sap", CASES["sap"].full | {"to_BusinessPartnerAddress": {"results": [place]}})
    assert record["addresses"] == [{"type": "former", "street": "5 Oak Street", "country": "US"}]
