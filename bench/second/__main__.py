"""``python -m bench.second --out DIR --seed N --records N``"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from bench.second.generate import write
from bench.second.measure import report


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.second", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for records.csv and truth.csv")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--report", action="store_true", help="measure how hard the file is, and print it as JSON")
    chosen = parser.parse_args()
    if chosen.records < 1:
        parser.error("--records must be 1 or more")
    write(chosen.out, seed=chosen.seed, count=chosen.records)
    if chosen.report:
        print(json.dumps(report(chosen.out), indent=1))


if __name__ == "__main__":
    main()
