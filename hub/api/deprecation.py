"""Routes that are on their way out say so in every answer: since when (RFC 9745), until when (RFC 8594), and where it
is written what to use instead.

    class OldDoor(Door):
        deprecated = Deprecated(since=…, sunset=…, link="https://…")
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.http import http_date


@dataclass(frozen=True, slots=True)
class Deprecated:
    """``since`` and ``sunset`` are aware instants; ``link`` is a page for people. Raises ValueError for an end before
    the beginning."""

    since: datetime
    sunset: datetime | None = None
    link: str = ""

    def __post_init__(self) -> None:
        if self.sunset is not None and self.sunset < self.since:
            raise ValueError("a route cannot end before it is deprecated")

    def headers(self) -> dict[str, str]:
        found = {"Deprecation": f"@{int(self.since.timestamp())}"}
        if self.sunset is not None:
            found["Sunset"] = http_date(self.sunset.timestamp())
        if self.link:
            found["Link"] = f'<{self.link}>; rel="deprecation"; type="text/html"'
        return found
