"""Write the crosswalk, the golden records or the suppression list to a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from hub import audit, consents, ledger, selectors
from hub.errors import Refused
from hub.management.base import HubCommand
from matching.canonical import rfc3339
from matching.spreadsheets import guarded

_GOLDEN = ("golden_id", "kind", "version", "updated_at", "given_name", "middle_name", "family_name", "full_name",
           "birth_date", "email", "phone", "street", "city", "region", "postal_code", "country", "company_name",
           "records")  # fmt: skip
_CROSSWALK = ("source_system", "source_id", "golden_id")
_SUPPRESSION = ("contact_point_hash", "purpose", "channel", "brand", "withdrawn_at", "decided_by")
_ROWS_AT_ONCE = 50_000


class Command(HubCommand):
    help = "Writes `crosswalk`, `golden` or `suppression` to a CSV or Parquet file, by the name of --out."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("what", choices=["crosswalk", "golden", "suppression"])
        parser.add_argument("--out", required=True, type=Path, help="a .csv or .parquet file")
        parser.add_argument(
            "--exact", action="store_true",
            help="write every cell of a CSV as it is; without it, what a spreadsheet would take for a formula has an "
            "apostrophe before it, which `load` and `match` take away again (Parquet is always exact)",
        )  # fmt: skip

    def run(self, **options: Any) -> dict[str, Any]:
        out: Path = options["out"]
        header, rows = _WHAT[options["what"]]
        found = rows()
        if out.suffix == ".csv":
            written = _write_csv(out, header, found, exact=options["exact"])
        elif out.suffix == ".parquet":
            written = _write_parquet(out, header, found)
        else:
            raise Refused("--out must end in .csv or .parquet.")
        # Whoever has the file has seen them all.
        audit.note(f"{options['what']}.exported", actor=audit.command(), subject=options["what"], rows=written)
        self.say(f"{written:,} rows in {out}", **options)
        return {"rows": written, "out": str(out)}


def _golden_rows() -> Iterator[tuple[Any, ...]]:
    for body in selectors.golden_bodies():
        golden = json.loads(body)
        profile = golden["profile"]
        name = profile.get("name", {})
        address = (profile.get("addresses") or [{}])[0]
        yield (
            *(golden[key] for key in ("golden_id", "kind", "version", "updated_at")),
            *(name.get(key) for key in ("given", "middle", "family", "full")),
            profile.get("birth_date"),
            *((profile.get(key) or [{}])[0].get("value") for key in ("emails", "phones")),
            *(address.get(key) for key in ("street", "city", "region", "postal_code", "country")),
            profile.get("organisation", {}).get("name"),
            len(golden["crosswalk"]),
        )


def _suppression_rows() -> Iterator[tuple[Any, ...]]:
    """By keyed hash: who has the file cannot tell whose addresses they are, nor try addresses of their own."""
    for one in consents.suppression_list(at=timezone.now(), policy=ledger.policy()):
        yield one.token.hex(), one.purpose, one.channel, one.brand, rfc3339(one.captured_at), one.public_id


_WHAT: dict[str, tuple[tuple[str, ...], Callable[[], Iterator[tuple[Any, ...]]]]] = {
    "crosswalk": (_CROSSWALK, selectors.crosswalk_rows),
    "golden": (_GOLDEN, _golden_rows),
    "suppression": (_SUPPRESSION, _suppression_rows),
}


def _write_csv(out: Path, header: tuple[str, ...], found: Iterator[tuple[Any, ...]], *, exact: bool) -> int:
    written = 0
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in found:
            writer.writerow(row if exact else [guarded(cell) if isinstance(cell, str) else cell for cell in row])
            written += 1
    return written


def _write_parquet(out: Path, header: tuple[str, ...], found: Iterator[tuple[Any, ...]]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = {"version", "records"}
    schema = pa.schema([(name, pa.int64() if name in whole else pa.string()) for name in header])
    written = 0
    with pq.ParquetWriter(out, schema) as writer:
        while chunk := [row for _, row in zip(range(_ROWS_AT_ONCE), found, strict=False)]:
            columns = [list(column) for column in zip(*chunk, strict=True)]
            writer.write_table(pa.table(dict(zip(header, columns, strict=True)), schema=schema))
            written += len(chunk)
    return written
