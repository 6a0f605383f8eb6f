"""Reading the rules of one attribute: what they say, which contradict one another, which can never give a value."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from matching.cleaning import places
from matching.offers import MANY, SINGLE, TYPED
from matching.policy import KINDS, SOURCE_KINDS, WORDS, Step, When
from matching.policyfile import Fault, nearest

_STEP = ("rule", "when", "owner", "sources", "from", "except", "trust", "half_life", "order", "limit")
_WHOM = ("owner", "from", "except", "sources", "trust")
_RULES = (*WORDS, "collect", "ignore")
_DAYS = re.compile(r"([0-9]+(?:\.[0-9]+)?) *(d|days?|w|weeks?|m|months?|y|years?)?")
_LENGTH = {"d": 1.0, "w": 7.0, "m": 30.4375, "y": 365.25}
_LONGEST_DAYS = 36525
# Words that say nothing of an attribute: there is no smaller name, and birth dates are all of one length.
_SENSELESS = {
    **dict.fromkeys(("name", "organisation", *MANY), ("minimum", "maximum")),
    "birth_date": ("longest", "most_complete"),
}
_AFTER_OWNER = (
    "This can never give a value: the step before has an owner, and nobody else may set what has one. Write `from` "
    "instead of `owner` for a mere preference."
)
_AFTER_ALL = (
    "This can never give a value: the step before takes any that there is. Give that a `when` or a `from`, or leave "
    "this out."
)


class StepReader:
    """Gathers every fault, so that an author need not find them one by one."""

    def __init__(self, sources: Collection[str] | None) -> None:
        self.faults: list[Fault] = []
        self._sources = sources

    def wrong(self, path: str, reason: str) -> None:
        self.faults.append(Fault(path, reason))

    def steps(self, rules: Any, where: str, attribute: str, kinds: tuple[str, ...]) -> tuple[Step, ...]:
        chain = isinstance(rules, list) and any(isinstance(rule, Mapping) for rule in rules)
        if not chain:
            return (self.step(rules, where, attribute, kinds),)
        steps = [self.step(rule, f"{where}[{i}]", attribute, kinds) for i, rule in enumerate(rules)]
        for i, step in enumerate(steps[:-1]):
            if step.when is None and step.owner:
                self.wrong(f"{where}[{i + 1}]", _AFTER_OWNER)
                break
            if step.when is None and not step.only and not step.never and not _choosy(step):
                self.wrong(f"{where}[{i + 1}]", _AFTER_ALL)
                break
        return tuple(steps)

    def step(self, said: Any, where: str, attribute: str, kinds: tuple[str, ...]) -> Step:
        if isinstance(said, str | list):
            said = {"rule": said}
        if not isinstance(said, Mapping):
            self.wrong(where, "A rule is a word such as most_recent, a list of such words, or a mapping with `rule`.")
            return Step()
        self.known(said, _STEP, where)
        words = self._words(said, where, attribute)
        owner, only, never, ranking = (self._named(said, key, where) for key in ("owner", "from", "except", "sources"))
        self._allowed(owner, only, never, ranking, where)
        trust, half_life = self._trust(said, where)
        collect, ignore = "collect" in words, "ignore" in words
        self._fits(said, words, where, attribute)
        if collect:
            words = self.texts(said["order"], f"{where}.order", "words") if "order" in said else ("most_frequent",)
            self._check_words(words, f"{where}.order", attribute, WORDS)
        if ranking and "source_ranking" not in words:
            words = ("source_ranking", *words)
        if trust and "most_trusted" not in words:
            words = ("most_trusted", *words)
        if "source_ranking" in words and not ranking:
            self.wrong(where, "source_ranking needs `sources`: the list to go by, the best first.")
        if "most_trusted" in words and not trust:
            self.wrong(where, "most_trusted needs `trust`: how far each source is trusted, such as {erp: 1, pos: 0.5}.")
        return Step(
            words=tuple(w for w in words if w in WORDS) or ("most_recent",), when=self._when(said, where, kinds),
            owner=owner, only=only, never=never, ranking=ranking, trust=trust, half_life=half_life, collect=collect,
            limit=self._limit(said, where), ignore=ignore,
        )  # fmt: skip

    def _words(self, said: Mapping[str, Any], where: str, attribute: str) -> tuple[str, ...]:
        if "rule" not in said:
            if attribute in MANY or attribute.partition(".")[0] in TYPED:
                return ("collect",)
            if not said.keys() & {*_WHOM}:
                self.wrong(where, "There is no `rule`: say how a value is chosen, for example most_recent.")
            return ("most_recent",)
        words = self.texts(said["rule"], f"{where}.rule", "a rule")
        self._check_words(words, f"{where}.rule" if "rule" in said else where, attribute, _RULES)
        return words

    def _check_words(self, words: tuple[str, ...], where: str, attribute: str, known: tuple[str, ...]) -> None:
        for word in words:
            if word not in known:
                self.wrong(where, f"{word} is no rule: {nearest(word, known)}")
            elif word in _SENSELESS.get(attribute.partition(".")[0], ()) and not attribute.startswith("attributes."):
                self.wrong(where, f"{word} could never give a value of {attribute}: it has no order of that kind.")
        if len(set(words)) < len(words):
            self.wrong(where, "A word is here twice: the second time it can decide nothing.")

    def _fits(self, said: Mapping[str, Any], words: tuple[str, ...], where: str, attribute: str) -> None:
        alone = [word for word in ("collect", "ignore") if word in words]
        if alone and len(words) > 1:
            self.wrong(f"{where}.rule", f"{alone[0]} stands alone: the order of what is collected goes into `order`.")
        if "collect" in words and attribute in (*SINGLE, ""):
            self.wrong(where, f"{attribute or 'A group'} has one value: collect is for emails, phones, addresses, "
                       "identifiers and free attributes.")  # fmt: skip
        if "collect" not in words and said.keys() & {"order", "limit"}:
            self.wrong(where, "`order` and `limit` belong to rule: collect.")
        if "ignore" in words and len(said) > 1 and said.keys() - {"rule", "when"}:
            self.wrong(where, "ignore keeps no value, so that nothing but `when` can go with it.")
        if not attribute and {"minimum", "maximum"} & {*words}:
            self.wrong(where, "A group has no minimum or maximum: it survives whole.")

    def _allowed(
        self,
        owner: tuple[str, ...],
        only: tuple[str, ...],
        never: tuple[str, ...],
        ranking: tuple[str, ...],
        where: str,
    ) -> None:
        if owner and only:
            self.wrong(where, "`owner` and `from` contradict each other: an owner is the only one whose values count.")
        admitted = owner or only
        if admitted and not set(admitted) - set(never):
            self.wrong(where, "This can never give a value: every source that it looks at is under `except`.")
        for name in ranking:
            if admitted and name not in admitted and not _may_overlap(name, admitted):
                self.wrong(f"{where}.sources", f"{name} is ranked but not looked at: add it to the owner or `from`.")
            if name in never:
                self.wrong(f"{where}.sources", f"{name} is ranked, and under `except` too: leave one.")
        if len(set(ranking)) < len(ranking):
            self.wrong(f"{where}.sources", "A source is ranked twice.")

    def _named(self, said: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
        if key not in said:
            return ()
        names = self.texts(said[key], f"{where}.{key}", "a source, or a list of them")
        for name in names:
            self._source(name, f"{where}.{key}")
        return names

    def _source(self, name: str, where: str) -> None:
        form, colon, rest = name.rpartition(":")
        if colon and form not in ("kind", "system"):
            self.wrong(where, f"{name}: before the colon stands kind or system.")
        elif form == "kind" and rest not in SOURCE_KINDS:
            self.wrong(where, f"There is no kind of source named {rest}: {nearest(rest, SOURCE_KINDS)}")
        elif form != "kind" and self._sources is not None and rest not in self._sources:
            kinds = () if form else SOURCE_KINDS
            if rest not in kinds:
                near = nearest(rest, sorted({*self._sources, *kinds}))
                self.wrong(where, f"There is no source named {rest}: {near} `create_source` makes a new one.")

    def _trust(self, said: Mapping[str, Any], where: str) -> tuple[tuple[tuple[str, float], ...], float | None]:
        half_life = None
        if "half_life" in said:
            half_life = _days(said["half_life"])
            if half_life is None or not 0 < half_life <= 36525:
                self.wrong(
                    f"{where}.half_life", "half_life is a time such as `180 days` or `2 years`, up to 100 years."
                )
            if "trust" not in said:
                self.wrong(where, "half_life needs `trust`: without it the newest value wins anyway (most_recent).")
        if "trust" not in said:
            return (), half_life
        trust = said["trust"]
        if not isinstance(trust, Mapping) or not trust:
            self.wrong(f"{where}.trust", "trust is a mapping from sources to numbers, such as {erp: 1, pos: 0.5}.")
            return (), half_life
        for name, value in trust.items():
            if name != "others":
                self._source(name, f"{where}.trust.{name}")
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
                wanted = "Trust is a number above 0 and up to 1; whom you do not trust at all goes under `except`."
                self.wrong(f"{where}.trust.{name}", wanted)
                return (), half_life
        return tuple((name, float(value)) for name, value in trust.items()), half_life

    def _limit(self, said: Mapping[str, Any], where: str) -> int | None:
        limit = said.get("limit")
        if "limit" in said and (isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= 1000):
            self.wrong(f"{where}.limit", "limit is a whole number from 1 to 1000.")
            return None
        return limit

    def _when(self, said: Mapping[str, Any], where: str, kinds: tuple[str, ...]) -> When | None:
        if "when" not in said:
            return None
        when, path = said["when"], f"{where}.when"
        if not isinstance(when, Mapping) or not when:
            self.wrong(path, "when is a mapping with kind, country, source, or several of them.")
            return None
        self.known(when, ("kind", "country", "source"), path)
        kind = self.texts(when["kind"], f"{path}.kind", "a kind") if "kind" in when else ()
        for name in kind:
            if name not in KINDS:
                self.wrong(f"{path}.kind", f"{name} is no kind: {nearest(name, KINDS)}")
            elif name not in kinds:
                self.wrong(f"{path}.kind", f"This can never be: the section is about the kind {kinds[0]}.")
        country = self.texts(when["country"], f"{path}.country", "a country") if "country" in when else ()
        for code in country:
            if len(code) != 2 or places.country(code) != code:
                self.wrong(f"{path}.country", f"{code} is no country: use the two letters of ISO 3166-1, such as DE.")
        return When(kind, country, self._named(when, "source", path))

    def texts(self, value: Any, where: str, what: str) -> tuple[str, ...]:
        items = value if isinstance(value, list) else [value]
        if not items or not all(isinstance(item, str) and item for item in items):
            self.wrong(where, f"This must be {what}: words, and at least one.")
            return ()
        return tuple(items)

    def known(self, data: Mapping[str, Any], known: Collection[str], path: str) -> None:
        for key in data:
            if key not in known:
                self.wrong(f"{path}.{key}" if path else key, f"{key} means nothing here: {nearest(key, known)}")


def _choosy(step: Step) -> bool:
    """Whether a step may leave a value out: one that is no number or date has no least."""
    return "minimum" in step.words or "maximum" in step.words


def _may_overlap(name: str, admitted: Collection[str]) -> bool:
    """Whether a source could be among those looked at under another name: a system is of some kind."""
    kinds = {other.removeprefix("kind:") for other in admitted} & {*SOURCE_KINDS}
    is_kind = name.removeprefix("kind:") in SOURCE_KINDS and not name.startswith("system:")
    systems = {other for other in admitted if other.removeprefix("kind:") not in SOURCE_KINDS or other[:7] == "system:"}
    return bool(systems) if is_kind else bool(kinds)


def _days(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    found = _DAYS.fullmatch(value.strip()) if isinstance(value, str) else None
    return float(found[1]) * _LENGTH[(found[2] or "d")[0]] if found else None
