"""Who did something, by the name that colleagues know."""

from __future__ import annotations

from collections.abc import Iterable

from hub.models import User

_WORDS = {"client": "client", "source": "source system", "command": "command of"}


def names(actors: Iterable[str | None]) -> dict[str, str]:
    """People's names for ``user:ID``, and words for the others who may act, by actor."""
    known = {actor for actor in actors if actor}
    numbers = [int(actor[5:]) for actor in known if actor.startswith("user:")]
    found = {f"user:{u.pk}": u.get_short_name() or u.get_username() for u in User.objects.filter(pk__in=numbers)}
    for actor in known - found.keys():
        kind, _, rest = actor.partition(":")
        found[actor] = "the hub" if actor == "system" else f"{_WORDS.get(kind, kind)} {rest}"
    return found
