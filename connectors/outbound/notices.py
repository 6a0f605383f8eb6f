"""Letters to the people who look after deliveries: that a receiver was disabled, since when it failed, what to do.

That one is due stands in the endpoint's row, written with the state itself, so that neither a broker that was emptied
nor a mail server that is away loses it. Whoever sends takes it by setting its time ahead, and takes it off once the
mail server has it: of several who look at once, one sends. Only a process that dies between the server's word and its
own note of it is followed by a second letter, under the same Message-ID. A letter has ids, names of hosts and times in
it: no path of a URL, and no word of a customer or of what the receiver said.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from hashlib import blake2b
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.urls import reverse

from hub.sql import rows

log = logging.getLogger("connectors.notices")

# How long whoever took a letter has it for himself: longer than a conversation with a slow mail server lasts.
_LEASE = 300.0
# Minutes until the next try, after each that failed; after the last nobody is told any more but by log, desk and API.
_AGAIN = (1, 5, 15, 60, 120, 240, 480, 720, 1440)
_MOST = 50  # endpoints in one letter
_REASONS = {"gone": "it answered 410, which means that it wants nothing more",
            "failing": "it took nothing for days"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notice:
    """An endpoint that was disabled, of which somebody is to be told; ``tries`` so far, this one included."""

    endpoint: int
    public_id: str
    url: str
    reason: str
    disabled_at: datetime
    failing_since: datetime | None
    tries: int

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


def wanted() -> bool:
    """Whether letters go out at all."""
    return bool(settings.HUB_EMAIL_URL)


def due() -> bool:
    return wanted() and bool(rows("SELECT 1 FROM hub_endpoint WHERE state = 'disabled' AND notice_at <= now() LIMIT 1"))


def send_due() -> int:
    """Tell of what was disabled and not told yet, one letter for up to fifty; of how many it was told."""
    told = 0
    while wanted() and (taken := _take()):
        if not _tell(taken):
            break
        told += len(taken)
    return told


def _take() -> list[Notice]:
    found = rows(
        """
        WITH taken AS (
            SELECT id FROM hub_endpoint WHERE state = 'disabled' AND notice_at <= now()
            ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED),
        held AS (
            UPDATE hub_endpoint p SET notice_at = now() + make_interval(secs => %s), notice_tries = notice_tries + 1
            FROM taken WHERE p.id = taken.id
            RETURNING p.id, p.public_id, p.url, p.disabled_reason, p.disabled_at, p.notice_tries)
        SELECT p.id, p.public_id, p.url, p.disabled_reason, p.disabled_at, h.failing_since, p.notice_tries
        FROM held p LEFT JOIN hub_endpointhealth h ON h.endpoint_id = p.id ORDER BY p.id
        """,
        _MOST,
        _LEASE,
    )
    return [Notice(*row) for row in found]


def _tell(taken: Sequence[Notice]) -> bool:
    to = readers()
    if not to:
        log.warning("nobody to tell that %d endpoints were disabled: set HUB_OPERATORS, or give those who operate the "
                    "hub an e-mail address", len(taken))  # fmt: skip
        _put_off(taken, None)
        return True
    try:
        letter(taken, to).send()
    except OSError as error:  # what smtplib raises, and sockets: the text may quote addresses
        tries = max(notice.tries for notice in taken)
        after = timedelta(minutes=_AGAIN[tries - 1]) if tries <= len(_AGAIN) else None
        log.warning("the mail server did not take a letter (%s); %s", type(error).__name__,
                    f"again in {after}" if after else "given up")  # fmt: skip
        _put_off(taken, after)
        return False
    _put_off(taken, None)
    return True


def _put_off(taken: Sequence[Notice], after: timedelta | None) -> None:
    """Until later, or for good. What was resumed and disabled anew meanwhile is another matter."""
    rows(
        """
        UPDATE hub_endpoint p SET notice_at = now() + %s::interval
        FROM unnest(%b::bigint[], %b::timestamptz[]) AS n(id, disabled_at)
        WHERE p.id = n.id AND p.disabled_at = n.disabled_at AND p.notice_at IS NOT NULL
        """,
        after,
        [notice.endpoint for notice in taken],
        [notice.disabled_at for notice in taken],
    )


def readers() -> list[str]:
    """Whom to tell: ``HUB_OPERATORS``, or else who operates the hub and has an address."""
    if settings.HUB_OPERATORS:
        return list(settings.HUB_OPERATORS)
    people = get_user_model().objects.with_perm("hub.operate").exclude(email="")
    return sorted(set(people.values_list("email", flat=True)))


def letter(notices: Sequence[Notice], to: Sequence[str]) -> EmailMessage:
    """One letter to all, as text."""
    first, more = notices[0], len(notices) - 1
    subject = f"Concord: receiver {first.public_id} ({first.host}) was disabled" + (
        f", and {more} more" if more else ""
    )
    desk = settings.HUB_PUBLIC_URL + reverse("deliveries:receivers")
    lines = [
        "Nothing is sent to these receivers of webhooks any more:" if more else
        "Nothing is sent to this receiver of webhooks any more:",
        "",
    ]  # fmt: skip
    for notice in notices:
        lines += [f"{notice.public_id}  {notice.host}", f"  disabled {_at(notice.disabled_at)}: {_why(notice)}"]
        if notice.failing_since:
            lines.append(f"  failing since {_at(notice.failing_since)}")
        lines.append("")
    lines += [
        "Nothing is lost: what waits, and what happens meanwhile, is sent in its order once it is resumed.",
        f"Resume it when it is well, on the desk: {desk}",
        f"or by: manage.py webhooks resume {first.public_id}",
        f"or by: POST {settings.HUB_PUBLIC_URL}/api/v1/webhook-endpoints/{first.public_id}/resume",
    ]
    return EmailMessage(subject, "\n".join(lines), to=list(to), headers={"Message-ID": _message_id(notices)})


def _why(notice: Notice) -> str:
    return _REASONS.get(notice.reason, notice.reason)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _message_id(notices: Sequence[Notice]) -> str:
    """The same for a letter about the same."""
    said = " ".join(f"{notice.public_id} {notice.disabled_at.isoformat()}" for notice in notices)
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return f"<{blake2b(said.encode(), digest_size=16).hexdigest()}@{domain}>"
