"""The end of a customer: after an erasure none of her values is anywhere on the disk, nor in what was copied before."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.privacy.canary import WORDS, found_in, search
from tests.faults.privacy.hub import SECRET, Hub, Receiver, dump
from tests.servers import Stack
from tests.verified import assert_verified

pytestmark = pytest.mark.faults

CRM = {
    "source_id": "lanternkey:crm/77",
    "name": {"given": "Zephyrine", "family": "Quillfeather"},
    "birth_date": "1933-07-27",
    "emails": [{"value": "zephyrine@canarymail.example"}],
    "phones": [{"value": "+49 861 5550147"}],
    "addresses": [{"street": "Brambletwine 7", "city": "Mossgarden", "postal_code": "10969", "country": "DE"}],
    "identifiers": [{"type": "loyalty_id", "value": "9988776655"}],
    "consents": [
        {"purpose": "marketing", "channel": "email", "contact_point": "zephyrine@canarymail.example",
         "state": "granted", "captured_at": "2026-01-01T00:00:00Z", "proof": "marzipanproof 4"},
    ],
    "attributes": {"note": "nutmegattribute", "tier": "gold"},
    "occurred_at": "2026-01-02T09:00:00Z",
}  # fmt: skip
POS = {
    "source_system": "pos", "source_id": "lanternkey-pos-5", "given_name": "Zephyrine", "family_name": "Quillfeather",
    "birth_date": "27.07.1933", "email": "quillfeather@otterpost.example", "phone": "+49 861 5550147",
    "street": "Brambletwine 7", "city": "Mossgarden", "postal_code": "10969", "country": "DE",
    "updated_at": "2026-01-05T09:00:00Z",
}  # fmt: skip
SHOP = {
    "id": 881234567, "first_name": "Zephyrine", "last_name": "Fernwhistle", "email": "fernwhistle@otterpost.example",
    "phone": "+447946001337", "updated_at": "2026-01-06T09:00:00Z", "note": "nutmegattribute too",
    "default_address": {"address1": "Brambletwine 9", "city": "Mossgarden", "zip": "10969", "country_code": "DE"},
}  # fmt: skip
BYSTANDER = {
    "source_id": "b-1", "name": {"given": "Bob", "family": "Okonkwo"}, "birth_date": "1961-11-30",
    "emails": [{"value": "bob.okonkwo@example.org"}], "occurred_at": "2026-01-02T09:00:00Z",
}  # fmt: skip


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def hub(receiver: Receiver) -> Iterator[Hub]:
    with Stack(begun=True, environ={"HUB_DELIVERY_ALLOW": receiver.address, "HUB_MODEL_SUCCESSION": "off"}) as stack:
        hub = Hub(stack)
        hub.begin()
        yield hub


def come_in(hub: Hub, receiver: Receiver, folder: Path) -> str:
    """The customer through REST, a file and a vendor's webhook, merged, looked at and delivered; her golden id."""
    hub.manage("create_source", "shop2", "--kind", "ecommerce", "--connector", "shopify", "--webhook-secret-stdin",
               said=f"{SECRET}\n")  # fmt: skip
    assert hub.api("/webhook-endpoints", {"url": f"http://{receiver.address}/hook"})[0] == 201
    assert hub.api("/sources/crm/records", CRM, Prefer="wait=20", Idempotency_Key="lanternkey")[0] == 200
    assert hub.api("/sources/erp/records", BYSTANDER, Prefer="wait=20")[0] == 200
    file = folder / "pos.csv"
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(POS))
        writer.writeheader()
        writer.writerow(POS)
    hub.manage("load", str(file))
    file.unlink()
    assert hub.webhook("shop2", "customers%2Fupdate".replace("%2F", "-"), SHOP)[0] == 202
    hub.until(lambda: hub.api("/crosswalk/shop2/881234567")[0] == 200)
    assert hub.api("/judgements", {"a": f"crm:{CRM['source_id']}", "b": "shop2:881234567", "judgement": "same",
                                   "reason": "gooseberryreason: Quillfeather married"})[0] == 201  # fmt: skip
    golden_id = hub.api(f"/crosswalk/crm/{CRM['source_id']}")[1]["golden_id"]
    status, body = hub.api(f"/golden/{golden_id}?expand=provenance")
    assert status == 200
    assert {x["source_system"] for x in body["crosswalk"]} == {"crm", "pos", "shop2"}
    assert hub.api("/golden/search", {"name": "zephyrine quillfeather"})[1]["items"]
    assert hub.api("/resolve", {"record": {"name": CRM["name"], "emails": CRM["emails"]}})[1]["golden_id"] == golden_id
    assert hub.api(f"/golden/{golden_id}/explanation")[0] == 200
    hub.until(lambda: any("fernwhistle" in str(g).lower() for g in receiver.got))
    return str(golden_id)


