"""Survivorship policies: list, show, check, import, activate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console
from rich.progress import Progress

from hub import audit, policies, repolicy
from hub.errors import NotFound, Refused
from hub.management.base import HubCommand
from hub.models import PolicyVersion
from matching.policyfile import LONGEST


class Command(HubCommand):
    help = "Survivorship policies: list, show [NAME], check FILE, import FILE [--activate], activate NAME."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|check|import|activate")
        actions.add_parser("list", help="every version, the active one marked")
        show = actions.add_parser("show", help="print a version as it was written")
        show.add_argument("name", nargs="?", help="default: the active version")
        check = actions.add_parser("check", help="say what is wrong with a file; nothing is changed")
        check.add_argument("file", type=Path)
        take = actions.add_parser("import", help="add a version from a file")
        take.add_argument("file", type=Path)
        take.add_argument("--activate", action="store_true")
        activate = actions.add_parser("activate", help="put a version in force; every golden record follows it")
        activate.add_argument("name")
        for action in actions.choices.values():
            action.add_argument(
                "--json", action="store_true", default=False, help="print one JSON object on the last line"
            )

    def run(self, **options: Any) -> dict[str, Any]:
        policies.active()  # a fresh hub takes the shipped policy first
        result: dict[str, Any] = getattr(self, f"_{options['action']}")(**options)
        return result

    def _list(self, **options: Any) -> dict[str, Any]:
        held = [
            {
                "name": version.name,
                "active": version.active,
                "done": version.swept_to is None,
                "activated_at": version.activated_at,
                "created_at": version.created_at,
            }
            for version in PolicyVersion.objects.order_by("id")
        ]
        for version in held:
            mark = "*" if version["active"] else " "
            note = "" if version["done"] else "  golden records are being brought in line with it"
            self.say(f"{mark} {version['name']}  {version['created_at']:%Y-%m-%d %H:%M}{note}", **options)
        return {"policies": held}

    def _show(self, **options: Any) -> dict[str, Any]:
        if options["name"]:
            version = self._held(options["name"])
        else:
            version = PolicyVersion.objects.get(active=True)
        self.say(version.document.rstrip("\n"), **options)
        return {"name": version.name, "active": version.active, "document": version.document}

    def _check(self, **options: Any) -> dict[str, Any]:
        policy = repolicy.check(_text(options["file"]), name=options["file"].name)
        self.say(f"{policy.name} can be used: nothing is wrong with it.", **options)
        return {"name": policy.name, "faults": []}

    def _import(self, **options: Any) -> dict[str, Any]:
        version = repolicy.keep(_text(options["file"]), name=options["file"].name, by=audit.command())
        self.say(f"{version.name} is held.", **options)
        if options["activate"]:
            return self._make_active(version, **options)
        return {"name": version.name, "active": version.active}

    def _activate(self, **options: Any) -> dict[str, Any]:
        return self._make_active(self._held(options["name"]), **options)

    def _held(self, name: str) -> PolicyVersion:
        version = policies.held(name)
        if version is None:
            raise NotFound("No policy has this name: see `policy list`.")
        return version

    def _make_active(self, version: PolicyVersion, **options: Any) -> dict[str, Any]:
        bar = Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True)
        with bar:
            task = bar.add_task("golden records")
            done = repolicy.activate(
                version, by=audit.command(), progress=lambda n, of: bar.update(task, completed=n, total=of)
            )
        self.say(
            f"{version.name} is active; {done.changed:,} of {done.golden:,} golden records changed, in "
            f"{done.seconds:.1f} s.",
            **options,
        )
        return {"name": version.name, "active": True, "golden": done.golden, "changed": done.changed,
                "seconds": round(done.seconds, 3)}  # fmt: skip


def _text(file: Path) -> str:
    with file.open("rb") as handle:
        data = handle.read(LONGEST * 4 + 1)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{file.name} is not UTF-8: save it as such.") from None
