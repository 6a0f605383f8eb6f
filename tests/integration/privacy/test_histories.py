"""Invariant 9 over random histories: loads, merges, unmerges, erasures, redactions and replays, in any order.

Tiny caps, few names and versions out of order, as in the pipeline's own worlds. ``verify`` runs at the end of each, so
that what is left is also what a batch run over it gives.
"""

from __future__ import annotations

import os
import random
import time
from typing import Any

import pytest
from django.db import transaction

from hub import erasures, keyring, pipeline
from hub.errors import HubError
from hub.models import GoldenRecord, InboxMessage, Judgement, SourceRecord, SourceSystem
from hub.models.inbox import Lane
from hub.privacy import erase, requests, targets, work
from hub.selectors import message as read_message
from hub.stages.seal import seal
from tests.integration.pipeline.conftest import sources  # noqa: F401
from tests.integration.pipeline.world import activate, operations, tiny_model, worker
from tests.stress.people import settle

SEEDS = range(int(os.environ.get("PRIVACY_SEEDS", "6")))


class History:
    """One hub and what is done to it; ``forgotten`` are the (system, source id)s that may never be seen again."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.systems = {s.code: s for s in SourceSystem.objects.all()}
        self.made = operations(seed, size=40)
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.forgotten: set[tuple[str, str]] = set()
        self.gone: set[str] = set()

    def load(self) -> None:
        """The next records, some of them sent before: a replay of the file they were in."""
        some, self.made = self.made[:4], self.made[4:]
        again = self.dice.sample(self.sent, min(2, len(self.sent)))
        for system, record in (*some, *again):
            (receipt,) = pipeline.receive(source=self.systems[system], payloads=[record], lane=Lane.BULK)
            if (system, record["source_id"]) in self.forgotten:
                assert (receipt.status, receipt.problem["type"]) == ("rejected", "/problems/erased")  # type: ignore[index]
            if receipt.status == "rejected":
                assert receipt.problem["type"] == "/problems/erased"  # type: ignore[index]
        self.sent += some

    def resolve(self) -> None:
        pipeline.drain()

    def judge(self) -> None:
        named = sorted({(system, record["source_id"]) for system, record in self.sent} - self.forgotten)
        if len(named) < 2:
            return
        a, b = self.dice.sample(named, 2)
        try:
            pipeline.judge(a=a, b=b, judgement=self.dice.choice(["same", "same", "different"]), reason="as I was told")
        except HubError:
            return  # one of them is not resolved, or was deleted at its source

    def retract(self) -> None:
        held = list(Judgement.objects.filter(retracted_at=None).order_by("id"))
        if held:
            pipeline.retract(self.dice.choice(held), by="system")

    def erase_customer(self) -> None:
        live = list(GoldenRecord.objects.filter(state=0).order_by("id"))
        if not live:
            return
        golden = self.dice.choice(live)
        crosswalk = self._crosswalk(golden.public_id)
        self._erase(targets.of_golden(golden.public_id), of_record=False)
        self.forgotten |= crosswalk
        self.gone.add(golden.public_id)

    def redact_record(self) -> None:
        named = sorted({(system, record["source_id"]) for system, record in self.sent} - self.forgotten)
        if not named:
            return
        chosen = self.dice.choice(named)
        try:
            subject = targets.of_record(*chosen)
        except HubError:
            return  # turned away at the door, as somebody who was erased
        self._erase(subject, of_record=True)
        self.forgotten.add(chosen)

    def replay(self) -> None:
        """The ledger once more, from its beginning."""
        with transaction.atomic():
            for entry in erasures.after(0):
                erase._follow(entry)

    def restart(self) -> None:
        keyring.forget_all()

    def _erase(self, subject: targets.Subject, *, of_record: bool) -> None:
        made = requests.file(kind="erasure", subject=subject, by="system", of_record=of_record)
        done = work.begin(made)
        until = time.monotonic() + 30
        while done.state == "in_progress" and time.monotonic() < until:
            time.sleep(0.05)  # others had what it needs: the sweeper goes on with it, here we do
            done = work.begin(made)
        assert done.state in ("waiting_for_targets", "done")

    @staticmethod
    def _crosswalk(golden_id: str) -> set[tuple[str, str]]:
        from hub import selectors
        from matching.jsontext import loads

        view = selectors.golden(golden_id)
        return {(x["source_system"], x["source_id"]) for x in loads(view.body or b"{}")["crosswalk"]}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_erased_does_not_come_back(seed: int, sources: Any) -> None:  # noqa: F811
    activate(tiny_model(cap=4))
    history = History(seed)
    steps = [history.load] * 10 + [history.resolve] * 8 + [history.judge] * 6 + [history.retract] * 3
    steps += [history.erase_customer] * 3 + [history.redact_record] * 3 + [history.replay] * 2 + [history.restart] * 2
    history.dice.shuffle(steps)
    for step in (history.load, history.resolve, *steps, history.resolve):
        step()
    while seal():
        pass
    addresses = [keyring.address(*named) for named in sorted(history.forgotten)]
    assert history.forgotten
    assert not SourceRecord.objects.filter(address__in=addresses).exists()
    assert not InboxMessage.objects.filter(address__in=addresses).exists()
    assert keyring.usable(addresses) == 0
    for golden_id in history.gone:
        assert GoldenRecord.objects.get(public_id=golden_id).state == GoldenRecord.State.ERASED
    for message in InboxMessage.objects.filter(status=InboxMessage.Status.REJECTED):
        assert read_message(message.public_id)["problem"]["type"] == "/problems/erased"


def test_erasures_while_two_workers_load(sources: Any) -> None:  # noqa: F811
    """What is being resolved, merged and told of by others is forgotten all the same."""
    activate(tiny_model(cap=4))
    history = History(11)
    made = operations(11, size=150)
    for system, record in made:
        pipeline.receive(source=history.systems[system], payloads=[record], lane=Lane.BULK)
    history.sent = made
    workers = [worker(batch=batch) for batch in (1, 7)]
    try:
        while any(process.poll() is None for process in workers):
            history.dice.choice([history.erase_customer, history.redact_record])()
            time.sleep(0.05)
    finally:
        for process in workers:
            process.kill() if process.poll() is None else None
            process.wait()
    assert [process.returncode for process in workers] == [0, 0]
    settle()  # what was given back because its customer was being forgotten comes again, a little later
    addresses = [keyring.address(*named) for named in sorted(history.forgotten)]
    assert addresses
    assert not SourceRecord.objects.filter(address__in=addresses).exists()
    assert not InboxMessage.objects.filter(status=InboxMessage.Status.ACCEPTED).exists()
    assert keyring.usable(addresses) == 0
