"""The contract of every inbound connector: what its mapping and its signature promise the hub."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.inbound import registry
from connectors.inbound.envelope import wrap
from connectors.inbound.registry import MappingError
from matching.canonical import from_nested, to_nested
from matching.model import default
from matching.normalise import normalise
from tests.contracts.inbound.payloads import CASES, URL, Case

SECRET = "a shared secret"
# No error may repeat what was sent: it could be anybody's name.
WRONG: tuple[Any, ...] = (
    [], {}, 7, -1.5, True, "", "hush-hush", ["hush-hush"], {"hush-hush": "hush-hush"}, [{"hush-hush": 1}], None,
)  # fmt: skip

every = pytest.mark.parametrize("name", sorted(CASES))


def payloads(case: Case) -> list[dict[str, Any]]:
    return [p for p in (case.full, case.deleted, case.withdrawn, case.merged, *case.more) if p]


def paths(value: Any, prefix: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*prefix, key)
        yield from paths(inner, (*prefix, key))


def changed(payload: Any, path: tuple[Any, ...], *value: Any) -> Any:
    """A copy in which the place is replaced, or removed when no value is given."""
    made = copy.deepcopy(payload)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    if value:
        inner[path[-1]] = value[0]
    else:
        del inner[path[-1]]
    return made


def outcome(name: str, payload: Any) -> tuple[list[dict[str, Any]], MappingError | None]:
    """The records, or the mapping error; any other exception is a breach and passes through."""
    try:
        return registry.mapping(name).to_nested(payload), None
    except MappingError as error:
        return [], error


def test_every_connector_has_a_case() -> None:
    assert registry.names() == sorted(CASES)


@every
def test_records_are_canonical(name: str) -> None:
    for payload in payloads(CASES[name]):
        for record in registry.mapping(name).to_nested(payload):
            read = from_nested(record, source_system="any")
            assert read.source_id == record["source_id"]
            assert "deleted" in record or record.get("partial") or not read.deleted
            assert json.loads(json.dumps(record)) == record
            assert record.get("occurred_at", "Z").endswith("Z")


@every
def test_full_record_says_who_it_is(name: str) -> None:
    (record,) = registry.mapping(name).to_nested(CASES[name].full)
    read = from_nested(record, source_system="any")
    assert read.name.given, read.name.family
    assert read.emails[0].value.endswith("@mail.example.com")
    assert any(i.type == "loyalty_id" and i.value == "9065606144" for i in read.identifiers)
    assert read.occurred_at is not None
    assert read.occurred_at.year >= 2025
    # What the nested form holds survives the canonical record: nothing was put where nobody reads it.
    again = to_nested(read)
    assert {k: again[k] for k in record if k not in ("occurred_at", "attributes")} == {
        k: v for k, v in record.items() if k not in ("occurred_at", "attributes")
    }


@every
def test_mapping_is_a_function_of_the_payload(name: str) -> None:
    connector = registry.mapping(name)
    for payload in payloads(CASES[name]):
        before = copy.deepcopy(payload)
        first = connector.to_nested(payload)
        assert payload == before
        assert connector.to_nested(json.loads(json.dumps(payload))) == first
        assert json.dumps(connector.to_nested(payload)) == json.dumps(first)


@every
def test_an_envelope_without_news_changes_nothing(name: str) -> None:
    connector = registry.mapping(name)
    assert connector.to_nested(wrap(CASES[name].full)) == connector.to_nested(CASES[name].full)


@every
def test_a_missing_field_is_left_out_or_named(name: str) -> None:
    for payload in payloads(CASES[name]):
        for path in paths(payload):
            records, error = outcome(name, changed(payload, path))
            assert error is None or error.field
            for record in records:
                from_nested(record, source_system="any")


@every
def test_a_wrong_field_is_named_and_never_repeated(name: str) -> None:
    for payload in payloads(CASES[name]):
        for path in paths(payload):
            for value in WRONG:
                _, error = outcome(name, changed(payload, path, value))
                assert error is None or (error.field in str(error) and "hush" not in str(error))


@every
@pytest.mark.parametrize("payload", [None, [], "text", 7, True, {}])
def test_what_is_no_record_is_refused(name: str, payload: Any) -> None:
    with pytest.raises(MappingError):
        registry.mapping(name).to_nested(payload)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@every
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_json_in_any_place_gives_records_or_a_mapping_error(name: str, data: st.DataObject) -> None:
    payload = data.draw(st.sampled_from(payloads(CASES[name])))
    path = data.draw(st.sampled_from(list(paths(payload))))
    _, error = outcome(name, changed(payload, path, data.draw(_JSON)))
    assert error is None or error.field


@every
def test_silence_about_consent_is_no_statement(name: str) -> None:
    case = CASES[name]
    payload = case.full
    for path in case.consent_paths:
        payload = changed(payload, path)
    (record,) = registry.mapping(name).to_nested(payload)
    assert "consents" not in record


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if c.withdrawn])
def test_an_opt_out_is_a_withdrawal_of_marketing_by_that_channel(name: str) -> None:
    (record,) = registry.mapping(name).to_nested(CASES[name].withdrawn or {})
    (statement,) = record["consents"]
    assert statement["purpose"] == "marketing"
    assert statement["channel"] == "email"
    assert statement["state"] == "withdrawn"
    assert statement["contact_point"].endswith("@mail.example.com")
    assert statement["captured_at"].startswith("2026-")


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if c.deleted])
def test_a_deletion_names_its_record_and_nothing_else(name: str) -> None:
    (record,) = registry.mapping(name).to_nested(CASES[name].deleted)
    assert record["deleted"] is True
    assert set(record) <= {"source_id", "deleted", "occurred_at"}


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if c.merged])
def test_a_merge_over_there_is_evidence_and_no_deletion(name: str) -> None:
    (record,) = registry.mapping(name).to_nested(CASES[name].merged or {})
    assert "deleted" not in record
    assert record["partial"] is True
    (relation,) = record["relations"]
    assert relation["type"] == "merged_into"
    assert relation["source_id"] not in ("", record["source_id"])


@pytest.mark.parametrize(
    ("name", "day"),
    [
        (name, day)
        for name, case in CASES.items()
        for day in ("1900-01-01", "1004-02-03", "0000-02-03")
        # OData has no year 0.
        if case.birth and not (name == "sap" and day.startswith("0000"))
    ],
)
def test_a_dummy_birth_date_is_no_evidence(name: str, day: str) -> None:
    key, written = CASES[name].birth or ("", str)
    (record,) = registry.mapping(name).to_nested(CASES[name].full | {key: written(day)})
    assert "birth_date" not in record
    assert normalise(from_nested(record, source_system="any"), default()).birth == ""
    assert record.get("attributes", {}).get("birthday") == (None if day.startswith("1900") else "02-03")


@every
def test_nul_bytes_and_blanks_are_no_values(name: str) -> None:
    case = CASES[name]
    for path in paths(case.full):
        records, _ = outcome(name, changed(case.full, path, " \x00 "))
        assert "\\u0000" not in json.dumps(records)


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if c.sign])
def test_a_signature_lets_in_its_own_body_only(name: str) -> None:
    connector, sign = registry.mapping(name), CASES[name].sign
    assert sign is not None
    body = json.dumps(CASES[name].full).encode()
    headers = dict(sign(SECRET, body))
    assert connector.verify(headers, body, SECRET, URL)
    assert connector.verify({k.lower(): v for k, v in headers.items()}, body, SECRET, URL)
    assert not connector.verify(headers, body + b" ", SECRET, URL)
    assert not connector.verify(headers, body, "another secret", URL)
    assert not connector.verify({}, body, SECRET, URL)
    assert not connector.verify(dict.fromkeys(headers, ""), body, SECRET, URL)
    assert not connector.verify(dict.fromkeys(headers, "é\x00"), body, SECRET, URL)
    # An unset secret must not be one that everybody knows.
    assert not connector.verify(dict(sign("", body)), body, "", URL)


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if not c.sign])
def test_without_a_vendors_signature_nothing_is_let_in(name: str) -> None:
    assert not registry.mapping(name).verify({"Authorization": SECRET}, b"{}", SECRET, URL)
