"""The command line of this part: ``python -m bench resolution [options]``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.matching.data import size
from bench.resolution import SEED, STATE, report
from bench.resolution.run import Findings, measure
from bench.resolution.targets import FULL

QUICK = 50_000


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make bench ARGS=resolution",
        description="A hub that grows: rates, latencies and quality, beside COPY and a naive path.",
    )
    parser.add_argument("--records", type=_size, default=QUICK, metavar="50k", help="how far it grows (default 50k)")
    parser.add_argument("--full", action="store_true", help="grow to 1,000,000, for which the bars are")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the sample (default {SEED})")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write what was found to a file")
    parser.add_argument("--report", action="store_true", help="measure nothing, draw the page from what is kept")
    parser.add_argument("--pages", action="store_true", help="draw docs/benchmarks after measuring")
    return parser


def _size(text: str) -> int:
    try:
        return size(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no size: write 50k or 1M (100 records at least)") from None


def run(argv: Sequence[str] = ()) -> int:
    """Measures and prints the table; 2 where there is nothing to draw."""
    asked = _parser().parse_args(list(argv))
    if asked.report:
        return _report(_kept())
    found = measure(FULL if asked.full else asked.records, seed=asked.seed)
    print(report.table(found))
    if asked.json:
        asked.json.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    return _report(found) if asked.pages else 0


def _kept() -> Findings | None:
    """What the largest run found."""
    files = sorted(STATE.glob("*.json"), key=lambda path: int(path.stem))
    return Findings(**json.loads(files[-1].read_text(encoding="utf-8"))) if files else None


def _report(found: Findings | None) -> int:
    if found is None:
        print("Nothing is kept: run `make bench ARGS=resolution` first.", file=sys.stderr)
        return 2
    for path in report.write(found):
        print(f"wrote {path}")
    return 0
