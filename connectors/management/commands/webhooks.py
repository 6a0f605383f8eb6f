"""``webhooks list|replay|pause|resume|test``: the receivers of webhooks, from a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from connectors.desk import words
from connectors.outbound import endpoints, health, trial
from connectors.outbound import replay as replays
from hub import audit
from hub.management.base import HubCommand
from hub.models import Endpoint


class Command(HubCommand):
    help = (
        "The receivers of webhooks: how they have been doing, pausing and resuming one, a test event, and sending once "
        "more. Shows ids, hosts, times and numbers, and nothing of a customer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parts = parser.add_subparsers(dest="action", required=True)
        made = [parts.add_parser("list", help="the receivers and how they have been doing")]
        for name, said in (
            ("pause", "let deliveries wait, in their order"),
            ("resume", "send what waited, also after it was disabled"),
            ("test", "send a signed test event now, and say how it was taken (exit 1: it was not)"),
            ("replay", "send once more: deliveries by id, a stretch of the feed, or all since an instant"),
        ):
            part = parts.add_parser(name, help=said)
            part.add_argument("endpoint", metavar="ENDPOINT", help="we_…")
            made.append(part)
        replayed = made[-1]
        replayed.add_argument("deliveries", nargs="*", metavar="DELIVERY", help="dl_…")
        place = "a position of the feed, or an instant such as 2026-01-02T03:04:05Z"
        replayed.add_argument("--since", metavar="PLACE", help=f"all from there on: {place}")
        replayed.add_argument("--from", dest="first", metavar="PLACE", help=place)
        replayed.add_argument("--to", dest="last", metavar="PLACE", help=place)
        replayed.add_argument("--golden", metavar="ID", help="of this golden record alone, and of those merged into it")
        replayed.add_argument("--dry-run", action="store_true", help="only say how many")
        for part in made:
            part.add_argument("--json", action="store_true", help="print one JSON object on the last line")

    def run(self, **options: Any) -> dict[str, Any]:
        action = options.pop("action")
        if action == "list":
            return self._list(**options)
        found = endpoints.one(options.pop("endpoint"))
        return {"pause": self._pause, "resume": self._resume, "test": self._test, "replay": self._replay}[action](
            found, **options
        )

    def _list(self, **options: Any) -> dict[str, Any]:
        found, now = list(Endpoint.objects.order_by("id")), timezone.now()
        doing = health.of(found)
        for one, how in zip(found, doing, strict=True):
            row = words.row(one, how, now)
            self.say(
                f"{row.endpoint_id}  {row.flag:9}  {row.waiting:>8} waiting  {how.dead_letters:6,} given up  "
                f"last {row.delivered or 'never':20}  {row.host}",
                **options,
            )
        if not found:
            self.say("Nobody gets webhooks yet.", **options)
        return {"items": [how.shown() for how in doing]}

    def _pause(self, found: Endpoint, **options: Any) -> dict[str, Any]:
        return self._now(endpoints.pause(found, by=audit.command()), **options)

    def _resume(self, found: Endpoint, **options: Any) -> dict[str, Any]:
        return self._now(endpoints.resume(found, by=audit.command()), **options)

    def _now(self, found: Endpoint, **options: Any) -> dict[str, Any]:
        self.say(f"{found.public_id} is {found.state}.", **options)
        return {"endpoint_id": found.public_id, "state": found.state}

    def _test(self, found: Endpoint, **options: Any) -> dict[str, Any]:
        said = trial.run(found, by=audit.command())
        self.code = 0 if said["delivered"] else 1
        how = "It took the test" if said["delivered"] else words.failure(said["error"])
        answer = f" ({said['status_code']})" if said["status_code"] else ""
        self.say(f"{how}{answer}, after {said['milliseconds']} ms.", **options)
        return said

    def _replay(
        self, found: Endpoint, *, deliveries: list[str], since: str | None, first: str | None, last: str | None,
        golden: str | None, dry_run: bool, **options: Any,
    ) -> dict[str, Any]:  # fmt: skip
        if not (deliveries or since or first or last or golden):
            raise CommandError("Say what: deliveries, --since, --from, --to or --golden.", returncode=2)
        if (deliveries and (since or first or last or golden)) or (since and (first or last)):
            raise CommandError("Deliveries go with nothing else, --since with neither --from nor --to.", returncode=2)
        wanted = replays.Wanted(
            first=_place(since or first), last=_place(last), golden_id=golden, deliveries=deliveries or None
        )
        again = new = waiting = 0
        while True:
            done = (
                replays.dry_run(found, wanted) if dry_run else replays.replay(found, wanted, by=audit.command())
            )  # fmt: skip
            again, new, waiting = again + done.again, new + done.first, waiting + done.waiting
            if done.following is None:
                break
            wanted = replays.Wanted(first=done.following, last=wanted.last, golden_id=golden)
        will = "would be" if dry_run else "will be"
        self.say(f"{again + new:,} {will} sent: {again:,} once more, {new:,} for the first time. "
                 f"{waiting:,} wait already.", **options)  # fmt: skip
        total = replays.Replayed(again, new, waiting, None)
        return total.shown(dry_run=dry_run)


def _place(text: str | None) -> replays.Place | None:
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text} is neither a position nor an instant.", returncode=2) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
