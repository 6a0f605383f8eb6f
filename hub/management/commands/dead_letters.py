"""``dead_letters list|show|replay``: what was given up, by cause, and another try for it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from hub import audit, deadletters
from hub.deadletters import KINDS, MOST
from hub.errors import InvalidRecord
from hub.events import rfc3339
from hub.management.base import HubCommand


class Command(HubCommand):
    help = (
        "What was given up, of the inbox and of deliveries: by cause, one by one, and another try for it. Shows ids, "
        "times, tries and problems, and never what a message or an event holds."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parts = parser.add_subparsers(dest="action", required=True)
        listed = parts.add_parser("list", help="how many of each cause")
        listed.add_argument("--kind", choices=KINDS)
        shown = parts.add_parser("show", help="those of one cause, oldest first")
        shown.add_argument("cause")
        shown.add_argument("--limit", type=int, default=100)
        tried = parts.add_parser("replay", help="have them tried again from the beginning")
        tried.add_argument("ids", nargs="*", metavar="ID", help="msg_… or dl_…")
        tried.add_argument("--cause", help="all of this cause")
        tried.add_argument("--all", action="store_true", help="all there are")
        tried.add_argument("--dry-run", action="store_true", help="only say what would become of each")
        for part in (listed, shown, tried):
            part.add_argument("--json", action="store_true", help="print one JSON object on the last line")

    def run(self, **options: Any) -> dict[str, Any]:
        action = options.pop("action")
        if action == "list":
            return self._list(**options)
        return self._show(**options) if action == "show" else self._replay(**options)

    def _list(self, *, kind: str | None, **options: Any) -> dict[str, Any]:
        found = deadletters.groups(kind)
        for group in found:
            since, until = rfc3339(group.oldest_at)[:19], rfc3339(group.newest_at)[:19]
            self.say(f"{group.count:9,}  {group.kind:8}  {group.cause:34}  {since} to {until}", **options)
        if not found:
            self.say("There are no dead letters.", **options)
        return {"items": [{"cause": g.cause, "kind": g.kind, "count": g.count, "oldest_at": rfc3339(g.oldest_at),
                           "newest_at": rfc3339(g.newest_at), "example": g.example} for g in found]}  # fmt: skip

    def _show(self, *, cause: str, limit: int, **options: Any) -> dict[str, Any]:
        found = deadletters.letters(cause, limit=limit)
        for letter in found:
            about = "  ".join(f"{name}={value}" for name, value in letter.about.items())
            said = letter.problem.get("detail") or letter.problem.get("title", "")
            self.say(f"{letter.id}  {rfc3339(letter.at)[:19]}  {letter.attempts} tries  {about}  {said}", **options)
        return {"items": [{"id": x.id, "kind": x.kind, "at": rfc3339(x.at), "attempts": x.attempts,
                           "problem": x.problem, **x.about} for x in found]}  # fmt: skip

    def _replay(self, *, ids: list[str], cause: str | None, all: bool, dry_run: bool, **options: Any) -> dict[str, Any]:
        if sum((bool(ids), bool(cause), all)) != 1:
            raise InvalidRecord("Name ids, a --cause, or --all.")
        causes = [group.cause for group in deadletters.groups()] if all else [cause] if cause else []
        counts: dict[str, int] = {}
        problems: dict[str, int] = {}
        for part in self._parts(ids, causes):
            said = deadletters.rehearse(part) if dry_run else deadletters.replay(part, by=audit.command())
            for verdict in said:
                counts[verdict.outcome] = counts.get(verdict.outcome, 0) + 1
                if verdict.problem is not None:
                    detail = str(verdict.problem.get("detail"))
                    problems[detail] = problems.get(detail, 0) + 1
        for outcome, number in sorted(counts.items()):
            self.say(f"{number:9,}  {outcome.replace('_', ' ')}", **options)
        for detail, number in sorted(problems.items(), key=lambda item: -item[1])[:20]:
            self.say(f"{number:9,}  problem: {detail}", **options)
        if not counts:
            self.say("There are no such dead letters.", **options)
        return {"dry_run": dry_run, "outcomes": counts, "problems": problems}

    def _parts(self, ids: list[str], causes: list[str]) -> Any:
        """Ids in bites. Those that fail again meanwhile are behind the place that was reached."""
        for start in range(0, len(ids), MOST):
            yield ids[start : start + MOST]
        for cause in causes:
            after = 0
            while found := deadletters.letters(cause, after=after, limit=MOST):
                yield [letter.id for letter in found]
                after = found[-1].place
