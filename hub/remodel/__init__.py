"""Another match model for a hub that holds records.

    build      everything prepared, keyed and scored under the new model, beside the present one      hours may pass
    catch up   what changed since, until little is left                                             }  workers resolve
    plan       the clusters and reviews under the new model, the golden views of those that change  }  as ever
    switch     one transaction: what is left, golden ids by largest overlap, events, the active flag   workers wait

Until the last commit the present model is in force and nothing of it was touched; after it the new one is. The rows
of the one that was left are kept, so that switching back needs to catch up only.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from hub import erasures
from hub.audit import SYSTEM
from hub.errors import ModelSwitched, NoModel, Refused
from hub.models import MatchModelVersion
from hub.remodel.build import barrier, build, catch_up
from hub.remodel.plan import Plan
from hub.remodel.progress import Progress
from hub.remodel.switch import FEW, Switched, Views, switch
from hub.stages import model as models
from hub.stages import shadow
from matching.model import MatchModel

# After so many rounds the workers are made to wait for the rows that they change, or it would never end.
PATIENCE = 3


@dataclass(frozen=True)
class Outcome:
    """``records`` in clusters that changed, ``clusters`` assigned anew; ``waited``: seconds that workers waited for
    the switch; ``seconds`` in all."""

    records: int
    clusters: int
    waited: float
    seconds: float


def activate(
    version: MatchModelVersion, *, workers: int = 1, progress: Progress = lambda step, number: None, by: str = SYSTEM
) -> Outcome:
    """Put a version in force and resolve every record under it; ``by`` is the actor that the audit names.

    May be cut off anywhere and repeated: either model is in force, never something between. Raises ``Refused`` where
    the model cannot be read, or another activation is under way, and ``ModelSwitched`` where a record was erased
    meanwhile.
    """
    since = time.monotonic()
    try:
        model = models.version(version.pk)
    except NoModel as error:
        raise Refused(f"{version.name} cannot be activated: {error.__cause__ or error}.") from error
    if not shadow.take_turn():
        raise Refused("Another activation is under way: wait until `model list` shows its model as the active one.")
    try:
        version.refresh_from_db()
        if version.active:
            shadow.tidy()
            return Outcome(0, 0, 0.0, time.monotonic() - since)
        done = _activate(version, model, workers, progress, by)
        shadow.tidy()
    finally:
        shadow.end_turn()
    return Outcome(done.records, done.clusters, done.seconds, time.monotonic() - since)


def _activate(version: MatchModelVersion, model: MatchModel, workers: int, progress: Progress, by: str) -> Switched:
    shadow.tidy()
    erased = erasures.applied()[0]
    if version.caught_up_to is None:
        version.caught_up_to = build(version.pk, model, workers=workers, progress=progress)
    _follow_records(version, model, progress=progress)
    plan = Plan.whole(version.pk, model)
    progress("planned", 1)
    views = Views()
    rounds = 0
    while True:
        late, affected = _follow_records(version, model, progress=progress, squeeze=rounds >= PATIENCE)
        plan.follow(affected)
        views.drop(late)
        views.prepare(_changing(plan))
        rounds += 1
        left_at = version.caught_up_to
        assert left_at is not None
        under_way = shadow.unsettled()
        if erasures.applied()[0] != erased:
            # Rows and plan may still name what is gone: the next activation begins from nothing.
            MatchModelVersion.objects.filter(pk=version.pk).update(caught_up_to=None)
            raise ModelSwitched("A record was erased meanwhile: activate the model again.")
        done = switch(version, plan, views, mark=left_at, left_at=left_at, under_way=under_way, erased=erased, by=by)
        if done is not None:
            progress("switched", done.records)
            return done


def _follow_records(
    version: MatchModelVersion, model: MatchModel, *, progress: Progress, squeeze: bool = False
) -> tuple[set[int], set[int]]:
    """Catch up with the records until few are left; gives those that changed, and those whose edges may have."""
    changed: set[int] = set()
    affected: set[int] = set()
    rounds = 0
    while True:
        mark = barrier()
        late = sorted({*shadow.changed_since(version.caught_up_to or 0), *version.unsettled})
        found = catch_up(late, model_id=version.pk, model=model, squeeze=squeeze or rounds >= PATIENCE)
        shadow.caught_up(version.pk, mark)
        version.caught_up_to, version.unsettled = mark, []
        progress("caught up", len(late))
        changed |= {*late}
        affected |= found
        rounds += 1
        if len(late) <= FEW:
            return changed, affected


def _changing(plan: Plan) -> list[frozenset[int]]:
    """The clusters that the switch would have to survive if it came now."""
    change = plan.against(shadow.crosswalk(), shadow.open_reviews(), shadow.native_links())
    still = set(change.touched)
    return [members for members in change.clusters if members not in still]


__all__ = ["Outcome", "activate"]
