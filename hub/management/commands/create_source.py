"""``create_source CODE --kind …``: a source system that may send records."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.utils import IntegrityError, OperationalError
from django.utils import timezone

from hub import audit
from hub.embedded.runtime import START_HINT
from hub.models import SourceSystem
from hub.ports import mapping_names

_SHOWN = ("code", "kind", "connector", "scope", "region")


class Command(BaseCommand):
    help = "Create a source system. Two shops are two source systems."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", metavar="CODE", help="lower-case letters, digits, - and _, beginning with a letter")
        parser.add_argument("--kind", required=True, choices=list(SourceSystem.Kind.values))
        parser.add_argument("--connector", default="", metavar="NAME", help="the mapping that its own payloads need")
        parser.add_argument(
            "--scope", default="main", metavar="NAME",
            help="legal controller or brand group; records are compared within one scope only (default: main)",
        )  # fmt: skip
        parser.add_argument("--region", default="", metavar="XX")
        parser.add_argument(
            "--webhook-secret-stdin", action="store_true", help="read the secret that its webhooks are signed with"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = {name: options[name] for name in _SHOWN}
        secret = sys.stdin.readline().strip() if options["webhook_secret_stdin"] else ""
        try:
            created = create(**wanted, webhook_secret=secret)
        except OperationalError:
            raise CommandError(START_HINT, returncode=2) from None
        if options["json"]:
            self.stdout.write(json.dumps({**wanted, "created": created}))
        elif created:
            self.stdout.write(f"Source system {wanted['code']} created.")
        else:
            self.stdout.write(f"Source system {wanted['code']} was there already, as asked for.")


def create(
    *, code: str, kind: str, connector: str = "", scope: str = "main", region: str = "", webhook_secret: str = ""
) -> bool:
    """Whether it was created; False where the same one exists. Raises ``CommandError`` where it cannot be."""
    names = mapping_names()
    if connector and connector not in names:
        raise CommandError(
            f"There is no connector {connector}: take one of {', '.join(names) or 'none, since none is installed'}.",
            returncode=2,
        )
    wanted = {"kind": kind, "connector": connector, "scope": scope, "region": region}
    source = SourceSystem(code=code, name=code, **wanted)
    held = SourceSystem.objects.filter(code=code).first()
    if held is not None:
        if all(getattr(held, name) == value for name, value in wanted.items()) and not webhook_secret:
            return False
        raise CommandError(
            f"There is a source system {code} already, with other settings: nothing was changed. Another secret is set "
            "by `source_secret`.",
            returncode=2,
        )
    try:
        source.full_clean()
        source.take_secret(webhook_secret, now=timezone.now())
        with transaction.atomic():
            source.save(force_insert=True)
            audit.note("source.created", actor=audit.command(), subject=code)
    except ValidationError as error:
        said = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
        raise CommandError(said, returncode=2) from None
    except IntegrityError:
        raise CommandError(f"There is a source system {code} already: nothing was changed.", returncode=2) from None
    return True
