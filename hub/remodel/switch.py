"""The switch: in one transaction the other model comes into force, and all golden records follow."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from hub import audit, erasures, policies
from hub.errors import Refused
from hub.flow import Cause, Golden
from hub.models import MatchModelVersion
from hub.remodel.build import catch_up
from hub.remodel.plan import Change, Plan
from hub.stages import assign, publish, shadow, survive
from hub.stages import model as models
from hub.stages import review as reviews

# More than this many records that changed since the last look are worked on before the switch, not during it.
FEW = 200
_VIEWS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Switched:
    """``records`` and golden records (``clusters``) that changed, and how long (seconds) workers had to wait."""

    records: int
    clusters: int
    seconds: float


@dataclass
class Views:
    """Golden views worked out before the switch, by members; those whose records changed since are dropped, and those
    that another policy or another pin would give."""

    by_members: dict[frozenset[int], Golden] = field(default_factory=dict)
    policy: int = 0
    pins: dict[str, int] = field(default_factory=dict)

    def prepare(self, clusters: Iterable[frozenset[int]]) -> None:
        # Before they are followed: what changes from now on is found by the next call.
        policy, pins = policies.active().id, policies.in_force()
        if policy != self.policy:
            self.by_members.clear()
        self.drop({record for _, record in pins.items() ^ self.pins.items()})
        self.policy, self.pins = policy, pins
        missing = [members for members in clusters if members not in self.by_members]
        for start in range(0, len(missing), _VIEWS_AT_ONCE):
            some = missing[start : start + _VIEWS_AT_ONCE]
            found = survive.golden_of(some)
            for view in found:
                view.content_hash  # noqa: B018 - its JSON is made now, not while workers wait
            self.by_members.update(zip(some, found, strict=True))

    def drop(self, records: Collection[int]) -> None:
        stale = {*records}
        self.by_members = (
            {m: view for m, view in self.by_members.items() if not m & stale} if stale else self.by_members
        )


def switch(
    version: MatchModelVersion, plan: Plan, views: Views, *, mark: int, left_at: int, under_way: Sequence[int],
    erased: int, by: str,
) -> Switched | None:  # fmt: skip
    """Put ``version`` in force with all that follows from it; None where too much changed since ``mark``, or a record
    was erased since ``erased``, the position of the erasure ledger.

    ``left_at`` and ``under_way`` say of the present model how far it is sure to know of every record.
    """
    with transaction.atomic():
        models.lock_for_switch()
        since = time.monotonic()
        held = MatchModelVersion.objects.only("caught_up_to").get(pk=version.pk)
        if not shadow.still_on_turn() or held.caught_up_to != mark:
            raise Refused("Another activation took over: look at `model list`, and repeat this one if it is wanted.")
        late = shadow.changed_since(mark)
        if len(late) > FEW or erasures.applied()[0] != erased:
            return None
        plan.follow(catch_up(late, model_id=version.pk, model=plan.model))
        views.drop(late)
        native_of = shadow.native_links()
        change = plan.against(shadow.crosswalk(), shadow.open_reviews(), native_of)
        _resolve(change, plan, views, native_of, cause=Cause("model", version.name))
        shadow.put_in_force(version.pk, left_at=left_at, under_way=under_way)
        audit.note("model.activated", actor=by, subject=f"model:{version.pk}", clusters=len(change.clusters))
    return Switched(len(change.inner), len(change.clusters) - len(change.touched), time.monotonic() - since)


def _resolve(change: Change, plan: Plan, views: Views, native_of: Mapping[int, int], *, cause: Cause) -> None:
    """T3 for the clusters that change, and for the reviews at those that do not."""
    as_they_are = set(change.touched)
    until_now = assign.golden_of(change.inner)
    assignment = assign.assign(
        change.clusters, plan.native(change), inner=change.inner, golden_of=until_now,
        native_of={record: golden for record, golden in native_of.items() if record in change.inner},
    )  # fmt: skip
    assign.write_crosswalk(assignment, inner=change.inner, golden_of=until_now)
    stirred = [h for h in assignment.homes if h.members not in as_they_are or h.members != h.before]
    views.prepare(home.members for home in stirred)
    goldens = {home.golden: views.by_members[home.members] for home in stirred}
    changes = publish.changes(assignment, goldens, cause=cause)
    doubts = [d for d in plan.doubts.values() if d.a in change.inner or d.b in change.inner]
    drafts = reviews.settle(doubts, assignment=assignment, changed=changes.homes, rulings=plan.judged, cause=cause)
    publish.write(changes, drafts)
