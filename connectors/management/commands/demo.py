"""``demo``: what ``make demo`` shows once servers, web and worker run."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from connectors.management.demo import cast, doors, summary, watch
from connectors.management.demo.courier import Receiver, ReceiverDownError
from connectors.management.demo.kept import Kept, folder
from connectors.management.demo.web import NoAnswerError, Web
from connectors.outbound.addresses import is_open
from hub.embedded.runtime import START_HINT
from hub.errors import HubError
from hub.models import Endpoint, OutboxEvent
from hub.sql import SERVER_AWAY
from samples import generate


class Stop(BaseException):
    """Somebody asked us to stop."""


class Command(BaseCommand):
    help = (
        "Load a sample of five source systems through the hub's doors, have the webhooks delivered to a receiver, and "
        "say what came of it. Run by `make demo`; running it again changes nothing. With HEADLESS=1 the last line is "
        "JSON and it ends; else it stays, with the receiver, until Ctrl-C."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=int(os.environ.get("HUB_DEMO_SEED", "1")), help="of the sample")
        parser.add_argument("--persons", type=int, default=None, help="how many persons the sample has (default 900)")

    def handle(self, *, seed: int, persons: int | None, **options: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop)
        self._receiver: Receiver | None = None
        try:
            found = self._run(seed=seed, persons=persons)
            if _headless():
                self.stdout.write(json.dumps(found))
                self.stdout.flush()
            else:
                self._stay()
        except Stop:
            return
        except SERVER_AWAY:
            raise CommandError(START_HINT, returncode=1) from None
        except (NoAnswerError, ReceiverDownError, watch.StalledError, HubError, ValueError) as error:
            raise CommandError(str(error), returncode=1) from None
        finally:
            if self._receiver is not None:
                self._receiver.stop()

    def _run(self, *, seed: int, persons: int | None) -> dict[str, Any]:
        port = _receiver_port()
        kept = Kept.read()
        sources = cast.sources()
        cast.stewards(kept)
        cast.client(kept)
        kept.write()
        web = Web(f"http://127.0.0.1:{settings.HUB_PORT}", kept.client)
        web.sign_in()
        endpoint = cast.endpoint(web, kept, url=f"http://127.0.0.1:{port}/webhooks")
        self._receiver = Receiver(endpoint, port)
        self._receiver.ensure()

        sample = generate(folder() / f"sample-{seed}", seed=seed, persons=persons)
        files = {file.stem: file for file in sample.files}
        with _bar() as bar:
            rejected = self._load(bar, web, sources, files, total=sample.total)
            end = self._wait(bar, endpoint, total=sample.total)
        published = OutboxEvent.objects.count() - kept.events_before
        found = summary.result(published=published, delivered=end.delivered, measured=summary.truth(files["truth"]))
        self._tell(found, list(sources), web, kept)
        self._judge(found, end, rejected)
        return found

    def _load(self, bar: Progress, web: Web, sources: Any, files: Any, *, total: int) -> int:
        task = bar.add_task("records in", total=total)

        def tick(number: int) -> None:
            bar.advance(task, number)

        rejected = doors.by_rest(web, sources["crm"], files["crm"], tick=tick)
        customers = list(doors.payloads(files["ecommerce"]))[: doors.WEBHOOKS]
        doors.by_webhook(web, sources["ecommerce"], customers, tick=tick)
        rejected += doors.by_file(sources["ecommerce"], files["ecommerce"], skip=len(customers), tick=tick)
        for code in ("loyalty", "pos", "erp"):
            rejected += doors.by_file(sources[code], files[code], tick=tick)
        return rejected

    def _wait(self, bar: Progress, endpoint: Endpoint, *, total: int) -> watch.Progress:
        resolved = bar.add_task("resolved", total=total)
        delivered = bar.add_task("webhooks delivered", total=None)

        def tell(now: watch.Progress) -> None:
            bar.update(resolved, completed=max(0, total - now.waiting))
            bar.update(delivered, completed=now.delivered, total=now.events)

        receiver = self._receiver
        return watch.wait(endpoint, tell=tell, meanwhile=receiver.ensure if receiver else lambda: None)

    def _judge(self, found: dict[str, Any], end: watch.Progress, rejected: int) -> None:
        """Raises ``CommandError`` where something was lost, refused or came in disorder."""
        counts = (self._receiver.counts() if self._receiver else None) or {}
        wrong = []
        if rejected:
            wrong.append(f"{rejected:,} records were refused")
        if end.dead:
            wrong.append(f"{end.dead:,} messages or deliveries are dead letters")
        if found["events_published"] != found["events_delivered"]:
            wrong.append(f"{found['events_published']:,} events were published, "
                         f"{found['events_delivered']:,} delivered")  # fmt: skip
        if counts.get("distinct") != found["events_delivered"]:
            wrong.append(f"the receiver counts {counts.get('distinct', 0):,} events")
        wrong += [
            f"the receiver counts {counts[name]:,} {name.replace('_', ' ')}"
            for name in ("invalid", "out_of_order")
            if counts.get(name)
        ]
        if wrong:
            raise CommandError(f"The demo is through, but not as it should be: {'; '.join(wrong)}.", returncode=1)

    def _tell(self, found: dict[str, Any], codes: list[str], web: Web, kept: Kept) -> None:
        ordered = [code for code in cast.SOURCES if code in codes]
        Console(file=sys.stdout, width=72).print(summary.table(summary.by_source(ordered), found))
        self.stdout.write(f"\nStewards sign in at {web.address}/admin/")
        for name in cast.STEWARDS:
            self.stdout.write(f"  {name:<6} {kept.passwords[name]}")
        self.stdout.write("\nA golden record, with a token that works for an hour:")
        self.stdout.write(
            f'  curl -s -H "Authorization: Bearer {web.sign_in()}" {web.address}/api/v1/golden/{summary.best_known()}\n'
        )
        self.stdout.flush()

    def _stay(self) -> None:
        self.stdout.write("Webhooks go on being received. Ctrl-C stops everything.")
        self.stdout.flush()
        while True:
            if self._receiver is not None:
                self._receiver.ensure()
            time.sleep(0.5)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stop


def _headless() -> bool:
    return os.environ.get("HEADLESS", "") not in ("", "0")


def _receiver_port() -> int:
    """Where the receiver listens; raises ``CommandError`` where deliveries to it would be refused."""
    given = os.environ.get("HUB_DEMO_RECEIVER") or f"127.0.0.1:{settings.HUB_PORT + 9}"
    host, _, port = given.rpartition(":")
    if host != "127.0.0.1" or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise CommandError("HUB_DEMO_RECEIVER must be 127.0.0.1:PORT.", returncode=2)
    if not is_open(host, int(port), settings.HUB_DELIVERY_ALLOW):
        raise CommandError(
            f"Deliveries to {given} are not allowed: use `make demo`, or start the hub and this command with "
            f"HUB_DELIVERY_ALLOW={given}.",
            returncode=2,
        )
    return int(port)


def _bar() -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=Console(stderr=True), disable=not sys.stderr.isatty(),
    )  # fmt: skip
