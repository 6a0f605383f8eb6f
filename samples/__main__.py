"""``python -m samples --out DIR``: write the sample."""

from __future__ import annotations

import argparse
import json
import os
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from samples import FORMATS, Summary, generate


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m samples", description="Write fictitious customers of five systems."
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write to; made where it is missing")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other people (default 1)")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--persons", type=int, help="how many persons (default 900, about 2,000 records)")
    size.add_argument("--records", "--size", type=int, help="about how many records, for example 1000000")
    parser.add_argument("--format", choices=FORMATS, default="payloads",
                        help="payloads: a file per system in its vendor's shape; flat: one CSV")  # fmt: skip
    parser.add_argument("--stats", action="store_true", help="say what share of the records has which difficulty")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1,
                        help="default: one per core; the files are the same whatever it is")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    asked = parser.parse_args(argv)
    try:
        summary = generate(asked.out, seed=asked.seed, records=asked.records, persons=asked.persons,
                           format=asked.format, processes=asked.processes)  # fmt: skip
    except ValueError as error:
        print(f"Nothing written. {error}", file=sys.stderr)
        return 2
    except BrokenProcessPool:
        print("A process was stopped, perhaps for want of memory: try --processes 1.", file=sys.stderr)
        return 2
    except OSError as error:
        why = f"The sample could not be written: {error.strerror}."
        print(f"{why} Choose a folder with room that may be written to.", file=sys.stderr)
        return 2
    report(summary, stats=asked.stats, as_json=asked.json)
    return 0


def report(summary: Summary, *, stats: bool, as_json: bool) -> None:
    held = ", ".join(f"{system} {count:,}" for system, count in summary.records.items())
    print(f"{summary.total:,} records of {summary.persons:,} persons ({held})")
    if stats:
        for name, count in sorted(summary.difficulties.items(), key=lambda item: -item[1]):
            print(f"  {name:<34}{count:>10,}  {count / summary.total:>6.1%}")
    if as_json:
        print(json.dumps({
            "records": summary.total, "persons": summary.persons, "entities": summary.entities,
            "by_system": summary.records, "difficulties": summary.difficulties,
        }))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
