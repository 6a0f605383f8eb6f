"""The command line of this part: ``python -m bench matching [options]``."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.matching import SEED, STATE, report, runners
from bench.matching.data import Absent, DataSet, catalogue, prepare, size
from bench.matching.runners import TOOLS, Result

SIZES, MILLION, SECOND = (10_000, 100_000), 1_000_000, (20_000, 100_000)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make bench ARGS=matching",
        description="Concord's engine, Splink and recordlinkage on the same files, each in a process of its own.",
    )
    parser.add_argument("--sizes", type=_sizes, default=SIZES, metavar="10k,100k", help="sizes of the retail sample")
    parser.add_argument("--second-sizes", type=_sizes, default=SECOND, metavar="20k,100k",
                        help="sizes of the retail file by another hand")  # fmt: skip
    parser.add_argument("--full", action="store_true", help="the retail sample at 1,000,000 records too")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the generated files (default {SEED})")
    parser.add_argument("--only", type=_names, default=(), metavar="TOOL,…", help=f"of {', '.join(TOOLS)}")
    parser.add_argument("--data", type=_names, default=(), metavar="NAME,…",
                        help="febrl3, febrl4, historical, fake, sample-10k, second-20k, …")  # fmt: skip
    parser.add_argument("--limit", type=float, default=1800, metavar="SECONDS", help="for each tool on each file")
    parser.add_argument(
        "--resume", action="store_true", help="leave alone what was measured already of the same code and seed"
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the results of this run to a file")
    parser.add_argument("--report", action="store_true", help="measure nothing, draw the pages from what is kept")
    parser.add_argument("--pages", action="store_true", help="draw docs/benchmarks after measuring")
    return parser


def _sizes(text: str) -> tuple[int, ...]:
    try:
        return tuple(size(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no list of sizes: write 10k,100k (100 records at least)") from None


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def run(argv: Sequence[str] = ()) -> int:
    """Measures what is asked for and prints the table; 2 where the question cannot be answered."""
    parser = _parser()
    asked = parser.parse_args(list(argv))
    if asked.report:
        return _report()
    unknown = set(asked.only) - set(TOOLS)
    if unknown:
        parser.error(f"--only {', '.join(sorted(unknown))}: known are {', '.join(TOOLS)}")
    sizes, second = _asked_sizes(asked)
    chosen = [d for d in catalogue(sizes, second) if not asked.data or d.name in asked.data]
    if missing := set(asked.data) - {d.name for d in chosen}:
        parser.error(
            f"--data {', '.join(sorted(missing))}: known are {', '.join(d.name for d in catalogue(sizes, second))}"
        )
    results = _measure(chosen, asked)
    print(report.table(results))
    for line in report.ratios(results):
        print(line)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(r) for r in results], indent=1) + "\n", encoding="utf-8")
    return _report() if asked.pages else 0


def _asked_sizes(asked: argparse.Namespace) -> tuple[list[int], list[int]]:
    """Sizes of both generators: those of the options, and those that ``--data`` names."""
    sizes, second = list(asked.sizes), list(asked.second_sizes)
    if asked.full:
        sizes.append(MILLION)
    for name in asked.data:
        kind, _, number = name.partition("-")
        if kind in ("sample", "second") and number:
            try:
                (sizes if kind == "sample" else second).append(size(number))
            except ValueError:
                continue
    return sizes, second


def _measure(chosen: Sequence[DataSet], asked: argparse.Namespace) -> list[Result]:
    name = secrets.token_hex(4)
    results: list[Result] = []
    before = {(r.data, r.tool): r for r in runners.kept()}
    for data in chosen:
        try:
            prepared = prepare(data, asked.seed)
        except Absent as reason:
            print(f"{data.title}: skipped, {reason}", file=sys.stderr)
            continue
        for tool in (t for t in runners.tools_of(data) if not asked.only or t in asked.only):
            known = before.get((data.name, tool))
            if asked.resume and known and _holds(known, runners.code_of(tool, prepared), asked.seed):
                results.append(known)
                continue
            result = runners.run(tool, data, prepared, seed=asked.seed, name=name, limit=asked.limit)
            runners.keep(result)
            results.append(result)
            print(report.line(result), file=sys.stderr, flush=True)
    return results


def _holds(known: Result, code: str, seed: int) -> bool:
    return known.status != "failed" and known.seed == seed and known.code == code


def _report() -> int:
    results = runners.kept()
    if not results:
        print(f"Nothing is kept in {STATE.name}: run `make bench ARGS=matching` first.", file=sys.stderr)
        return 2
    for path in report.write(results):
        print(f"wrote {path}")
    return 0
