"""What the pages say of endpoints, deliveries and failures, in words of people who did not build this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.utils.timesince import timesince

from connectors.outbound.health import MOST_COUNTED, Health
from hub.models import Endpoint

# By the class of a failure, as attempts keep it.
FAILURES = {
    "timeout": "No answer in time",
    "no_connection": "Could not connect",
    "connection_lost": "The connection broke off",
    "name_not_resolved": "Its name is not known",
    "tls": "Its certificate was refused",
    "address_refused": "Its address is not public",
    "bad_url": "Its URL cannot be used",
    "bad_secret": "Its secret cannot be read: rotate it",
    "bad_answer": "Its answer was no HTTP",
    "redirect": "It sent us elsewhere",
    "gone": "It wants nothing more (410)",
    "too_many_requests": "It asked for fewer (429)",
    "http_4xx": "It refused the event (4xx)",
    "http_5xx": "It failed (5xx)",
    "internal": "A fault of ours",
}
REASONS = {"gone": "It answered 410: it wants nothing more.", "failing": "It took nothing for days."}
DONE = {
    "paused": "Paused. Deliveries wait in their order.",
    "resumed": "Resumed. What waited goes out in its order.",
    "replayed": "They will be sent again, in their order.",
    "nothing": "There was nothing to send again.",
}


def failure(error: str) -> str:
    return FAILURES.get(error, error.replace("_", " "))


@dataclass(frozen=True, slots=True)
class Row:
    """One receiver in the list. ``flag`` is a word for its state and ``tone`` how much it matters; ``delivered`` and
    ``oldest`` say how long ago it got something, and how long the oldest has waited."""

    endpoint_id: str
    title: str
    host: str
    flag: str
    tone: str
    health: Health

    delivered: str
    oldest: str

    @property
    def waiting(self) -> str:
        more = "+" if self.health.waiting >= MOST_COUNTED else ""
        return f"{self.health.waiting:,}{more}"


def row(endpoint: Endpoint, health: Health, now: datetime) -> Row:
    flag, tone = state(health, now)
    host = urlsplit(endpoint.url).netloc
    delivered, oldest = ago(health.last_delivered_at, now), ago(health.oldest_waiting_at, now)
    return Row(endpoint.public_id, endpoint.description or host, host, flag, tone, health, delivered, oldest)


def state(health: Health, now: datetime) -> tuple[str, str]:
    """(word, class of the flag)."""
    if health.state == Endpoint.State.DISABLED:
        return "Disabled", "bad"
    if health.state == Endpoint.State.PAUSED:
        return "Paused", "busy"
    if health.failing_since is not None:
        return "Failing", "bad"
    if health.behind:
        return "Behind", "busy"
    return "Well", ""


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, in a word or two; empty for no time at all."""
    if moment is None:
        return ""
    return "just now" if (now - moment).total_seconds() < 60 else f"{timesince(moment, now)} ago"
