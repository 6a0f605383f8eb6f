"""How a person's name is written down, before a system puts it into its fields."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from bench.second.cultures import CULTURES
from bench.second.people import Person
from bench.second.spelling import misheard, misread, typo, unmarked
from bench.second.words import pick

PARTICLES = ("van", "de", "der", "den", "ter", "ten", "op", "in", "'t", "von", "zum", "zur", "la", "del", "du", "le")
SALUTATIONS = {
    "US": ("Mr", "Mrs", "Ms"),
    "GB": ("Mr", "Mrs", "Miss"),
    "DE": ("Herr", "Frau", "Frau"),
    "FR": ("M.", "Mme", "Mme"),
    "ES": ("D.", "Dña.", "Sra."),
    "NL": ("dhr.", "mevr.", "mw."),
}


@dataclass(slots=True)
class Written:
    """A name as said or typed. ``family`` holds all family names; ``suffix`` is Jr, Sr, III or empty."""

    given: str
    middle: str
    family: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Manner:
    """How often a system's people write names in which way; every field is a share from 0 to 1."""

    called: float = 0.2
    initial: float = 0.02
    middle: float = 0.15
    both_families: float = 0.6
    slip: float = 0.03
    sound: float = 0.0
    scan: float = 0.0
    plain: float = 0.3
    german: float = 0.1
    former: float = 0.06


def name(rng: Random, person: Person, when: float, manner: Manner) -> Written:
    """The person's name at that time in that manner, slips included."""
    culture = CULTURES[person.culture]
    given = person.called if person.called and rng.random() < manner.called else person.given
    if rng.random() < 0.025 and given in culture.variants:
        given = pick(rng, culture.variants[given])
    if ("-" in given or " " in given) and (chance := rng.random()) < 0.3:
        given = given.replace("-", " ") if chance < 0.17 else given.replace("-", " ").split()[0]
    if rng.random() < manner.initial:
        given = given[:1] + ("." if rng.random() < 0.5 else "")
    middle = ""
    if person.middle and rng.random() < manner.middle:
        middle = person.middle if rng.random() < 0.35 else person.middle[:1] + ("." if rng.random() < 0.4 else "")
    written = Written(given, middle, _family(rng, person, when, manner), "")
    if person.suffix and rng.random() < 0.55:
        written.suffix = person.suffix
    if not (written.given.isascii() and written.family.isascii()) and rng.random() < manner.plain:
        german = rng.random() < manner.german
        written.given = unmarked(rng, written.given, german=float(german))
        written.family = unmarked(rng, written.family, german=float(german))
    _slips(rng, written, manner)
    return written


def _family(rng: Random, person: Person, when: float, manner: Manner) -> str:
    family = person.family
    if person.former_family and (when < person.renamed or rng.random() < manner.former):
        family = person.former_family
    elif "-" in family and (chance := rng.random()) < 0.3:
        family = family.replace("-", " ") if chance < 0.12 else pick(rng, family.split("-"))
    if rng.random() < 0.025:
        others = CULTURES[person.culture].variants.get(family)
        family = pick(rng, others) if others else family
    if " " in family and rng.random() < 0.14:
        family = _particles(rng, family)
    if person.second_family and rng.random() < manner.both_families:
        family = f"{family} {person.second_family}"
    return family


def _particles(rng: Random, family: str) -> str:
    """Other ways to write "van den Berg"."""
    style = rng.random()
    if style < 0.35:
        return family.title()
    if style < 0.55:
        return (
            family.replace("van der ", "v.d. ")
            .replace("van den ", "v.d. ")
            .replace("van de ", "v.d. ")
            .replace("van ", "v. ")
        )
    if style < 0.75:
        return family.replace(" ", "").capitalize()
    return split_particle(family)[1] or family


def split_particle(family: str) -> tuple[str, str]:
    """``("van den", "Berg")``; the first is empty where there is no particle."""
    parts = family.split()
    count = 0
    while count < len(parts) - 1 and parts[count].lower() in PARTICLES:
        count += 1
    return " ".join(parts[:count]), " ".join(parts[count:])


def _slips(rng: Random, written: Written, manner: Manner) -> None:
    for field in ("given", "family"):
        chance = rng.random()
        if chance < manner.slip:
            setattr(written, field, typo(rng, getattr(written, field)))
        elif chance < manner.slip + manner.sound:
            setattr(written, field, misheard(rng, getattr(written, field)))
        elif chance < manner.slip + manner.sound + manner.scan:
            setattr(written, field, misread(rng, getattr(written, field)))


def salutation(rng: Random, person: Person) -> str:
    """Mr, Frau, Mme … in the country's language, now and then with a title."""
    male, first, second = SALUTATIONS[person.country]
    said = male if person.sex == "m" else first if rng.random() < 0.8 else second
    return f"{said} {person.title}".strip()
