"""What the demo shows at its end."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management import call_command
from rich.table import Table

from hub.selectors import progress
from hub.sql import rows


def truth(file: Path) -> dict[str, float]:
    """Pairwise precision, recall and F1 of what the hub holds, against the sample's truth."""
    said = io.StringIO()
    call_command("evaluate", truth=file, json=True, stdout=said, stderr=io.StringIO())
    found = json.loads(said.getvalue().strip().splitlines()[-1])
    return {name: round(float(found[name]), 4) for name in ("precision", "recall", "f1")}


def by_source(codes: Sequence[str]) -> list[tuple[str, int, int]]:
    """(code, live records, golden records they are in) of each source system."""
    found = rows(
        """
        SELECT s.code, count(*), count(DISTINCT c.golden_id)
        FROM hub_sourcesystem s JOIN hub_sourcerecord r ON r.system_id = s.id AND NOT r.deleted
        LEFT JOIN hub_crosswalk c ON c.record_id = r.id
        WHERE s.code = ANY(%b::text[]) GROUP BY s.code
        """,
        list(codes),
    )
    held = {code: (records, golden) for code, records, golden in found}
    return [(code, *held.get(code, (0, 0))) for code in codes]


def best_known() -> str:
    """The public id of the golden record that most systems know; empty where there is none."""
    found = rows(
        """
        SELECT g.public_id FROM hub_goldenrecord g JOIN hub_crosswalk c ON c.golden_id = g.id
        JOIN hub_sourcerecord r ON r.id = c.record_id WHERE g.state = 0
        GROUP BY g.id, g.public_id ORDER BY count(DISTINCT r.system_id) DESC, g.id LIMIT 1
        """
    )
    return str(found[0][0]) if found else ""


def result(*, published: int, delivered: int, measured: Mapping[str, float]) -> dict[str, Any]:
    """The JSON of the last line (CONTRACT: On a fresh machine)."""
    held = progress()
    return {
        "records": held["records"],
        "golden_records": held["golden_records"],
        "potential_matches": held["open_reviews"],
        "events_published": published,
        "events_delivered": delivered,
        "truth": dict(measured),
    }


def table(sources: Sequence[tuple[str, int, int]], found: Mapping[str, Any]) -> Table:
    shown = Table(title="Five systems, one customer each")
    shown.add_column("source system")
    shown.add_column("records", justify="right")
    shown.add_column("golden records", justify="right")
    for code, records, golden in sources:
        shown.add_row(code, f"{records:,}", f"{golden:,}")
    shown.add_section()
    shown.add_row("together", f"{found['records']:,}", f"{found['golden_records']:,}")
    shown.add_section()
    shown.add_row("potential matches, for a steward", "", f"{found['potential_matches']:,}")
    shown.add_row("webhooks delivered", "", f"{found['events_delivered']:,} of {found['events_published']:,}")
    measured = found["truth"]
    shown.add_row("pairs linked that are one customer", "", f"{measured['precision']:.1%}")
    shown.add_row("pairs of one customer that are linked", "", f"{measured['recall']:.1%}")
    return shown
