"""The sample goes in as real data does: a batch over REST, a shop's signed webhooks, files of the others."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone

from connectors.inbound import registry
from connectors.management.demo.web import Web
from hub import loading
from hub.files import Work
from hub.models import SourceSystem

BATCH = 500
WEBHOOKS = 60  # of the shop's customers; the rest comes as a first export would, in a file
Tick = Callable[[int], None]


def payloads(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def by_rest(web: Web, source: SourceSystem, file: Path, *, tick: Tick) -> int:
    """Batches of canonical records, as an integration that knows our API sends them; how many were rejected."""
    connector = registry.mapping(source.connector)
    nested = [record for payload in payloads(file) for record in connector.to_nested(payload)]
    rejected = 0
    for start in range(0, len(nested), BATCH):
        part = nested[start : start + BATCH]
        body = "\n".join(json.dumps(record, ensure_ascii=False) for record in part).encode()
        # A batch whose answer was lost is sent again under its key and is taken once.
        answer = web.post(
            f"/api/v1/sources/{source.code}/records/batch", body, kind="application/x-ndjson",
            **{"Idempotency-Key": f"demo-{hashlib.sha256(body).hexdigest()[:40]}"},
        )  # fmt: skip
        rejected += int(answer["rejected"])
        tick(len(part))
    return rejected


def by_webhook(web: Web, source: SourceSystem, customers: Sequence[dict[str, Any]], *, tick: Tick) -> None:
    """Customers as the shop tells of them one by one, each signed with the shared secret."""
    secret = source.secrets_at(timezone.now())[0].encode()
    for customer in customers:
        body = json.dumps(customer, ensure_ascii=False).encode()
        signature = hmac.new(secret, body, hashlib.sha256).digest()
        web.post_signed(
            f"/api/v1/sources/{source.code}/webhooks/customers/update",
            body,
            {
                "X-Shopify-Hmac-Sha256": base64.b64encode(signature).decode(),
                "X-Shopify-Topic": "customers/update",
                "X-Shopify-Triggered-At": str(customer["updated_at"]),
            },
        )
        tick(1)


def by_file(source: SourceSystem, file: Path, *, skip: int = 0, tick: Tick) -> int:
    """A vendor's export, loaded as ``manage.py load --map`` does; how many rows were rejected."""
    work = Work(file, source.code, source.connector, {source.code: source})
    outcome = loading.Outcome()
    loading.take_in(loading.Load(work, remembered=False), skip=skip, outcome=outcome, progress=tick)
    return outcome.rejects
