"""Failures by what can be done about them: the same three classes for the inbox and for deliveries.

- **transient**: it may go by itself. The work stays where it is and is tried again.
- **permanent**: it stays until somebody changes something: the record, the mapping, the endpoint.
- **poison**: this one message breaks whoever works on it, and nobody knows why. It is set apart.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping


class Failure(enum.StrEnum):
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    POISON = "poison"


# Of a try to deliver, by the class of failure that the log of attempts has.
_OF_ANSWERS: Mapping[str, Failure] = {
    "timeout": Failure.TRANSIENT,
    "no_connection": Failure.TRANSIENT,
    "connection_lost": Failure.TRANSIENT,
    "name_not_resolved": Failure.TRANSIENT,
    "too_many_requests": Failure.TRANSIENT,
    "http_5xx": Failure.TRANSIENT,
    "tls": Failure.PERMANENT,
    "address_refused": Failure.PERMANENT,
    "bad_url": Failure.PERMANENT,
    "bad_secret": Failure.PERMANENT,
    "bad_answer": Failure.PERMANENT,
    "redirect": Failure.PERMANENT,
    "gone": Failure.PERMANENT,
    "http_1xx": Failure.PERMANENT,
    "http_4xx": Failure.PERMANENT,
    "internal": Failure.POISON,
}
# Of a message in the inbox, by the type of its problem.
_OF_PROBLEMS: Mapping[str, Failure] = {
    "invalid-record": Failure.PERMANENT,
    "erased": Failure.PERMANENT,
    "no-model": Failure.TRANSIENT,
    "unavailable": Failure.TRANSIENT,
    "not-resolved": Failure.POISON,
    "worker-gone": Failure.POISON,
}


def of_answer(error: str) -> Failure:
    """The class of a failed try to deliver."""
    return _OF_ANSWERS.get(error, Failure.POISON)


def of_problem(type_: str) -> Failure:
    """The class of what stopped a message; ``type_`` as in RFC 9457, with or without ``/problems/``."""
    return _OF_PROBLEMS.get(type_.removeprefix("/problems/"), Failure.POISON)


def cause_of_answer(error: str) -> str:
    """How the dead letters of this failure are named together: its class and the failure, ``transient.timeout``."""
    return f"{of_answer(error)}.{error}"


def cause_of_problem(type_: str) -> str:
    """As ``cause_of_answer``, for a message: ``permanent.invalid-record``."""
    return f"{of_problem(type_)}.{type_.removeprefix('/problems/')}"


def name_in(cause: str) -> str | None:
    """The failure or problem type in a cause; None for what is none."""
    kind, dot, name = cause.partition(".")
    return name if dot and name and kind in Failure.__members__.values() else None


def is_of_answer(name: str) -> bool:
    """Whether this is a failure of deliveries, and not a problem of the inbox: no name is both."""
    return name in _OF_ANSWERS


def problems_not(kind: Failure) -> list[str]:
    """The known types of problems that are not of this class."""
    return sorted(name for name, found in _OF_PROBLEMS.items() if found is not kind)
