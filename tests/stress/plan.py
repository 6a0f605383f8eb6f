"""What one stress run does, drawn from its seed alone."""

from __future__ import annotations

import dataclasses
import random
from dataclasses import dataclass
from typing import Any

from tests.integration.pipeline import world
from tests.stress.people import alice, bob, charlie

Record = dict[str, Any]
BATCHES = (1, 2, 3, 7, 20, 100, 500)
VERDICTS = ("same", "different", "same", "different", "unsure")


@dataclass(frozen=True)
class Plan:
    """``messages`` in the order in which they arrive; ``answers`` is how many judgements are made meanwhile, and
    ``taken_back`` how many of them are retracted; ``deaths`` how many workers die of SIGKILL."""

    seed: int
    cap: int
    workers: int
    messages: tuple[tuple[str, Record], ...]
    answers: int
    taken_back: int
    deaths: int

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: {len(self.messages)} messages, cap {self.cap}, {self.workers} workers, "
            f"{self.answers} judgements, {self.taken_back} taken back, {self.deaths} deaths"
        )


def draw(seed: int) -> Plan:
    """Every run has updates and deletes out of order with equal times, and messages delivered twice."""
    dice = random.Random(seed)
    size = dice.randrange(30, 81)
    made = world.operations(seed, size=size) if dice.random() < 0.5 else crowd(dice, size)
    made += [again(system, record, dice) for system, record in dice.sample(made, len(made) // 8)]
    dice.shuffle(made)
    answers = dice.randrange(0, 7)
    return Plan(
        seed=seed,
        cap=dice.choice([3, 3, 100]),
        workers=dice.choice([1, 2, 4, 4]),
        messages=tuple(made),
        answers=answers,
        taken_back=dice.randint(0, answers),
        deaths=dice.choice([0, 1, 2, 4, 6]),
    )


def crowd(dice: random.Random, size: int) -> list[tuple[str, Record]]:
    """Few people with many records that say the same of each: all keys of a person cross the cap at once, so that
    what hung on them hangs on nothing, and again on all of them, as records come, move to another and go."""
    people = [alice, bob, charlie]
    return [
        (
            dice.choice(["crm", "pos"]),
            dice.choice(people)(
                str(dice.randrange(max(4, size // 5))),
                at=dice.randrange(30),
                attributes={"step": number % 5},
                **({"deleted": True} if dice.random() < 0.2 else {}),
            ),
        )
        for number in range(size)
    ]


def again(system: str, record: Record, dice: random.Random) -> tuple[str, Record]:
    """The same statement once more: byte for byte, which the inbox knows, or in other words, which it does not."""
    if dice.random() < 0.5:
        return system, record
    return system, dict(reversed(record.items()))


def calm(plan: Plan) -> Plan:
    """The plan without deaths."""
    return dataclasses.replace(plan, deaths=0)
