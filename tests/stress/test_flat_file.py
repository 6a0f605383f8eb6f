"""What a hub holds, written to a flat file and matched by the command, gives the hub's clusters."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from pathlib import Path

import pytest
from django.core.management import call_command

from hub import pipeline
from hub.models import Judgement, SourceRecord
from tests import opened
from tests.integration.pipeline import world
from tests.stress.people import settle

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
COLUMNS = ("source_system", "source_id", "given_name", "family_name", "birth_date", "email", "phone", "street",
           "postal_code", "country")  # fmt: skip


def export(out: Path) -> None:
    """The live records in flat canonical form."""
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for record in SourceRecord.objects.filter(deleted=False).select_related("system").order_by("?"):
            nested = opened.nested(record)
            name, address = nested.get("name", {}), (nested.get("addresses") or [{}])[0]
            writer.writerow({
                "source_system": record.system.code,
                "source_id": nested["source_id"],
                "given_name": name.get("given"),
                "family_name": name.get("family"),
                "birth_date": nested.get("birth_date"),
                "email": next((e["value"] for e in nested.get("emails", ())), None),
                "phone": next((p["value"] for p in nested.get("phones", ())), None),
                "street": address.get("street"),
                "postal_code": address.get("postal_code"),
                "country": address.get("country"),
            })  # fmt: skip


def export_judgements(out: Path) -> int:
    """Those that were not retracted, in the form of ``--labels``."""
    said = Judgement.objects.filter(retracted_at=None).exclude(judgement="unsure").order_by("id")
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["source_system_a", "source_id_a", "source_system_b", "source_id_b", "judgement"])
        named = opened.addresses()
        for j in said:
            writer.writerow([*named[j.a_id], *named[j.b_id], j.judgement])
    return len(said)


def matched(out: Path) -> set[frozenset[str]]:
    groups: dict[str, set[str]] = defaultdict(set)
    with out.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            groups[row["cluster_id"]].add(f"{row['source_system']}:{row['source_id']}")
    return {frozenset(group) for group in groups.values()}


@pytest.mark.parametrize("cap", [3, 100])
@pytest.mark.parametrize("seed", range(2))
def test_match_gives_the_clusters_of_a_hub_with_the_same_records(seed: int, cap: int, sources, tmp_path: Path) -> None:
    world.activate(world.tiny_model(cap=cap))
    made = world.operations(300 + seed, size=80)
    dice = random.Random(seed)
    dice.shuffle(made)
    world.send(made)
    settle()
    held = sorted(world.addresses())
    for verdict in ("same", "different", "same")[: seed * 3]:
        a, b = (tuple(address.split(":")) for address in dice.sample(held, 2))
        pipeline.judge(a=a, b=b, judgement=verdict)
    export(tmp_path / "held.csv")
    labels = ["--labels", str(tmp_path / "judged.csv")] if export_judgements(tmp_path / "judged.csv") else []
    call_command("model", "export", "--out", str(tmp_path / "model.json"))
    call_command("match", str(tmp_path / "held.csv"), "--model", str(tmp_path / "model.json"), *labels,
                 "--out", str(tmp_path / "clusters.csv"))  # fmt: skip
    found = matched(tmp_path / "clusters.csv")
    assert found == world.partition()
    assert any(len(cluster) > 1 for cluster in found)
