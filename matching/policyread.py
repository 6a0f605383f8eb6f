"""Reading a policy document, and saying of each thing that is wrong in which line, why, and what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from matching.consentpolicy import ConsentPolicy
from matching.offers import MANY, SINGLE, TYPED
from matching.policy import FORMAT, KINDS, Group, KindPolicy, Policy
from matching.policyerror import PolicyError, written
from matching.policyfile import nearest, parse
from matching.policysteps import StepReader
from matching.release import ReleasePolicy

_TOP = ("format", "name", "description", "attributes", "groups", "persons", "organisations", "consent", "release")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_EXAMPLES = (
    "name, organisation, birth_date, emails, phones, addresses, identifiers, identifiers.tax_id, attributes.tier"
)


def read(text: str, *, sources: Collection[str] | None = None) -> Policy:
    """See ``Policy.read``."""
    document = parse(text)
    reader = _Reader(sources)
    policy = reader.policy(document.data)
    if reader.faults or policy is None:
        raise document.located(reader.faults)
    return policy


class _Reader(StepReader):
    """The whole document; a step of it is read by ``StepReader``."""

    def policy(self, data: Any) -> Policy | None:
        if not isinstance(data, Mapping):
            self.wrong("", "A policy is a mapping with `format`, `name` and `attributes`.")
            return None
        self.known(data, _TOP, "")
        if data.get("format") != FORMAT or isinstance(data.get("format"), bool):
            self.wrong("format", f"format must be {FORMAT}: the form of document that this version reads.")
        name = data.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self.wrong("name", "name must be 1 to 80 letters, digits, dots, hyphens: quote it where it is a number.")
        both = self._kind(data, "", KINDS)
        persons = self._of_kind(data, "persons", "person", both)
        organisations = self._of_kind(data, "organisations", "organisation", both)
        description = data.get("description") or ""
        if not isinstance(description, str):
            self.wrong("description", "description is text.")
        consent, release = self._consent(data.get("consent")), self._release(data.get("release"))
        return Policy(str(name), persons, organisations, str(description), consent, release)

    def _consent(self, section: Any) -> ConsentPolicy:
        try:
            return ConsentPolicy.read(section, ("consent",))
        except PolicyError as error:
            self.wrong(written(error.path), error.reason)
            return ConsentPolicy()

    def _release(self, section: Any) -> ReleasePolicy:
        try:
            return ReleasePolicy.read(section, ("release",))
        except PolicyError as error:
            self.wrong(written(error.path), error.reason)
            return ReleasePolicy()

    def _of_kind(self, data: Mapping[str, Any], key: str, kind: str, both: KindPolicy) -> KindPolicy:
        """The rules for one kind: those of its section, and of the others what the section does not name."""
        section = data.get(key)
        if section is None:
            return both
        if not isinstance(section, Mapping):
            self.wrong(key, f"{key} must be a mapping with `attributes`, `groups` or both.")
            return both
        self.known(section, ("attributes", "groups"), key)
        own = self._kind(section, f"{key}.", (kind,))
        grouped = {a for group in own.groups for a in group.attributes}
        shared = {a: s for a, s in both.attributes.items() if a not in grouped}
        groups = [
            g for g in both.groups if not own.attributes.keys() & {*g.attributes} and not grouped & {*g.attributes}
        ]
        return KindPolicy({**shared, **own.attributes}, (*groups, *own.groups))

    def _kind(self, data: Mapping[str, Any], path: str, kinds: tuple[str, ...]) -> KindPolicy:
        attributes = {}
        for name, rules in self._mapping(data, "attributes", path).items():
            where = f"{path}attributes.{name}"
            if self._attribute(name, where):
                attributes[name] = self.steps(rules, where, name, kinds)
        groups: list[Group] = []
        taken: dict[str, str] = {}
        for name, said in self._mapping(data, "groups", path).items():
            where = f"{path}groups.{name}"
            if not isinstance(said, Mapping):
                self.wrong(where, "A group is a mapping with `attributes` and its rule.")
                continue
            members = self.texts(said.get("attributes"), f"{where}.attributes", "the attributes that survive together")
            self._members(name, members, where, attributes, taken)
            rest = {key: value for key, value in said.items() if key != "attributes"}
            groups.append(Group(name, members, (self.step(rest, where, "", kinds),)))
        return KindPolicy(attributes, tuple(groups))

    def _members(
        self, group: str, members: tuple[str, ...], where: str, attributes: Collection[str], taken: dict[str, str]
    ) -> None:
        if len(members) < 2 and members:
            self.wrong(f"{where}.attributes", "A group of one attribute is none: write its rule under `attributes`.")
        for member in members:
            if not self._attribute(member, f"{where}.attributes"):
                continue
            if member not in SINGLE and (not member.startswith("attributes.") or member.endswith("*")):
                self.wrong(
                    f"{where}.attributes", f"{member} has several values: a group is of attributes that have one."
                )
            if member in attributes:
                self.wrong(f"{where}.attributes", f"{member} has a rule of its own too: leave that or this.")
            if member in taken:
                self.wrong(f"{where}.attributes", f"{member} is in the group {taken[member]} too: leave it in one.")
            taken[member] = group

    def _attribute(self, name: str, where: str) -> bool:
        head, dot, rest = name.partition(".")
        if name in SINGLE or name in MANY:
            return True
        if dot and rest and head == "attributes":
            if "*" in rest[:-1]:
                self.wrong(where, "A * stands at the end of a name and nowhere else.")
            return True
        if dot and rest and head in TYPED and "*" not in rest:
            return True
        known = (*SINGLE, *MANY, "attributes.*", "identifiers.tax_id")
        hint = f"did you mean attributes.{name}?" if not dot and name not in _near(name) else nearest(name, known)
        self.wrong(where, f"{name} is no attribute: {hint} There are {_EXAMPLES}.")
        return False

    def _mapping(self, data: Mapping[str, Any], key: str, path: str) -> Mapping[str, Any]:
        value = data.get(key)
        if value is None:
            if key == "attributes" and not path:
                self.wrong("attributes", "A policy needs `attributes`: the rule for each of them.")
            return {}
        if not isinstance(value, Mapping):
            self.wrong(f"{path}{key}", f"{key} must be a mapping.")
            return {}
        return value


def _near(name: str) -> list[str]:
    return [name] if get_close_matches(name, (*SINGLE, *MANY), n=1, cutoff=0.6) else []
