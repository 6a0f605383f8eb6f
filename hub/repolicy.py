"""Another survivorship policy for a hub that holds records.

    keep      a document is read against the source systems that there are, and held as a version
    activate  one short transaction: workers that follow the old policy are waited for, the next ones follow the new
    sweep     every golden record survives again, some hundred in a transaction, beside the workers

Whoever writes a golden record reads the policy under the lock that activation takes exclusively, so that no value of
the old one is written after it. A sweep that was cut off is gone on with by the workers, or by the same command.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from hub import audit, pipeline, policies
from hub.errors import Refused
from hub.flow import Cause
from hub.models import PolicyVersion, SourceSystem
from hub.sql import count, rows
from hub.stages import model as models
from matching.policy import Policy
from matching.policyfile import PolicyRefused

CHUNK = 500
_LOOK_SECONDS = 5.0
_SLICE_SECONDS = 2.0
_looked_at = -_LOOK_SECONDS


@dataclass(frozen=True)
class Outcome:
    """``golden`` records that were looked at, ``changed`` ones, and how long (seconds) it took."""

    golden: int
    changed: int
    seconds: float


class PolicyFaulty(Refused):
    """The policy cannot be used; the one in force stays."""

    def __init__(self, name: str, error: PolicyRefused) -> None:
        super().__init__(f"{name} was refused, and the policy in force stays:\n{error}")
        self.faults = [{"line": f.line, "path": f.path, "reason": f.reason} for f in error.faults]


def check(text: str, *, name: str = "The policy") -> Policy:
    """The policy in ``text``, read against the source systems of this hub. Raises ``PolicyFaulty``."""
    try:
        return Policy.read(text, sources=list(SourceSystem.objects.values_list("code", flat=True)))
    except PolicyRefused as error:
        raise PolicyFaulty(name, error) from error


def keep(text: str, *, name: str = "The policy", by: str = audit.SYSTEM) -> PolicyVersion:
    """Hold the policy in ``text`` as a version. Raises ``PolicyFaulty``, ``Refused`` for another one of its name."""
    policy = check(text, name=name)
    policies.active()  # so that the one that ships is held too, to go back to
    held = policies.held(policy.name)
    if held is not None:
        if held.document != text:
            raise Refused(
                f"There is another policy named {policy.name}: a version never changes, so give it a new name."
            )
        return held
    with transaction.atomic():
        version = PolicyVersion.objects.create(name=policy.name, document=text)
        audit.note("policy.imported", actor=by, subject=f"policy:{version.pk}")
    return version


def activate(
    version: PolicyVersion, *, by: str = audit.SYSTEM, progress: Callable[[int, int], None] = lambda done, of: None
) -> Outcome:
    """Put a version in force and have every golden record survive by it; ``progress`` hears how many are done of how
    many. May be cut off anywhere and repeated. Raises ``Refused`` where another activation is under way."""
    began = time.monotonic()
    check(version.document, name=version.name)
    if not policies.take_turn():
        raise Refused("Another policy is being put in force: wait until `policy list` shows it as done.")
    try:
        version.refresh_from_db()
        if not version.active:
            _put_in_force(version, by)
        done, changed = _sweep(version, progress=progress)
    finally:
        policies.end_turn()
    return Outcome(done, changed, time.monotonic() - began)


def _put_in_force(version: PolicyVersion, by: str) -> None:
    with transaction.atomic():
        models.lock_for_switch()
        PolicyVersion.objects.filter(active=True).update(active=False, swept_to=None, sweep_end=None)
        end = rows("SELECT coalesce(max(id), 0) FROM hub_goldenrecord")[0][0]
        PolicyVersion.objects.filter(pk=version.pk).update(
            active=True, swept_to=0, sweep_end=end, activated_at=timezone.now()
        )
        audit.note("policy.activated", actor=by, subject=f"policy:{version.pk}")
    version.refresh_from_db()


def _sweep(
    version: PolicyVersion,
    *,
    progress: Callable[[int, int], None] = lambda done, of: None,
    until: float = float("inf"),
) -> tuple[int, int]:
    """Go on where the sweep is, until nothing is left or the time (monotonic) is over; golden records looked at, and
    changed."""
    of = rows(
        "SELECT count(*) FROM hub_goldenrecord g JOIN hub_policyversion v ON v.id = %s "
        "WHERE g.state = 0 AND g.id > v.swept_to AND g.id <= v.sweep_end",
        version.pk,
    )[0][0]
    done = changed = 0
    while time.monotonic() < until:
        model_id, _ = models.active()
        with transaction.atomic():
            models.hold(model_id)
            found = rows(
                "SELECT swept_to, sweep_end FROM hub_policyversion WHERE id = %s AND active FOR UPDATE", version.pk
            )
            if not found:
                raise Refused("Another policy was put in force meanwhile: look at `policy list`.")
            ((swept_to, end),) = found
            if swept_to is None:
                break
            page = rows(
                "SELECT id FROM hub_goldenrecord WHERE id > %s AND id <= %s AND state = 0 ORDER BY id LIMIT %s",
                swept_to, end, CHUNK,
            )  # fmt: skip
            ids = [golden for (golden,) in page]
            if ids:
                changed += pipeline.resurvive(ids, cause=Cause("policy", version.name))
            over = len(ids) < CHUNK
            count(
                "UPDATE hub_policyversion SET swept_to = %s, sweep_end = %s WHERE id = %s",
                None if over else ids[-1], None if over else end, version.pk,
            )  # fmt: skip
        done += len(ids)
        progress(done, of)
    return done, changed


def go_on() -> int:
    """Go on with a sweep that was cut off, for a moment; how many golden records. For the workers' sweeper."""
    global _looked_at
    if time.monotonic() - _looked_at < _LOOK_SECONDS:
        return 0
    _looked_at = time.monotonic()
    version = PolicyVersion.objects.filter(active=True).exclude(swept_to=None).first()
    if version is None or not policies.take_turn():
        return 0
    try:
        done, _ = _sweep(version, until=time.monotonic() + _SLICE_SECONDS)
    finally:
        policies.end_turn()
    if done:
        _looked_at = -_LOOK_SECONDS  # there may be more: at once
    return done
