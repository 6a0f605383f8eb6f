"""``make bench``: each figure beside its floor, measured in the same run on servers of its own."""

from __future__ import annotations

import os

from hub.embedded import throwaway


def main() -> None:
    places = throwaway.environment()
    throwaway.start()  # before the addresses are set: given addresses mean servers of somebody else
    os.environ.update(places)
    os.environ["DJANGO_SETTINGS_MODULE"] = "hub.conf.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from bench import resolution

    resolution.run()


if __name__ == "__main__":
    main()