def all_files(hub: Hub) -> list[Path]:
    return [hub.stack.state.root]


def test_nothing_of_an_erased_customer_is_left(hub: Hub, receiver: Receiver, tmp_path: Path) -> None:
    golden_id = come_in(hub, receiver, tmp_path)
    asked = hub.api("/privacy-requests", {"kind": "access", "golden_id": golden_id, "reference": "tamarindletter"})[1]
    status, bundle = hub.api(f"/privacy-requests/{asked['request_id']}/bundle.json")
    assert status == 200
    # The search itself is not blind: all of it is met where it is told in clear.
    assert found_in(str(bundle).encode()) >= {*WORDS} - {"19330727"}
    before = tmp_path / "before"
    hub.manage("backup", str(before), "--keys", str(tmp_path / "keys"))
    plain = tmp_path / "before.sql"
    dump(hub, plain)
    # What comes while a receiver is away has still to be delivered when the customer is gone.
    receiver.open = False
    assert hub.api("/sources/crm/records", {**CRM, "occurred_at": "2026-02-01T00:00:00Z",
                   "attributes": {"note": "nutmegattribute again"}}, Prefer="wait=20")[0] == 200  # fmt: skip

    made = hub.api("/privacy-requests", {"kind": "erasure", "golden_id": golden_id, "reference": "tamarindletter 2"})
    assert made[0] == 202
    request = f"/privacy-requests/{made[1]['request_id']}"
    told = hub.until(lambda: (a := hub.api(request)[1])["state"] == "waiting_for_targets" and a)
    assert hub.api(f"/golden/{golden_id}")[0] == 410
    receiver.open = True
    gone = hub.until(lambda: [g for g in receiver.got if g["type"] == "golden.erased"])
    assert all("crosswalk" not in g["data"] and "profile" not in g["data"] for g in gone)
    late = [g for g in receiver.got if g["data"].get("redacted")]
    assert late
    assert not found_in(str(late).encode())
    for step in told["steps"]:
        if step["target"]:
            assert hub.api(f"{request}/acknowledgements", {"target": step["target"], "proof": "done"})[0] == 200
    assert hub.api(request)[1]["state"] == "done"
    refused(hub, tmp_path)

    for keys in (False, True):
        hub.sql("VACUUM FULL", keys=keys)
        hub.sql("VACUUM", keys=keys)
    hub.sql("CHECKPOINT")
    assert search(all_files(hub)) == {}
    after = tmp_path / "after.sql"
    dump(hub, after)
    opened = tmp_path / "opened.sql"
    from hub.privacy.backups import find

    subprocess.run([str(find("pg_restore")), f"--file={opened}", str(before / "hub.dump")], check=True)
    assert search([before], but=[]) == {}
    for text in (plain, after, opened):
        assert found_in(text.read_bytes()) == set(), text.name
    assert_verified(hub.stack)


def refused(hub: Hub, folder: Path) -> None:
    """Nobody brings her back: by no door, under no source id, as long as it is old news."""
    status, problem = hub.api("/sources/crm/records", CRM)
    assert (status, problem["type"]) == (410, "/problems/erased")
    status, batch = hub.api("/sources/crm/records/batch", [CRM, {**BYSTANDER, "source_id": "b-2"}])
    assert (status, batch["accepted"], batch["rejected"]) == (207, 1, 1)
    assert batch["results"][0]["problem"]["type"] == "/problems/erased"
    other: dict[str, Any] = {**CRM, "source_id": "another"}
    status, problem = hub.api("/sources/erp/records", other)
    assert (status, problem["type"]) == (410, "/problems/erased")
