"""What `match`, `train` and `evaluate` share: flat files in, progress shown, no database."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from hub.errors import Refused
from hub.management.base import HubCommand
from matching import flatfiles, frames
from matching.bulk import Judged
from matching.flatfiles import FileError
from matching.frames import Frame
from matching.model import MatchModel, ModelError, load
from matching.prepared import order_of

MODELS = Path(flatfiles.__file__).parent / "models"
LABEL_COLUMNS = ("source_system_a", "source_id_a", "source_system_b", "source_id_b", "judgement")


class FlatCommand(HubCommand):
    """A command on flat files. A file or a model that cannot be used is refused in one sentence."""

    needs_database = False

    def run(self, **options: Any) -> dict[str, Any]:
        try:
            return self.work(**options)
        except (FileError, ModelError) as error:
            raise Refused(f"{error}.") from error

    def work(self, **options: Any) -> dict[str, Any]:
        raise NotImplementedError


def read_frame(files: Sequence[Path], columns: dict[str, str], workers: int = 1) -> tuple[Frame, tuple[str, ...]]:
    """The live rows of flat files, and their columns that are not canonical. Raises ``FileError``."""
    unknown = flatfiles.unknown_columns(files, columns)
    return frames.read(files, columns, workers), unknown


def read_labels(path: Path | None) -> list[Judged]:
    """Judgements of a file by the order hashes of their records. Raises ``FileError``."""
    out = []
    for row in flatfiles.read_pairs(path, LABEL_COLUMNS) if path else ():
        verdict = row["judgement"].lower()
        if verdict not in ("same", "different", "unsure"):
            raise FileError(f"{path.name if path else ''}: judgement must be same, different or unsure")
        if verdict != "unsure":
            a = order_of(row["source_system_a"], row["source_id_a"])
            b = order_of(row["source_system_b"], row["source_id_b"])
            out.append((a, b, verdict))
    return out


def find_model(name: str, *folders: Path) -> MatchModel:
    """A match model by file or by name. Raises ``ModelError``."""
    if Path(name).is_file():
        return load(name)
    for folder in (*folders, MODELS):
        if (folder / f"{name}.json").is_file():
            return load(folder / f"{name}.json")
    raise ModelError(
        f"{name} is no file and no model's name; known are {', '.join(p.stem for p in MODELS.glob('*.json'))}"
    )


class Stages:
    """Seconds of each stage; a spinner with the stage's name where a terminal is attached."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._name, self._since = "", 0.0
        self._bar = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(),
            console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True,
        )  # fmt: skip
        self._task = self._bar.add_task("read")

    def __enter__(self) -> Stages:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self("")
        self._bar.stop()

    def __call__(self, stage: str) -> None:
        now = time.perf_counter()
        if self._name:
            self.seconds[self._name] = round(self.seconds.get(self._name, 0.0) + now - self._since, 3)
        self._name, self._since = stage, now
        self._bar.update(self._task, description=stage or "done")


def peak_memory_mb() -> float:
    """The most memory that this process held, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1)
