"""``create_client NAME --scope … [--source CODE]``: an OAuth2 client for a channel or a system."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.utils import OperationalError
from oauth2_provider.generators import generate_client_id, generate_client_secret
from oauth2_provider.models import get_application_model

from hub import audit
from hub.embedded.runtime import START_HINT
from hub.errors import Refused
from hub.models import ApiClient, SourceSystem
from hub.rates.bucket import limits
from hub.reach import ALL
from hub.scopes import SCOPES
from hub.visibility import attribute_names

_TAKEN = ("name", "scopes", "sources", "region", "rate", "within", "hidden", "masked")


class Command(BaseCommand):
    help = "Create an OAuth2 client. Its secret is shown this once and kept as a hash only."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--scope", action="append", required=True, choices=list(SCOPES), metavar="SCOPE", dest="scopes",
            help=f"What the client may do; may be repeated: {', '.join(SCOPES)}.",
        )  # fmt: skip
        parser.add_argument(
            "--source", action="append", default=[], metavar="CODE", dest="sources",
            help="A source system that records:write is bound to; may be repeated; '*' for all of them.",
        )  # fmt: skip
        parser.add_argument(
            "--region", default="", metavar="XX",
            help="Where the client is: the release section of the survivorship policy says what it may be told.",
        )  # fmt: skip
        parser.add_argument(
            "--rate", default="", metavar="LIMITS",
            help="Its own rate limits, such as reads=50:100,rows=1000: so many a second, and at once after a rest.",
        )  # fmt: skip
        parser.add_argument(
            "--within", action="append", default=[], metavar="SCOPE",
            help="Whose customers it reaches: the scope of source systems (create_source --scope); may be repeated; "
            "all of them without it.",
        )  # fmt: skip
        parser.add_argument(
            "--hide", action="append", default=[], metavar="NAME", dest="hidden",
            help="An attribute that it is not told: birth_date, emails, identifiers.tax_id, attributes.tier, "
            "crosswalk, consents …; may be repeated.",
        )  # fmt: skip
        parser.add_argument(
            "--mask", action="append", default=[], metavar="NAME", dest="masked",
            help="An attribute of which it is told a mask (k***@***.com); may be repeated.",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print one JSON object on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = create(**{key: options[key] for key in _TAKEN})
        except OperationalError:
            raise CommandError(START_HINT, returncode=2) from None
        if options["json"]:
            self.stdout.write(json.dumps(made))
            return
        self.stdout.write(f"client_id      {made['client_id']}")
        self.stdout.write(f"client_secret  {made['client_secret']}")
        self.stdout.write("The secret is not shown again.")


def create(
    *, name: str, scopes: Sequence[str], sources: Sequence[str], region: str = "", rate: str = "",
    within: Sequence[str] = (), hidden: Sequence[str] = (), masked: Sequence[str] = (),
) -> dict[str, str]:  # fmt: skip
    """``{"client_id", "client_secret"}`` of a new client; raises ``CommandError`` where it makes no sense."""
    if not name.strip():
        raise CommandError("The client needs a NAME, by which people know it.", returncode=2)
    if "records:write" in scopes and not sources:
        raise CommandError(
            "records:write is bound to a source system: add --source CODE, or --source '*' for all of them.",
            returncode=2,
        )
    try:
        limits(rate)
    except ValueError as error:
        raise CommandError(f"--rate: {error}", returncode=2) from None
    known = dict(SourceSystem.objects.values_list("code", "scope"))
    if unknown := [code for code in sources if code != "*" and code not in known]:
        raise CommandError(
            f"There is no source system {', '.join(unknown)}: create it with `manage.py create_source`, "
            f"or take one of {', '.join(sorted(known))}.",
            returncode=2,
        )
    reached = sorted(set(within)) or [ALL]
    if unknown := [scope for scope in reached if scope not in (ALL, *known.values())]:
        raise CommandError(
            f"No source system has the scope {', '.join(unknown)}: there are {', '.join(sorted(set(known.values())))}.",
            returncode=2,
        )
    if beyond := [code for code in sources if code != "*" and ALL not in reached and known[code] not in reached]:
        raise CommandError(f"The customers of {', '.join(beyond)} are not within its reach.", returncode=2)
    try:
        kept_back = {"hidden": attribute_names(hidden, "--hide"), "masked": attribute_names(masked, "--mask")}
    except Refused as error:
        raise CommandError(str(error), returncode=2) from None
    applications = get_application_model()
    secret = generate_client_secret()
    with transaction.atomic():
        application = applications.objects.create(
            name=name,
            client_id=generate_client_id(),
            client_secret=secret,
            client_type=applications.CLIENT_CONFIDENTIAL,
            authorization_grant_type=applications.GRANT_CLIENT_CREDENTIALS,
        )
        ApiClient.objects.create(
            application=application, scopes=sorted(set(scopes)), sources=sorted(set(sources)), region=region.upper(),
            rate=rate, within=reached, **kept_back,
        )  # fmt: skip
        audit.note("client.created", actor=audit.command(), subject=application.client_id, scopes=sorted(set(scopes)),
                   sources=sorted(set(sources)), within=reached, hidden=kept_back["hidden"],
                   masked=kept_back["masked"])  # fmt: skip
    return {"client_id": application.client_id, "client_secret": secret}
