"""What the hub does itself for a privacy request, and who goes on where that was cut off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic

from hub.errors import Transient
from hub.models import PrivacyRequest, PrivacyStep
from hub.privacy import erase, requests
from hub.privacy.restrict import restrict

_LOOK_SECONDS = 5.0
_looked_at = -_LOOK_SECONDS


def _collect(request: PrivacyRequest) -> None:
    """Nothing to do ahead: a bundle is made when it is asked for, of what is held then, and never stored."""


DOING: Mapping[str, Callable[[PrivacyRequest], None]] = {
    "collect": _collect, "restrict": restrict, "erase": erase.forget,
}  # fmt: skip


def begin(request: PrivacyRequest) -> PrivacyRequest:
    """Do the hub's part of a request that was filed; gives it as it is then. What has to wait stays as it is, for
    ``go_on``."""
    try:
        return requests.work_off(request, doing=DOING)
    except Transient:
        return PrivacyRequest.objects.get(pk=request.pk)


def go_on() -> int:
    """Follow the erasure ledger, and go on with requests whose filer was cut off; how much was done. For the workers'
    sweeper: looks every few seconds."""
    global _looked_at
    if monotonic() - _looked_at < _LOOK_SECONDS:
        return 0
    _looked_at = monotonic()
    followed = erase.follow()
    waiting = PrivacyRequest.objects.filter(state__in=(requests.State.RECEIVED, requests.State.IN_PROGRESS)).exclude(
        steps__in=PrivacyStep.objects.filter(target=requests.SECOND, state=PrivacyStep.State.WAITING)
    )
    return followed + sum(begin(request) is not None for request in waiting.order_by("id")[:20])
