"""What can go wrong, named by its consequence. A docstring is the message that a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class HubError(Exception):
    """Something went wrong."""

    code = "error"
    status = 500

    def __init__(self, message: str | None = None, **context: object) -> None:
        self.context = context
        super().__init__(message or (self.__doc__ or "").split("\n")[0])


class Refused(HubError):
    """The request was refused and nothing was changed."""

    code = "refused"
    status = 400


class UnknownSource(Refused):
    """No source system has this code: create it with `manage.py create_source CODE --kind KIND`."""

    code = "unknown-source"
    status = 404


class InvalidRecord(Refused):
    """The record cannot be taken as it is."""

    code = "invalid-record"
    status = 422


class NotFound(Refused):
    """There is nothing under this id."""

    code = "not-found"
    status = 404


class Gone(Refused):
    """It was here and is gone."""

    code = "gone"
    status = 410


class Stale(Refused):
    """The records changed since they were shown: look again, then decide."""

    code = "stale"
    status = 409


class KeyReused(Refused):
    """This Idempotency-Key was used with another body: take a new key for a new request."""

    code = "idempotency-key-reused"
    status = 422


class Transient(HubError):
    """It did not work now and may work later; the work stays where it is."""

    code = "transient"
    status = 503


class Unavailable(Transient):
    """What was asked for is just being changed: ask again in a moment."""

    code = "unavailable"


class Overloaded(Transient):
    """The hub has as much to do as it can: send it again later."""

    code = "overloaded"

    def __init__(self, why: str, *, retry_after: int) -> None:
        super().__init__(f"Nothing was taken, because {why}: send it again in {retry_after} seconds.")
        self.retry_after = retry_after


class LostLease(Transient):
    """Another worker took this work over; what this one did is undone."""

    code = "lost-lease"


class NoModel(Refused):
    """No match model is active: import one with `manage.py model import FILE --activate`."""

    code = "no-model"
    status = 503


class ModelSwitched(Transient):
    """Another match model came into force meanwhile; the work is done again under it."""

    code = "model-switched"


# What the sender of an erased record is told (RFC 9457), at the door or later.
ERASED: Mapping[str, Any] = {
    "type": "/problems/erased",
    "title": "The record was erased",
    "status": 410,
    "detail": "This record was erased at the customer's request and is not taken again: erase it at its source too.",
}
