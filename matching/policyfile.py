"""A policy document as text, YAML or JSON, turned into plain data that remembers its lines.

    text ─► parse ─► Document ── data    decoded mappings, lists and scalars
                             └── line    of each path, such as ``attributes.birth_date.rule``

YAML is read by what is written, not by what YAML 1.1 makes of it: ``NO`` is Norway, ``2026-01-01`` is text. JSON is
read as the YAML that it is. Anchors are refused, because a reviewer should see each rule where it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Any

import yaml

LONGEST = 1_000_000
DEEPEST = 30
_TRUTH = {"true": True, "false": False}
_NULL = ("", "null", "~")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at ``path`` (dotted; "" for the whole document) and what to do. ``line`` counts from 1; None where
    the document did not come as text."""

    path: str
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        where = ", ".join(x for x in (f"line {self.line}" if self.line else "", self.path) if x)
        return f"{where}: {self.reason}" if where else self.reason


class PolicyRefused(ValueError):
    """A policy that cannot be used: ``faults`` names each thing that is wrong with it."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults

    @classmethod
    def at(cls, path: str, reason: str) -> PolicyRefused:
        """One fault, whose line is found by its path where the document is known."""
        return cls(Fault(path, reason))


@dataclass(frozen=True, slots=True)
class Document:
    """``data`` is what the text says; ``lines`` has the line of each path."""

    data: Any
    lines: Mapping[str, int]

    def located(self, faults: Iterable[Fault]) -> PolicyRefused:
        """The error with the line of each fault: that of its path, or of what holds it."""
        return PolicyRefused(*sorted({Fault(f.path, f.reason, f.line or self._line(f.path)) for f in faults},
                                   key=lambda f: (f.line or 0, f.path)))  # fmt: skip

    def _line(self, path: str) -> int | None:
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path, 1)


def parse(text: str) -> Document:
    """Read YAML or JSON. Raises ``PolicyRefused`` for what is neither, for a key twice, an anchor or a tag."""
    if len(text) > LONGEST:
        raise PolicyRefused.at("", f"The document is longer than {LONGEST:,} characters.")
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        text = text.replace("\t", " ")  # JSON may be indented by tabs, YAML may not; inside its strings there are none
    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    try:
        _check(yaml.parse(text, Loader=loader))
        node = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = (error.problem or error.context or "it cannot be read").rstrip(".")
        raise PolicyRefused(
            Fault("", f"This is neither YAML nor JSON: {said}.", mark.line + 1 if mark else None)
        ) from None
    except yaml.YAMLError:
        raise PolicyRefused.at("", "This is neither YAML nor JSON that can be read.") from None
    if node is None:
        raise PolicyRefused(Fault("", "The document is empty: it needs at least `format`, `name` and `attributes`.", 1))
    reading = _Reading()
    data = reading.value(node, "")
    document = Document(data, reading.lines)
    if reading.faults:
        raise document.located(reading.faults)
    return document


def _check(events: Iterable[Any]) -> None:
    """Refuse what is no plain document, before nodes are made of it: by recursion, and in C without a limit."""
    depth = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise PolicyRefused(Fault("", "Anchors and aliases are not read: write the rule out.", line))
        if getattr(event, "tag", None):
            raise PolicyRefused(Fault("", "Tags (!name) are not read: leave it out.", line))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise PolicyRefused(Fault("", f"This is nested deeper than {DEEPEST}.", line))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def nearest(word: str, known: Iterable[str]) -> str:
    """``did you mean X?`` where something known is near, else what is known."""
    names = list(known)
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(names)}"


class _Reading:
    """One walk through the nodes."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.faults: list[Fault] = []

    def value(self, node: yaml.Node, path: str) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, f"{path}[{i}]") for i, item in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.faults.append(Fault(path, "A key must be a plain word.", line))
                continue
            key = str(key_node.value)
            inner = f"{path}.{key}" if path else key
            if key in found:
                said = f"{key} is here twice (first in line {first[key]}): leave one."
                self.faults.append(Fault(inner, said, line))
                continue
            first[key] = self.lines[inner] = line
            found[key] = self.value(value_node, inner)
        return found


def _scalar(node: Any) -> Any:
    """Text as it is written; numbers, true, false and null where they stand without quotes."""
    text = str(node.value)
    if node.style in ("'", '"', "|", ">"):
        return text
    if text.lower() in _NULL:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    for number in (int, float) if text[-1].isdigit() and "_" not in text else ():
        with suppress(ValueError):
            return read if isfinite(read := number(text)) else text
    return text
