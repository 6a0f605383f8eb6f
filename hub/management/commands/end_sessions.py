"""``end_sessions NAME`` or ``--all``: sign people out, wherever they are signed in."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.models import Session
from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from hub import audit
from hub.management.base import HubCommand
from hub.models import User


class Command(HubCommand):
    help = "Sign a person out everywhere, or everybody."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", nargs="?", help="the user name of the person")
        parser.add_argument("--all", action="store_true", help="everybody")

    def run(self, **options: Any) -> dict[str, Any]:
        name = options["name"]
        if bool(name) == options["all"]:
            raise CommandError("Name a person, or give --all.", returncode=2)
        person = User.objects.filter(username=name).first() if name else None
        if name and person is None:
            raise CommandError("There is no such user: nobody was signed out.", returncode=2)
        with transaction.atomic():
            theirs = [
                session.pk
                for session in Session.objects.iterator()
                if person is None or session.get_decoded().get("_auth_user_id") == str(person.pk)
            ]
            ended, _ = Session.objects.filter(pk__in=theirs).delete()
            audit.note("sessions.ended", actor=audit.command(), subject=audit.user(person) if person else "everybody",
                       sessions=ended)  # fmt: skip
        self.say(f"{ended} sessions ended.", **options)
        return {"ended": ended}
