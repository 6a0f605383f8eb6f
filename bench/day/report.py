"""What the day was like, as a table for the terminal and for ``docs/benchmarks/day.md``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.day.hub import Hub
from bench.day.plan import RECEIVERS
from bench.day.traffic import Day
from bench.matching.measure import machine
from bench.matching.report import machine_line
from hub.embedded.paths import CHECKOUT

PAGE = CHECKOUT / "docs" / "benchmarks" / "day.md"

_WORDS = {
    "gone": "a receiver leaves for good (410)", "down": "a receiver goes away", "up": "it is back",
    "failing": "a receiver answers 500", "slow": "a receiver answers after 60 s", "flush": "FLUSHALL in Valkey",
    "stores away": "the stores lose their line", "stores back": "all stores reconnect at once", "kill": "kill -9",
    "erase": "a customer is erased", "power cut": "power cut: every process at once, then a start",
}  # fmt: skip


def figures(day: Day, hub: Hub, folder: Path, *, settled: float) -> dict[str, Any]:
    """Everything that was counted. ``settled`` is how many real seconds after midnight the hub was at rest."""
    seen = day.seen
    ((p50, p99, longest),) = hub.asked(
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY s), percentile_cont(0.99) WITHIN GROUP (ORDER BY s), "
        "max(s) FROM (SELECT extract(epoch FROM resolved_at - received_at)::float8 AS s FROM hub_inboxmessage "
        "WHERE status = 1) x"
    )
    ((live,),) = hub.asked("SELECT count(*) FROM hub_goldenrecord WHERE state = 0")
    ((tries,),) = hub.asked("SELECT count(*) FROM hub_attempt")
    return {
        "real seconds": round(24 * 3600 / day.speed),
        "stores": day.stores,
        "acknowledged": len(seen.book.acknowledged),
        "sent again": seen.book.repeated,
        "put off": dict(seen.book.put_off),
        "refused as erased": len(seen.book.refused_as_erased),
        "golden records": live,
        "events": len(seen.feed),
        "types": dict(sorted(Counter(event["type"] for event in seen.feed).items())),
        "attempts": tries,
        "received": {name: _counted(folder / f"{name}.ndjson") for name in RECEIVERS},
        "seconds to resolve": {"p50": p50, "p99": p99, "longest": longest},
        "settled after": settled,
    }


def _counted(file: Path) -> dict[str, int]:
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    ids = [line["id"] for line in lines if line["valid"]]
    return {"deliveries": len(ids), "events": len(set(ids)), "refused": len(lines) - len(ids)}


def page(day: Day, found: Mapping[str, Any], faults: Sequence[str], *, command: str) -> str:
    took = found["seconds to resolve"]
    put_off = ", ".join(f"{name} {number:,}" for name, number in sorted(found["put off"].items())) or "never"
    lines = [
        "# A day in the life of a hub",
        "",
        f"Written by `{command}`.",
        "",
        machine_line(machine()),
        "",
        f"{found['stores']} stores, a web shop, CRM and loyalty files and five receivers of webhooks, for one day of "
        f"{found['real seconds']} seconds: times that somebody waits for (retries, rests of a circuit breaker) are "
        "moved on as much faster, in the rows that hold them. Each sender keeps its own record of what was "
        "acknowledged, each receiver of what it got; the hub is held to these.",
        "",
        "| | |",
        "|---|---|",
        f"| records acknowledged | {found['acknowledged']:,} |",
        f"| sent again though acknowledged | {found['sent again']:,} |",
        f"| requests put off and repeated | {put_off} |",
        f"| records refused, as their customer was erased | {found['refused as erased']:,} |",
        f"| from acknowledged to resolved, real seconds | median {took['p50']:.2f}, p99 {took['p99']:.1f}, longest "
        f"{took['longest']:.1f} |",
        f"| golden records at midnight | {found['golden records']:,} |",
        f"| events | {found['events']:,}: "
        + ", ".join(f"{name} {number:,}" for name, number in found["types"].items()) + " |",
        f"| tries to deliver | {found['attempts']:,} |",
        f"| at rest after midnight | {found['settled after']:.0f} real seconds |",
        f"| faults found | {len(faults)} |",
        "",
        "| receiver | wants | events received | repeats | not let in |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    for name, counted in found["received"].items():
        lines.append(
            f"| {name} | {', '.join(RECEIVERS[name]) or 'everything'} | {counted['events']:,} | "
            f"{counted['deliveries'] - counted['events']:,} | {counted['refused']:,} |"
        )
    lines += ["", "| at | what happens |", "|---|---|"]
    lines += [f"| {d.clock} | {_WORDS[d.what]}{': ' + d.whom if d.whom else ''} |" for d in day.seen.deeds]
    lines += [
        "",
        "Held to at the end: every acknowledged message is resolved, and of each record the newest version that was "
        "acknowledged is held; who was not deleted is in the crosswalk and who was erased is not; the feed read again "
        "from its beginning is what its reader saw come in while all this happened; the events of each golden id are "
        "numbered without a gap; each receiver but the one that left got every event meant for it, in order, those of "
        "a retired golden record before the merge; signatures verified by the Standard Webhooks reference library and "
        "bodies parsed by the CloudEvents one; `verify` finds no breach.",
        "",
    ]
    if faults:
        lines += ["Faults:", "", *(f"- {fault}" for fault in faults[:50]), ""]
    return "\n".join(lines)
