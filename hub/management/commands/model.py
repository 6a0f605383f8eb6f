"""Match model versions: list, export, import, activate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from hub import remodel
from hub.errors import NotFound, Refused
from hub.management.base import HubCommand
from hub.models import MatchModelVersion
from hub.stages import model as models
from matching.model import MatchModel, ModelError
from matching.parallel import cores


class Command(HubCommand):
    help = "Match model versions: list, export --out FILE, import FILE [--activate], activate NAME."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        actions = parser.add_subparsers(dest="action", required=True, metavar="list|export|import|activate")
        actions.add_parser("list", help="every version, the active one marked")
        export = actions.add_parser("export", help="write a version to a file")
        export.add_argument("name", nargs="?", help="default: the active version")
        export.add_argument("--out", required=True, type=Path)
        take = actions.add_parser("import", help="add a version from a file")
        take.add_argument("file", type=Path)
        take.add_argument("--activate", action="store_true")
        activate = actions.add_parser("activate", help="make a version the active one")
        activate.add_argument("name")
        for action in actions.choices.values():
            action.add_argument(
                "--json", action="store_true", default=False, help="print one JSON object on the last line"
            )

    def run(self, **options: Any) -> dict[str, Any]:
        models.active()  # a fresh hub takes the shipped model first
        action = {"list": self._list, "export": self._export, "import": self._import, "activate": self._activate}
        return action[options["action"]](**options)

    def _list(self, **options: Any) -> dict[str, Any]:
        held = list(MatchModelVersion.objects.order_by("id").values("name", "active", "created_at"))
        for version in held:
            self.say(
                f"{'*' if version['active'] else ' '} {version['name']}  {version['created_at']:%Y-%m-%d %H:%M}",
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
        version = held or MatchModelVersion.objects.create(name=model.name, document=model.to_json())
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
        done = remodel.activate(version, workers=cores())
        self.say(
            f"{version.name} is active; {done.clusters:,} golden records changed. It took {done.seconds:.1f} s, for "
            f"{done.waited:.2f} s of which nothing else was resolved.",
            **options,
        )
        return {"name": version.name, "active": True, "records": done.records, "clusters": done.clusters,
                "waited_seconds": round(done.waited, 3), "seconds": round(done.seconds, 3)}  # fmt: skip
