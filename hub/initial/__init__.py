"""A first load, resolved as a whole: what the three transactions would leave, one after the other, written at once.

    waiting messages ─► take (two processes) ─► source records, versions, statements, prepared forms, keys
                     ─► whole (matching)     ─► suppressed keys, edges, clusters, doubts
                     ─► tell (two processes) ─► golden records, terms, crosswalk, events, reviews

All of it is one transaction of one connection. Killed anywhere, nothing of it is left: the hold on the lane runs out
and the messages are resolved by the ordinary path, or by the next load. What comes through other doors meanwhile is
resolved among itself; at the end everybody else is stopped for as long as the source records take to be written, and
what came is sent round once more, to meet the rest. See docs/adr/0007.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from datetime import datetime

import numpy as np
from django.db import transaction

from hub import ledger, policies
from hub.copying import Extent, Spools
from hub.crew import Crew
from hub.errors import ModelSwitched
from hub.flow import Doubt
from hub.ids import new_ids
from hub.initial.hold import Hold
from hub.initial.take import DELETED, LIVE, Plan, Taken, Taking
from hub.initial.tell import Chosen, Clusters, Records, System, Telling, Told
from hub.models import SourceSystem
from hub.models.inbox import Lane
from hub.sql import rows
from hub.stages import bulk
from hub.stages import model as models
from hub.stages import review as reviews
from matching import whole
from matching.decide import CONFLICTS
from matching.model import MatchModel
from matching.parallel import cores
from matching.table import Table
from matching.whole import Keys

__all__ = ["Hold", "NotAlone", "is_due", "is_empty", "load"]
Progress = Callable[[str], None]
AT_ONCE = 5000
READ_AT_ONCE = 100_000
KEYS_AT_ONCE = 500_000


class NotAlone(Exception):
    """Somebody else took up what was to be loaded, or wrote it first."""


def is_empty() -> bool:
    """Whether the hub holds no source record yet."""
    return bulk.is_empty()


def is_due(least: int) -> bool:
    """Whether the hub is empty and ``least`` messages wait in the bulk lane."""
    return bulk.is_empty() and len(bulk.waiting(Lane.BULK, after=0, limit=least)) >= least


def load(*, progress: Progress = lambda step: None) -> int:
    """Resolve all that waits in the bulk lane of an empty hub; how many messages there were.

    Raises ``NotAlone`` or ``ModelSwitched`` where the ordinary path has to do it; nothing is written then.
    """
    model_id, model = models.active()
    policies.active()  # as in drain
    with transaction.atomic():
        moment = rows("SELECT now()")[0][0]
        progress("plan")
        plan = _plan(model_id, model, moment)
        workers = cores()
        kept, spools = Spools(workers), Spools(workers)
        try:
            _Load(plan, kept, spools, workers, progress).run()
        finally:
            kept.close()
            spools.close()
        progress("commit")
    progress("")
    return len(plan.messages)


def _plan(model_id: int, model: MatchModel, moment: datetime) -> Plan:
    """Messages by their records, the records in the order in which T1 takes them."""
    messages: list[int] = []
    said: list[bytes] = []
    while found := bulk.waiting(Lane.BULK, after=messages[-1] if messages else 0, limit=READ_AT_ONCE):
        messages += [message for message, _ in found]
        said += [address for _, address in found]
    addresses = sorted(set(said))
    number = {address: place for place, address in enumerate(addresses)}
    place = np.fromiter((number[address] for address in said), dtype=np.int64, count=len(said))
    order = np.argsort(place, kind="stable")
    first = np.searchsorted(place[order], np.arange(len(addresses) + 1))
    ids = bulk.take_ids("hub_sourcerecord", len(addresses))
    return Plan(np.array(messages, dtype=np.int64)[order], first, ids, model_id, model, moment)


class _Load:
    """The steps of one load, in the present transaction."""

    def __init__(self, plan: Plan, kept: Spools, spools: Spools, workers: int, progress: Progress) -> None:
        self._plan, self._kept, self._spools = plan, kept, spools
        self._workers, self._progress = workers, progress
        self._records: list[Extent] = []
        self._gone: list[np.ndarray] = []
        # Withdrawals that no live record carries: those of customers who were erased, and of deleted records.
        self._forsaken = ledger.suppressions()
        self._golden_ids = _NONE
        self._traced = False
        self._rules = policies.active()

    def run(self) -> None:
        self._progress("take")
        taken = self._take()
        live = np.concatenate([np.flatnonzero(t.state == LIVE) + t.places.start for t in taken] or [_NONE])
        self._progress("keys")
        row_of = np.full(len(self._plan), -1, dtype=np.int64)
        row_of[live] = np.arange(len(live))
        keys = Keys.of(
            np.concatenate([t.key for t in taken]),
            row_of[np.concatenate([t.holder for t in taken])].astype(np.int32),
            np.concatenate([t.rule for t in taken]),
        )
        revs = np.concatenate([t.rev for t in taken])
        records = self._kept_records(taken, live)
        tables = [t.table for t in taken]
        del taken
        resolved = self._match(tables, keys, records.ids)
        del keys
        self._tell(resolved, records, revs)
        self._finish(resolved, records)

    def _take(self) -> list[Taken]:
        plan = self._plan
        jobs = [range(start, min(start + AT_ONCE, len(plan))) for start in range(0, len(plan), AT_ONCE)]
        taken = []
        with Crew(lambda number: Taking(plan, self._spools, number, self._kept), jobs, size=self._workers) as crew:
            for t in crew.results():
                self._write_taken(t)
                taken.append(t)
        return taken

    def _write_taken(self, t: Taken) -> None:
        plan = self._plan
        first = plan.first[t.places.start : t.places.stop + 1]
        messages = plan.messages[first[0] : first[-1]]
        records = np.repeat(plan.record_ids[t.places.start : t.places.stop], np.diff(first))
        read = ~np.isin(messages, [message for message, _ in t.dead])
        written, traced = bulk.resolve_messages(messages[read].tolist(), records[read].tolist())
        self._traced |= traced
        if t.dead:
            written += bulk.give_up([m for m, _ in t.dead], [problem for _, problem in t.dead])
        if written != len(messages):
            raise NotAlone("Messages were taken up by somebody else.")
        for name in ("recordversion", "consentstatement", "prepared"):
            if t.tables[name].length:
                bulk.write(f"hub_{name}", self._spools.parts(t.tables[name]))
        self._records.append(t.tables["sourcerecord"])
        for one in t.forsaken:
            self._forsaken.setdefault(one.token, []).append(one)
        self._gone.append(plan.record_ids[t.places.start : t.places.stop][t.state == DELETED])

    def _kept_records(self, taken: list[Taken], live: np.ndarray) -> Records:
        def column(name: str) -> np.ndarray:
            return np.concatenate([getattr(t, name)[t.state == LIVE] for t in taken])

        return Records(
            self._plan.record_ids[live], column("message"), column("system"), column("cause"), column("occurred"),
            column("kept"),
        )  # fmt: skip

    def _match(self, tables: list[Extent], keys: Keys, ids: np.ndarray) -> whole.Resolved:
        """The engine works in a process of its own, beside the writing of the keys."""
        model = self._plan.model
        self._progress("match")

        def engine(number: int) -> Callable[[int], whole.Resolved]:
            return lambda job: whole.resolve(self._table(tables), keys, model, workers=self._workers)

        with Crew(engine, [0], size=1) as crew:
            for start in range(0, len(keys.row), KEYS_AT_ONCE):
                part = slice(start, start + KEYS_AT_ONCE)
                data = bulk.blocking_keys(self._plan.model_id, keys.key[part], ids[keys.row[part]])
                bulk.write("hub_blockingkey", [data])
            (resolved,) = crew.results()
        return resolved

    def _table(self, parts: list[Extent]) -> Table:
        # Only the engine's process has use for all these texts.
        return Table.concat([pickle.loads(self._spools.read(part)) for part in parts])  # noqa: S301 - our own file

    def _tell(self, resolved: whole.Resolved, records: Records, revs: np.ndarray) -> None:
        self._progress("tell")
        number = int(resolved.label.max(initial=-1)) + 1
        order = np.argsort(resolved.label, kind="stable")
        first = np.searchsorted(resolved.label[order], np.arange(number + 1))
        golden_ids = self._golden_ids = bulk.take_ids("hub_goldenrecord", number)
        chosen = self._reviews(resolved)
        told = Told.of(chosen, new_ids("rv", len(chosen.one)), number)
        clusters = Clusters(order, first, golden_ids, np.array(new_ids("gr", number), dtype="S"), told)
        systems = {s.pk: System(s.code, s.kind, s.scope) for s in SourceSystem.objects.all()}
        jobs = [range(start, min(start + AT_ONCE, number)) for start in range(0, number, AT_ONCE)]

        def begin(number: int) -> Telling:
            return Telling(clusters, records, systems, rules=self._rules, moment=self._plan.moment, kept=self._kept,
                           spools=self._spools, number=number, gone=self._forsaken)  # fmt: skip

        opened: list[Extent] = []
        with Crew(begin, jobs, size=self._workers) as crew:
            golden_of = golden_ids[resolved.label]
            bulk.write("hub_crosswalk", [bulk.crosswalk(records.ids, golden_of, self._plan.moment)])
            for data in self._edges(resolved.edges, records.ids, revs):
                bulk.write("hub_edge", [data])
            for extents in crew.results():
                for name in ("goldenrecord", "goldenterm", "outboxevent"):
                    bulk.write(f"hub_{name}", self._spools.parts(extents[name]))
                opened.append(extents["opened"])
        for extent in opened:
            bulk.write("hub_outboxevent", self._spools.parts(extent))
        if self._traced:  # files have none, so that millions of events need not be looked at again
            bulk.carry_traces()
        bulk.write("hub_review", self._review_rows(chosen, told, resolved, records))
        bulk.write("hub_crosswalk", [bulk.crosswalk_of_deleted(np.concatenate(self._gone or [_NONE]))])

    @staticmethod
    def _reviews(resolved: whole.Resolved) -> Chosen:
        """The doubts that ask for a review: of several between two golden records the weightiest, then of least ids."""
        doubts, label = resolved.doubts, resolved.label
        one = np.minimum(label[doubts.a], label[doubts.b])
        two = np.maximum(label[doubts.a], label[doubts.b])
        order = np.lexsort((doubts.b, doubts.a, -doubts.weight, two, one))
        order = order[one[order] != two[order]]
        x, y = one[order], two[order]
        new = np.concatenate(([True], (x[1:] != x[:-1]) | (y[1:] != y[:-1]))) if len(order) else np.empty(0, dtype=bool)
        return Chosen(order[new], x[new], y[new])

    def _review_rows(self, chosen: Chosen, told: Told, resolved: whole.Resolved, records: Records) -> Iterator[bytes]:
        doubts, ids = resolved.doubts, records.ids
        sizes = np.bincount(resolved.label)
        columns = (told.public_ids, chosen.one, chosen.two, chosen.doubt)
        for public_id, x, y, i in zip(*(column.tolist() for column in columns), strict=True):
            doubt = Doubt(int(ids[doubts.a[i]]), int(ids[doubts.b[i]]), int(doubts.weight[i]), doubts.conflict[i])
            priority = reviews.priority(doubt, int(sizes[x] + sizes[y]))
            yield bulk.review(public_id.decode(), int(self._golden_ids[x]), int(self._golden_ids[y]), doubt, priority,
                              self._plan.moment)  # fmt: skip

    def _edges(self, edges: whole.Edges, ids: np.ndarray, revs: np.ndarray) -> Iterator[bytes]:
        """Edges with one number of keys and one conflict together, for then their rows are of one size."""
        number = np.diff(edges.first)
        kind = number * (len(CONFLICTS) + 1) + edges.conflict
        for value in np.unique(kind).tolist():
            at = np.flatnonzero(kind == value)
            n = value // (len(CONFLICTS) + 1)
            conflict = ("", *CONFLICTS)[value % (len(CONFLICTS) + 1)]
            for start in range(0, len(at), KEYS_AT_ONCE):
                some = at[start : start + KEYS_AT_ONCE]
                a, b = edges.a[some], edges.b[some]
                keys = edges.key[edges.first[some][:, None] + np.arange(n)]
                yield bulk.edges(self._plan.model_id, (ids[a], ids[b]), (revs[a], revs[b]), edges.weight[some],
                                 conflict, keys)  # fmt: skip

    def _finish(self, resolved: whole.Resolved, records: Records) -> None:
        """With everybody else stopped: the records, and what came meanwhile sent round again."""
        self._progress("finish")
        bulk.stop_the_others()
        if rows("SELECT id FROM hub_matchmodelversion WHERE active") != [(self._plan.model_id,)]:
            raise ModelSwitched
        if policies.active().id != self._rules.id:
            raise NotAlone("Another survivorship policy came into force, which these golden records do not follow.")
        if bulk.has_shadow():
            raise NotAlone("Another match model is being prepared, which has not seen these records.")
        others = bulk.others()
        twice = bulk.same_addresses(others) if others else {}
        for extent in self._records:
            bulk.write_records(self._spools.parts(extent), but=list(twice))
        bulk.suppress(self._plan.model_id, resolved.suppressed.tolist(), resolved.suppressed_rule.tolist())
        if twice:
            bulk.take_out(self._plan.model_id, twice, self._disturbed(list(twice), resolved, records))
        if others:
            bulk.send_round_again(others)

    def _disturbed(self, twice: list[int], resolved: whole.Resolved, records: Records) -> list[int]:
        """The golden records that these records are in, and those at which a review with one of them is told of."""
        out = set(resolved.label[np.isin(records.ids, twice)].tolist())
        one, two = resolved.label[resolved.doubts.a], resolved.label[resolved.doubts.b]
        low, high = np.minimum(one, two), np.maximum(one, two)
        while more := set(low[np.isin(high, list(out))].tolist()) - out:
            out |= more
        return [int(golden) for golden in self._golden_ids[sorted(out)]]


_NONE = np.empty(0, dtype=np.int64)
