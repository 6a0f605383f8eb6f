"""What one would write first: Django's ORM, one record and one transaction at a time.

The same model normalises, compares and weighs, with rapidfuzz beneath, and the rows mean the same as the hub's:
record, keys, edges, golden record, event. Nothing is done in sets, and nothing is guarded: no version order, no
caps, no locks, no judgements, no consent, no reviews. A plain peer, no straw man: its queries have their indexes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from django.db import connection, models, transaction

from matching.block import keys as blocking_keys
from matching.canonical import from_flat, to_nested
from matching.compare import compare
from matching.model import MatchModel
from matching.normalise import normalise
from matching.prepared import Prepared
from matching.table import Table
from matching.weigh import weigh


class NaiveGolden(models.Model):
    profile = models.JSONField(default=dict)

    class Meta:
        app_label = "bench"


class NaiveRecord(models.Model):
    system = models.CharField(max_length=40)
    source_id = models.CharField(max_length=200)
    payload = models.JSONField()
    data = models.BinaryField()
    golden = models.ForeignKey(NaiveGolden, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        app_label = "bench"
        constraints = [models.UniqueConstraint(fields=["system", "source_id"], name="naive_record_once")]


class NaiveKey(models.Model):
    record = models.ForeignKey(NaiveRecord, on_delete=models.CASCADE, related_name="+")
    key = models.BigIntegerField(db_index=True)
    rule = models.SmallIntegerField()

    class Meta:
        app_label = "bench"


class NaiveEdge(models.Model):
    a = models.ForeignKey(NaiveRecord, on_delete=models.CASCADE, related_name="+")
    b = models.ForeignKey(NaiveRecord, on_delete=models.CASCADE, related_name="+")
    weight = models.IntegerField()

    class Meta:
        app_label = "bench"
        constraints = [models.UniqueConstraint(fields=["a", "b"], name="naive_edge_once")]


class NaiveEvent(models.Model):
    golden = models.ForeignKey(NaiveGolden, on_delete=models.CASCADE)
    data = models.JSONField()
    time = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "bench"


_TABLES = (NaiveGolden, NaiveRecord, NaiveKey, NaiveEdge, NaiveEvent)


def resolved_per_second(records: Sequence[dict[str, Any]], model: MatchModel) -> float:
    """Records a second, from payload to event, on tables of its own that are gone afterwards."""
    with connection.schema_editor() as editor:
        for table in _TABLES:
            editor.create_model(table)
    try:
        began = perf_counter()
        for record in records:
            resolve(record, model)
        return len(records) / (perf_counter() - began)
    finally:
        with connection.schema_editor() as editor:
            for table in reversed(_TABLES):
                editor.delete_model(table)


@transaction.atomic
def resolve(flat: dict[str, Any], model: MatchModel) -> None:
    """One record: stored, keyed, compared with its candidates, joined to its golden record, told of."""
    canonical = from_flat(flat)
    prepared = normalise(canonical, model)
    record, _ = NaiveRecord.objects.update_or_create(
        system=flat["source_system"],
        source_id=flat["source_id"],
        defaults={"payload": to_nested(canonical), "data": prepared.encode()},
    )
    NaiveKey.objects.filter(record=record).delete()
    found = {key: rule for rule, key in blocking_keys(prepared, model, f"main/{canonical.kind}")}
    for key, rule in found.items():
        NaiveKey.objects.create(record=record, key=key, rule=rule)
    near = NaiveKey.objects.filter(key__in=found).exclude(record=record).values("record_id")
    candidates = NaiveRecord.objects.filter(pk__in=near)
    for other in candidates:
        table = Table.of([prepared, Prepared.decode(bytes(other.data))])
        weight = int(weigh(compare(table, [0], [1], model), model)[0])  # type: ignore[arg-type]
        if weight >= model.edge_floor_mb:
            low, high = sorted((record.pk, other.pk))
            NaiveEdge.objects.update_or_create(a_id=low, b_id=high, defaults={"weight": weight})
    join(record, model)


def join(record: NaiveRecord, model: MatchModel) -> None:
    """Everybody that edges of a match join to ``record``, in one golden record with the values of the newest."""
    members, waiting = {record.pk}, [record.pk]
    while waiting:
        here = waiting.pop()
        for edge in NaiveEdge.objects.filter(models.Q(a_id=here) | models.Q(b_id=here), weight__gte=model.cut_mb):
            for end in {edge.a_id, edge.b_id} - members:
                members.add(end)
                waiting.append(end)
    held = list(NaiveRecord.objects.filter(pk__in=members).select_related("golden").order_by("pk"))
    golden = next((r.golden for r in held if r.golden is not None), None) or NaiveGolden.objects.create()
    for member in held:
        if member.golden_id != golden.pk:
            member.golden = golden
            member.save(update_fields=["golden"])
    profile: dict[str, Any] = {}
    for member in held:
        profile |= member.payload
    golden.profile = json.loads(json.dumps(profile))
    golden.save(update_fields=["profile"])
    NaiveEvent.objects.create(golden=golden, data=golden.profile)
