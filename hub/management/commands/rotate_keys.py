"""``rotate_keys``: every key wrapped anew under the newest master key, so that the older ones can be destroyed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from hub import keyring
from hub.keystore.router import ALIAS
from hub.management.base import HubCommand


class Command(HubCommand):
    help = (
        "Wraps every key anew under the first master key in HUB_MASTER_KEY. Put the new one before the old one, "
        "separated by a comma, restart the hub, run this, take the old one out and restart again."
    )

    def run(self, **options: Any) -> dict[str, Any]:
        done = 0
        while True:
            with transaction.atomic(using=ALIAS):
                number = keyring.rotate()
            if not number:
                break
            done += number
        older = len(settings.HUB_MASTER_KEYS) - 1
        self.say(f"{done:,} keys are wrapped by the newest master key now.", **options)
        if older:
            self.say("Take the older master keys out of HUB_MASTER_KEY and restart the hub.", **options)
        return {"rotated": done, "older_master_keys": older}
