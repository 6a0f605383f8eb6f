"""``source_secret CODE``: another secret for the webhooks of a source system, without losing one."""

from __future__ import annotations

import secrets
import sys
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from hub import audit
from hub.management.base import HubCommand
from hub.models import SourceSystem

# What vendors need to retry a webhook that they signed before they heard of the new secret: Shopify tries for 4 h.
OVERLAP_HOURS = 24.0
_BYTES = 32
_LONGEST = 200


class Command(HubCommand):
    help = (
        "Set the secret that a source system's webhooks are signed with: the vendor's, read from standard input, or a "
        "new one, which is shown this once. The one before counts until the overlap ends."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("code", metavar="CODE")
        parser.add_argument("--stdin", action="store_true", help="read the vendor's secret from standard input")
        parser.add_argument(
            "--overlap", type=float, default=OVERLAP_HOURS, metavar="HOURS",
            help=f"how long the present secret counts still; 0 after a leak (default: {OVERLAP_HOURS:g})",
        )  # fmt: skip

    def run(self, **options: Any) -> dict[str, Any]:
        code, hours = options["code"], options["overlap"]
        if not 0 <= hours <= 24 * 30:
            raise CommandError("--overlap takes 0 to 720 hours.", returncode=2)
        given = sys.stdin.readline().strip() if options["stdin"] else ""
        if options["stdin"] and not 8 <= len(given) <= _LONGEST:
            raise CommandError(f"A secret has 8 to {_LONGEST} characters: nothing was changed.", returncode=2)
        text, now = given or secrets.token_urlsafe(_BYTES), timezone.now()
        with transaction.atomic():
            source = SourceSystem.objects.select_for_update().filter(code=code).first()
            if source is None:
                raise CommandError(f"There is no source system {code}: nothing was changed.", returncode=2)
            source.take_secret(text, now=now, overlap=timedelta(hours=hours))
            source.save(update_fields=["webhook_secret", "webhook_secret_before", "webhook_secret_until"])
            audit.note("source.secret_set", actor=audit.command(), subject=code, overlap_minutes=round(hours * 60))
        until = source.webhook_secret_until
        self.say(f"The webhooks of {code} are signed with the new secret from now on.", **options)
        if until is not None:
            self.say(f"Those signed with the one before are taken until {until:%Y-%m-%d %H:%M} UTC.", **options)
        made = {} if given else {"secret": text}
        if made and not options["json"]:
            self.stdout.write(f"secret  {text}\nIt is not shown again.")
        return {"code": code, "before_until": until.isoformat() if until else None, **made}
