"""One tool on one file: its command, its time and memory, and what its clusters are worth."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.matching import CHECKOUT, RESULTS, SEED, digest, measure
from bench.matching.data import DataSet, Prepared
from matching.evaluate import Measures, evaluate

TOOLS = ("concord", "concord-labels", "splink", "recordlinkage")
TITLES = {
    "concord": "Concord",
    "concord-labels": "Concord, 1,000 labels",
    "splink": "Splink",
    "recordlinkage": "recordlinkage",
}
LABELS = 1000
_MADE_OF = {
    "concord": ("matching",),
    "concord-labels": ("matching", "bench/matching/labels.py"),
    "splink": tuple(f"bench/matching/{name}.py" for name in ("cleaning", "splink_setups", "with_splink")),
    "recordlinkage": tuple(f"bench/matching/{name}.py" for name in ("cleaning", "with_recordlinkage")),
}
# Beyond this its pairs and vectors take minutes and gigabytes.
_MOST_FOR_RECORDLINKAGE = 20_000


@dataclass
class Result:
    """``status`` is ok, failed or left out; the latter two with their ``reason`` and no figures.

    ``code`` tells what the file and the tool's own part were made of, ``run`` what was measured in one run.
    """

    data: str
    title: str
    family: str
    rows: int
    seed: int
    tool: str
    run: str
    code: str
    status: str
    reason: str = ""
    seconds: float = 0.0
    peak_mb: float = 0.0
    pairwise: dict[str, float] = field(default_factory=dict)
    bcubed: dict[str, float] = field(default_factory=dict)
    held_out: dict[str, float] = field(default_factory=dict)
    largest: int = 0
    largest_true: int = 0
    said: dict[str, Any] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.status == "ok"


def tools_of(data: DataSet) -> tuple[str, ...]:
    """The tools that a file is for: labels are drawn for retail files alone."""
    return TOOLS if data.family == "retail" else tuple(t for t in TOOLS if t != "concord-labels")


def excuse(tool: str, data: DataSet) -> str:
    """Why a tool is not run on a file; empty where it is."""
    if tool == "recordlinkage":
        if data.records > _MOST_FOR_RECORDLINKAGE:
            return "holds all pairs and vectors as one frame in memory; run up to 20,000 records"
    elif tool == "splink" and find_spec("splink") is None:
        return "Splink is not installed: `make bench` installs it"
    return ""


def run(tool: str, data: DataSet, prepared: Prepared, *, seed: int, name: str, limit: float) -> Result:
    """Runs a tool on a file and evaluates its clusters. Never raises for what the tool does."""
    code = code_of(tool, prepared)
    result = Result(data.name, data.title, data.family, prepared.rows, seed, tool, name, code, "ok")
    result.machine = measure.machine()
    result.reason = excuse(tool, data)
    if result.reason:
        result.status = "left out"
        return result
    clusters = prepared.folder / f"clusters-{tool}.csv"
    clusters.unlink(missing_ok=True)
    labels = prepared.folder / "labels.csv"
    if tool == "concord-labels":
        result.reason = _draw(data, prepared, labels, limit)
        if result.reason:
            result.status = "failed"
            return result
    done = measure.run(_command(tool, data, prepared, clusters, labels), cwd=CHECKOUT, limit=limit)
    result.seconds, result.peak_mb = done.seconds, done.peak_mb
    result.said = _last_object(done.output)
    # `match` ends with 1 where it left out rows that it could not take; they count as records without a match.
    with_rejects = tool.startswith("concord") and done.code == 1 and result.said.get("rejects")
    if not clusters.is_file() or (done.error and not with_rejects):
        result.status, result.reason = "failed", done.error or "it wrote no clusters"
        return result
    judge(result, prepared.truth, clusters, labels if tool == "concord-labels" else None)
    return result


def code_of(tool: str, prepared: Prepared) -> str:
    """What a result hangs on: the generator of the file, and the engine or the set-up of a peer."""
    return f"{prepared.made_by}-{digest(*_MADE_OF[tool])}"


def _command(tool: str, data: DataSet, prepared: Prepared, clusters: Path, labels: Path) -> list[str]:
    if tool.startswith("concord"):
        command = [sys.executable, "manage.py", "match", str(prepared.records), "--out", str(clusters), "--json"]
        command += ["--save-model", str(model_of(prepared, tool))]
        command += ["--columns", data.columns] if data.columns else []
        return command + (["--labels", str(labels)] if tool == "concord-labels" else [])
    module = f"bench.matching.with_{tool}"
    return [sys.executable, "-m", module, data.family, str(prepared.records), str(clusters)]


def model_of(prepared: Prepared, tool: str = "concord") -> Path:
    return prepared.folder / f"model-{tool}.json"


def _draw(data: DataSet, prepared: Prepared, labels: Path, limit: float) -> str:
    """Writes the labels of a file, from the model that the run without labels saved; the reason if it cannot."""
    model = model_of(prepared)
    if not model.is_file():
        return "needs the model of the run without labels: run `--only concord` on this file first"
    command = [sys.executable, "-m", "bench.matching.labels", str(prepared.records), str(prepared.truth), str(model)]
    return measure.run([*command, str(labels), str(LABELS), str(SEED)], cwd=CHECKOUT, limit=limit).error


def _last_object(output: str) -> dict[str, Any]:
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            try:
                said = json.loads(line)
            except ValueError:
                continue
            return said if isinstance(said, dict) else {}
    return {}


def judge(result: Result, truth_file: Path, clusters_file: Path, labels: Path | None) -> None:
    """Fills in the figures: the same for every tool."""
    truth = _column(truth_file, "truth")
    clusters = _column(clusters_file, "cluster_id")
    found = evaluate(truth, clusters)
    result.pairwise, result.bcubed = found.pairwise.to_json(), found.bcubed.to_json()
    result.largest = max(Counter(clusters.values()).values(), default=0)
    result.largest_true = max(Counter(truth.values()).values(), default=0)
    if labels is not None:
        result.held_out = without(labels, truth, clusters).to_json()


def _column(path: Path, column: str) -> dict[tuple[str, str], str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["source_system"], row["source_id"]): row[column] for row in csv.DictReader(file)}


def without(labels: Path, truth: dict[tuple[str, str], str], clusters: dict[tuple[str, str], str]) -> Measures:
    """Pairwise measures over all pairs but the labelled ones, which a tool was told."""
    both = {record: (truth[record], clusters.get(record, record)) for record in truth}
    true, found, right = (
        sum(n * (n - 1) // 2 for n in Counter(values).values())
        for values in (truth.values(), (c for _, c in both.values()), both.values())
    )
    with labels.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            a = both[row["source_system_a"], row["source_id_a"]]
            b = both[row["source_system_b"], row["source_id_b"]]
            true -= a[0] == b[0]
            found -= a[1] == b[1]
            right -= a == b
    return Measures(right / found if found else 1.0, right / true if true else 1.0)


def path_of(data: str, tool: str) -> Path:
    return RESULTS / f"{data}--{tool}.json"


def keep(result: Result) -> None:
    """Writes a result where `--resume` and `--report` find it."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = path_of(result.data, result.tool)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(result), indent=1) + "\n", encoding="utf-8")
    draft.replace(path)


def kept() -> list[Result]:
    """Every result that is kept; one that cannot be read is passed over."""
    found = []
    for path in sorted(RESULTS.glob("*.json")):
        try:
            found.append(Result(**json.loads(path.read_text(encoding="utf-8"))))
        except (ValueError, TypeError):
            continue
    return found


def find(results: Iterable[Result], data: str, tool: str) -> Result | None:
    return next((r for r in results if (r.data, r.tool) == (data, tool) and r.ok), None)
