"""``create_user NAME --role ROLE --password-stdin``: a person who may sign in."""

from __future__ import annotations

import getpass
import json
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.utils import OperationalError

from hub import audit
from hub.embedded.runtime import START_HINT
from hub.models import User
from hub.roles import ROLES, give_role
from hub.signin import factor


class Command(BaseCommand):
    help = "Make a person who may sign in, with one or more roles; run again to add roles or set a new password."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="user name to sign in with")
        parser.add_argument(
            "--role", action="append", choices=sorted(ROLES), default=[], help="may be given several times"
        )
        parser.add_argument("--admin", action="store_true", help="a superuser: every permission, user management too")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input, not from a prompt"
        )
        parser.add_argument(
            "--reset-second-factor", action="store_true",
            help="take the second factor away, for somebody who lost the device and the recovery codes",
        )  # fmt: skip
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, name: str, role: list[str], admin: bool, as_json: bool, **options: Any) -> None:
        if not role and not admin:
            raise CommandError(f"Give at least one --role ({', '.join(sorted(ROLES))}) or --admin.")
        password = _password(from_stdin=options["password_stdin"])
        try:
            user, created = _save(name=name, password=password, roles=role, admin=admin, options=options)
        except OperationalError:
            raise CommandError(START_HINT) from None
        if as_json:
            self.stdout.write(json.dumps({"user": user.username, "roles": sorted(role), "created": created}))
        else:
            what = "made" if created else "updated"
            self.stdout.write(f"User {user.username} {what}: {', '.join(sorted(role)) or 'admin'}.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = getpass.getpass("Password: ")
    else:
        raise CommandError("Give the password on standard input and say --password-stdin.")
    if not password:
        raise CommandError("The password is empty: give one of at least 12 characters.")
    return password


def _save(*, name: str, password: str, roles: list[str], admin: bool, options: dict[str, Any]) -> tuple[User, bool]:
    with transaction.atomic():
        user = User.objects.select_for_update().filter(username=name).first()
        created = user is None
        user = user or User(username=name)
        user.first_name = options["first_name"] or user.first_name
        user.last_name = options["last_name"] or user.last_name
        user.is_staff = True
        user.is_superuser = user.is_superuser or admin
        try:
            User.username_validator(name)
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        user.set_password(password)
        user.save()
        if options["reset_second_factor"]:
            factor.take_away(user)
            audit.note("user.second_factor_removed", actor=audit.command(), subject=audit.user(user))
        for role in roles:
            give_role(user=user, role=role)
        audit.note("user.created" if created else "user.changed", actor=audit.command(), subject=audit.user(user),
                   roles=sorted(roles), superuser=user.is_superuser)  # fmt: skip
    return user, created
