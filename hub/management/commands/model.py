"""Match model versions: list, export, import, activate, succeed."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import transaction
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from hub import audit, remodel, succession
from hub.errors import NotFound, Refused
from hub.management.base import HubCommand
from hub.models import MatchModelVersion
from hub.stages import model as models
from matching.model import MatchModel, ModelError
from matching.parallel import cores


class Command(HubCommand):
    help = "Match model versions: list, export --out FILE, import FILE [--activate], activate NAME, succeed."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        actions = parser.add_subparsers(dest="action", required=True, metavar="list|export|import|activate|succeed")
        actions.add_parser("list", help="every version, the active one marked")
        export = actions.add_parser("export", help="write a version to a file")
        export.add_argument("name", nargs="?", help="default: the active version")
        export.add_argument("--out", required=True, type=Path)
        take = actions.add_parser("import", help="add a version from a file")
        take.add_argument("file", type=Path)
        take.add_argument("--activate", action="store_true")
        activate = actions.add_parser("activate", help="make a version the active one")
        activate.add_argument("name")
        succeed = actions.add_parser(
            "succeed", help="estimate a model from what the hub holds, where it outgrew its own; as the workers do"
        )
        succeed.add_argument(
            "--policy", choices=("auto", "propose"), help="take it or propose it (default: HUB_MODEL_SUCCESSION)"
        )
        succeed.add_argument("--anyway", action="store_true", help="although the hub has not outgrown its model")
        succeed.add_argument(
            "--leashed", action="store_true", help="nicely, and end with the process at the other end of standard input"
        )
        for action in actions.choices.values():
            action.add_argument(
                "--json", action="store_true", default=False, help="print one JSON object on the last line"
            )

    def run(self, **options: Any) -> dict[str, Any]:
        if options.get("leashed"):
            os.nice(10)
            threading.Thread(target=_end_with_the_other, name="leash", daemon=True).start()
        models.active()  # a fresh hub takes the shipped model first
        result: dict[str, Any] = getattr(self, f"_{options['action']}")(**options)
        return result

    def _list(self, **options: Any) -> dict[str, Any]:
        held = [
            {
                "name": version.name,
                "active": version.active,
                "proposed": version.proposed_at is not None and version.activated_at is None,
                "ready": version.active or version.caught_up_to is not None,
                "population": version.document.get("population"),
                "created_at": version.created_at,
            }
            for version in MatchModelVersion.objects.order_by("id")
        ]
        for version in held:
            note = "  proposed" if version["proposed"] else "  quick to go back to" if version["ready"] else ""
            self.say(
                f"{'*' if version['active'] else ' '} {version['name']}  {version['created_at']:%Y-%m-%d %H:%M}"
                f"  for {version['population'] or 0:,} records{'' if version['active'] else note}",
                **options,
            )
        return {"models": held}

    def _export(self, **options: Any) -> dict[str, Any]:
        found = MatchModelVersion.objects
        version = found.filter(name=options["name"]).first() if options["name"] else found.get(active=True)
        if version is None:
            raise NotFound("No match model has this name: see `model list`.")
        out: Path = options["out"]
        out.write_text(json.dumps(version.document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        self.say(f"{version.name} is in {out}", **options)
        return {"name": version.name, "out": str(out)}

    def _import(self, **options: Any) -> dict[str, Any]:
        file: Path = options["file"]
        try:
            model = MatchModel.from_json(json.loads(file.read_text(encoding="utf-8")))
        except (ModelError, ValueError) as error:
            raise Refused(f"{file.name} holds no match model: {error}") from error
        held = MatchModelVersion.objects.filter(name=model.name).first()
        if held is not None and held.document != model.to_json():
            raise Refused(f"There is another model named {model.name}: a version never changes, so give it a new name.")
        version = held or _keep(model)
        self.say(f"{version.name} is held.", **options)
        if options["activate"]:
            return self._make_active(version, **options)
        return {"name": version.name, "active": version.active}

    def _activate(self, **options: Any) -> dict[str, Any]:
        version = MatchModelVersion.objects.filter(name=options["name"]).first()
        if version is None:
            raise NotFound("No match model has this name: see `model list`.")
        return self._make_active(version, **options)

    def _make_active(self, version: MatchModelVersion, **options: Any) -> dict[str, Any]:
        with _Steps() as steps:
            done = remodel.activate(version, workers=cores(), progress=steps, by=audit.command())
        MatchModelVersion.objects.filter(pk=version.pk).update(chosen_for=succession.live_records())
        self.say(
            f"{version.name} is active; {done.clusters:,} golden records changed. It took {done.seconds:.1f} s, for "
            f"{done.waited:.2f} s of which nothing else was resolved.",
            **options,
        )
        return {"name": version.name, "active": True, "records": done.records, "clusters": done.clusters,
                "waited_seconds": round(done.waited, 3), "seconds": round(done.seconds, 3)}  # fmt: skip

    def _succeed(self, **options: Any) -> dict[str, Any]:
        policy = options["policy"] or settings.HUB_MODEL_SUCCESSION
        if policy == "off":
            raise Refused("HUB_MODEL_SUCCESSION is off: say --policy auto or --policy propose.")
        done = succession.succeed(policy=policy, anyway=options["anyway"], workers=cores())
        if not done.version:
            self.say(f"The model in force fits the {done.records:,} records that the hub holds.", **options)
        else:
            what = "is active" if done.taken else "is proposed: `model activate` takes it"
            self.say(f"{done.version}, estimated for {done.records:,} records, {what}.", **options)
        return {"name": done.version, "records": done.records, "active": done.taken,
                "waited_seconds": round(done.outcome.waited, 3) if done.outcome else 0.0}  # fmt: skip


def _keep(model: MatchModel) -> MatchModelVersion:
    with transaction.atomic():
        version = MatchModelVersion.objects.create(name=model.name, document=model.to_json())
        audit.note("model.imported", actor=audit.command(), subject=f"model:{version.pk}")
    return version


def _end_with_the_other() -> None:
    """End at once, children too, where the process that started this one ended: what is half done is done again."""
    # Not by sys.stdin, whose lock a forked child would find held for ever.
    while os.read(0, 1):
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


class _Steps:
    """A spinner with the step and how much of it is done, where a terminal is attached."""

    def __init__(self) -> None:
        self._bar = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,.0f}"),
            TimeElapsedColumn(), console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True,
        )  # fmt: skip
        self._step, self._task = "", self._bar.add_task("")

    def __enter__(self) -> _Steps:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, step: str, number: int) -> None:
        if step != self._step:
            self._step = step
            self._bar.update(self._task, description=step, completed=0)
        self._bar.advance(self._task, number)
