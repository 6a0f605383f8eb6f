"""``make bench``: each figure beside its peer or floor, measured in the same run.

``make bench`` runs every part; ``make bench ARGS="matching --full"`` one part with its options.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module

PARTS = ("resolution", "matching", "survive", "consent", "stress", "day", "doors")


def own_servers() -> None:
    """Servers of this run alone, with an empty hub on them."""
    from hub.embedded import throwaway

    places = throwaway.environment()
    throwaway.start()  # before the addresses are set: given addresses mean servers of somebody else
    os.environ.update(places)
    os.environ["DJANGO_SETTINGS_MODULE"] = "hub.conf.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def resolution(options: list[str]) -> int:
    """On servers of its own, which are as durable as a real installation's."""
    from bench.resolution import cli

    return cli.run(options)


def stress(options: list[str]) -> int:
    """On servers of its own."""
    from bench import stress as part

    part.parser().parse_args(options)  # refuses before it starts anything
    own_servers()
    return part.run(options)


def day(options: list[str]) -> int:
    """A whole installation of its own, which is damaged on purpose."""
    from bench.day import cli

    return cli.run(options)


def consent(options: list[str]) -> int:
    """On servers of its own, through the real web server."""
    from bench import consent as part

    return part.run(options)


def doors(options: list[str]) -> int:
    """On servers of its own, through the real web server; the first option names one part of it."""
    known = ("reads", "ingest", "webhooks")
    part, *rest = options if options and not options[0].startswith("-") else ["reads", *options]
    if part not in known:
        print(f"{part} is no part of the doors: known are {', '.join(known)}.", file=sys.stderr)
        return 2
    if part == "webhooks":
        own_servers()
    run: Callable[[list[str]], int] = import_module(f"bench.doors.{part}").run
    return run(rest)


def matching(options: list[str]) -> int:
    """On files alone."""
    from bench.matching import cli

    return cli.run(options)


def survive(options: list[str]) -> int:
    """The pure function alone."""
    from bench import survive as part

    return part.run(options)


def main(argv: list[str]) -> int:
    part, *options = argv or [""]
    if part and part not in PARTS:
        print(f"{part} is no part of the benchmarks: known are {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    code = 0
    if part in ("", "resolution"):
        code = resolution(options)
    if part == "stress":  # takes minutes: only where it is asked for
        code = stress(options)
    if part == "day":  # likewise
        code = day(options)
    if part == "doors":  # half a million customers: only where it is asked for
        code = doors(options)
    if part in ("", "matching"):
        code = max(code, matching(options))
    if part in ("", "survive"):
        code = max(code, survive(options))
    if part in ("", "consent"):
        code = max(code, consent(options))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
