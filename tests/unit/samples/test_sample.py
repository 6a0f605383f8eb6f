"""The sample: what it is made of, that it is the same for the same seed, and that it is hard."""

from __future__ import annotations

import csv
import itertools
import json
from collections import Counter
from pathlib import Path

import phonenumbers
import pytest
from stdnum import luhn
from stdnum.de import vat as german_vat
from stdnum.fr import tva as french_vat
from stdnum.gb import vat as british_vat

from connectors.inbound import registry
from matching.canonical import from_flat, from_nested
from matching.records import CanonicalRecord
from samples import SYSTEMS, Summary, generate
from samples.__main__ import main
from samples.baseline import equal_identifiers, pairwise

CONNECTORS = {"crm": "salesforce", "loyalty": "loyaltylion", "ecommerce": "shopify", "pos": "square", "erp": "sap"}
Address = tuple[str, str]


@pytest.fixture(scope="module")
def payloads(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    out = tmp_path_factory.mktemp("payloads")
    return out, generate(out, seed=1)


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("flat")
    generate(out, seed=1, format="flat")
    return out


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def truth_of(out: Path) -> dict[Address, str]:
    return {(row["source_system"], row["source_id"]): row["truth"] for row in rows(out / "truth.csv")}


def records_of(out: Path) -> dict[Address, CanonicalRecord]:
    found: dict[Address, CanonicalRecord] = {}
    for system, connector in CONNECTORS.items():
        for line in (out / f"{system}.ndjson").read_text(encoding="utf-8").splitlines():
            for nested in registry.mapping(connector).to_nested(json.loads(line)):
                record = from_nested(nested, source_system=system)
                assert (system, record.source_id) not in found
                found[system, record.source_id] = record
    return found


def test_about_2000_records_of_900_persons_in_five_systems(payloads: tuple[Path, Summary]) -> None:
    out, summary = payloads
    assert 1_850 <= summary.total <= 2_150
    assert summary.persons == 900
    assert all(summary.records[system] > 150 for system in SYSTEMS)
    truth = truth_of(out)
    assert len(truth) == summary.total
    assert len(set(truth.values())) == summary.entities
    assert sum(t.startswith("p") for t in set(truth.values())) == 900
    assert Counter(system for system, _ in truth) == summary.records


def test_every_payload_maps_to_one_record_of_the_truth(payloads: tuple[Path, Summary]) -> None:
    out, _ = payloads
    assert records_of(out).keys() == truth_of(out).keys()


def test_payloads_and_flat_rows_say_the_same(payloads: tuple[Path, Summary], flat: Path) -> None:
    assert truth_of(payloads[0]) == truth_of(flat)
    nested = records_of(payloads[0])
    for row in rows(flat / "records.csv"):
        ours, theirs = nested[row["source_system"], row["source_id"]], from_flat(row)
        assert ours.kind == theirs.kind
        assert (ours.name.given, ours.name.middle) == (theirs.name.given, theirs.name.middle)
        assert {e.value for e in ours.emails} == {e.value for e in theirs.emails}
        assert {p.value for p in ours.phones} == {p.value for p in theirs.phones}
        assert {a.postal_code for a in ours.addresses if a.postal_code} == {
            a.postal_code for a in theirs.addresses if a.postal_code
        }
        assert {(i.type, i.value) for i in theirs.identifiers} <= {(i.type, i.value) for i in ours.identifiers}
        assert ours.occurred_at == theirs.occurred_at


def test_same_seed_same_bytes_other_seed_other_people(payloads: tuple[Path, Summary], tmp_path: Path) -> None:
    out, _ = payloads
    generate(tmp_path / "again", seed=1)
    generate(tmp_path / "other", seed=2)
    for path in sorted(out.iterdir()):
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()
        assert path.read_bytes() != (tmp_path / "other" / path.name).read_bytes()
    mine = {e.value.lower() for r in records_of(out).values() for e in r.emails}
    others = {e.value.lower() for r in records_of(tmp_path / "other").values() for e in r.emails}
    assert len(mine & others) < 0.02 * len(mine)
    assert not records_of(out).keys() & records_of(tmp_path / "other").keys()


def test_files_do_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    one = generate(tmp_path / "one", seed=5, persons=8_100, processes=1)
    two = generate(tmp_path / "two", seed=5, persons=8_100, processes=2)
    assert one.records == two.records
    assert one.difficulties == two.difficulties
    for path in one.files:
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    assert len(truth_of(tmp_path / "one")) == one.total, "an id was given twice"


def test_size_is_in_records(tmp_path: Path) -> None:
    for asked in (500, 20_000):
        assert abs(generate(tmp_path, seed=3, records=asked).total / asked - 1) < 0.06


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_equal_identifiers_do_not_solve_it(seed: int, tmp_path: Path) -> None:
    generate(tmp_path, seed=seed, format="flat")
    held, truth = rows(tmp_path / "records.csv"), truth_of(tmp_path)
    assert pairwise(equal_identifiers(held), truth).f1 <= 0.75
    # Nor when values that many share, such as test@test.com, are left out.
    assert pairwise(equal_identifiers(held, drop_shared_by=7), truth).f1 <= 0.75


def test_the_trivial_matcher_and_its_measure() -> None:
    held = [
        {"source_system": "a", "source_id": "1", "email": "Alice@x.example", "phone": "", "loyalty_id": ""},
        {"source_system": "a", "source_id": "2", "email": "alice@X.example ", "phone": "0151/23", "loyalty_id": ""},
        {"source_system": "b", "source_id": "3", "email": "", "phone": "015 123", "loyalty_id": ""},
        {"source_system": "b", "source_id": "4", "email": "", "phone": "", "loyalty_id": "7"},
    ]
    clusters = equal_identifiers(held)
    assert clusters["a", "1"] == clusters["a", "2"] == clusters["b", "3"] != clusters["b", "4"]
    quality = pairwise(clusters, {("a", "1"): "x", ("a", "2"): "x", ("b", "3"): "y", ("b", "4"): "y"})
    assert (round(quality.precision, 3), quality.recall, quality.f1) == (0.333, 0.5, 0.4)
    apart = equal_identifiers(held, drop_shared_by=2)
    assert len(set(apart.values())) == 4


DIFFICULTIES = {
    "typo in the given name": 0.015, "typo in the family name": 0.02, "nickname": 0.04, "maiden name": 0.02,
    "name fields swapped": 0.01, "former address": 0.06, "e-mail shared by a family": 0.04, "twin": 0.01,
    "father and son of one name": 0.002, "work phone": 0.01, "dummy e-mail": 0.005, "dummy phone": 0.004,
    "dummy birth date": 0.004, "diacritics": 0.04, "diacritics lost": 0.01, "all capitals": 0.04,
    "name cut short": 0.004,
    "street cut short": 0.004, "no e-mail": 0.1, "no phone": 0.1, "no address": 0.1, "duplicate within a system": 0.03,
    "B2B contact": 0.004, "organisation": 0.004, "initial only": 0.01, "country US": 0.2, "country GB": 0.15,
    "country DE": 0.15, "country FR": 0.1,
}  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_everything_that_is_hard_in_life_is_in_it(seed: int, tmp_path: Path) -> None:
    summary = generate(tmp_path, seed=seed)
    shares = {name: summary.difficulties.get(name, 0) / summary.total for name in DIFFICULTIES}
    assert {name: share for name, share in shares.items() if share < DIFFICULTIES[name]} == {}


def test_shared_contact_points_are_shared(payloads: tuple[Path, Summary]) -> None:
    truth, people = truth_of(payloads[0]), records_of(payloads[0])
    emails: dict[str, set[str]] = {}
    phones: dict[str, set[str]] = {}
    for address, record in people.items():
        for email in record.emails:
            emails.setdefault(email.value.lower(), set()).add(truth[address])
        for phone in record.phones:
            phones.setdefault(phone.value, set()).add(truth[address])
    assert len(emails["test@test.com"]) >= 3
    assert sum(len(holders) > 1 for holders in emails.values()) >= 20
    assert sum(len(holders) > 1 for holders in phones.values()) >= 15


def test_b2b_contacts_belong_to_companies_that_are_there(payloads: tuple[Path, Summary]) -> None:
    records = records_of(payloads[0])
    contacts = [r for r in records.values() if r.relations]
    assert contacts
    for contact in contacts:
        (relation,) = contact.relations
        company = records["erp", relation["source_id"]]
        assert company.kind == "organisation"
        assert company.organisation_name


def test_numbers_are_formed_as_in_their_countries(payloads: tuple[Path, Summary]) -> None:
    records = records_of(payloads[0]).values()
    valid = total = 0
    for record in records:
        country = record.addresses[0].country if record.addresses else None
        for phone in record.phones:
            if not phone.value.startswith("+") and country not in ("US", "GB", "DE", "FR"):
                continue
            total += 1
            try:
                valid += phonenumbers.is_valid_number(phonenumbers.parse(phone.value, country))
            except phonenumbers.NumberParseException:
                continue
    assert valid / total > 0.9
    tax = {"DE": german_vat, "GB": british_vat, "FR": french_vat}
    checked = 0
    for record in records:
        for identifier in record.identifiers:
            if identifier.type == "tax_id" and identifier.value[:2] in tax:
                assert tax[identifier.value[:2]].is_valid(identifier.value)
                checked += 1
            if identifier.type == "loyalty_id" and record.source_system == "loyalty":
                assert luhn.is_valid(identifier.value)
    assert checked >= 5


def test_mail_goes_nowhere(payloads: tuple[Path, Summary]) -> None:
    """Every address but the well-known dummies and mistyped ones is under a domain reserved by RFC 2606."""
    records = records_of(payloads[0]).values()
    domains = Counter(e.value.lower().rpartition("@")[2] for r in records for e in r.emails)
    reserved = sum(n for d, n in domains.items() if d.endswith((".example.com", ".example.net", ".example.org")))
    assert reserved / domains.total() > 0.95


def test_order_and_ids_tell_nothing(payloads: tuple[Path, Summary]) -> None:
    truth = list(truth_of(payloads[0]).values())
    neighbours = sum(a == b for a, b in itertools.pairwise(truth))
    assert neighbours < 10  # sorted by person there would be over a thousand


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path / "a b"), "--persons", "50", "--seed", "9", "--stats", "--json"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert any("typo in the family name" in line for line in said)
    summary = json.loads(said[-1])
    assert summary["persons"] == 50
    assert summary["records"] == sum(summary["by_system"].values())
    (tmp_path / "file").write_text("")
    for asked in (["--persons", "0"], ["--records", "0"], ["--records", "-5"]):
        assert main(["--out", str(tmp_path / "none"), *asked]) == 2
        assert "at least 1" in capsys.readouterr().err
    assert main(["--out", str(tmp_path / "file"), "--persons", "5"]) == 2
    error = capsys.readouterr().err
    assert "Choose a folder with room" in error
    assert "Traceback" not in error
