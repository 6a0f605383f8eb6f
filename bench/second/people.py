"""A person as they are, before any system writes them down: names, homes and contact points through time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from bench.second.phones import Phone
from bench.second.places import Address

T = TypeVar("T")
NOW = 2026.4  # records are made between 2012 and this year; the clock of the machine plays no part


@dataclass(slots=True)
class Person:
    """Times are years with a fraction. A list of (until, value) runs from old to new; its last one is open."""

    truth: str
    sex: str
    born: tuple[int, int, int]
    culture: str
    country: str
    given: str
    family: str
    middle: str = ""
    second_family: str = ""
    suffix: str = ""
    called: str = ""
    title: str = ""
    former_family: str = ""
    renamed: float = 0.0
    homes: list[tuple[float, Address]] = field(default_factory=list)
    mobiles: list[tuple[float, Phone]] = field(default_factory=list)
    mails: list[tuple[float, str]] = field(default_factory=list)
    other_mail: str = ""
    shared_mail: str = ""
    shared_card: str = ""
    work_mail: str = ""
    work_phone: Phone | None = None
    company: str = ""
    cards: list[str] = field(default_factory=list)
    tax_id: str = ""
    store: int = 0
    digital: float = 0.5
    private: bool = False

    def age(self, when: float) -> float:
        return when - self.born[0]

    def home(self, when: float) -> Address:
        return at(self.homes, when)

    def mobile(self, when: float) -> Phone | None:
        return at(self.mobiles, when) if self.mobiles else None

    def mail(self, when: float) -> str:
        return at(self.mails, when) if self.mails else ""


def at(spans: list[tuple[float, T]], when: float) -> T:
    """The value of the first span that is not yet over."""
    for until, value in spans:
        if when < until:
            return value
    return spans[-1][1]
