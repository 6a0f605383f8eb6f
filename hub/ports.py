"""What the hub needs from the apps above it. They register in their ``AppConfig.ready``.

The hub imports neither ``connectors`` nor ``stewardship``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class InboundMapping(Protocol):
    """How one vendor's payload becomes nested canonical records (``SHAPES``: Canonical record)."""

    name: str

    def to_nested(self, payload: Mapping[str, Any]) -> list[dict[str, Any]]: ...


_mappings: dict[str, InboundMapping] = {}
_after_seal: list[Callable[[], None]] = []


def register_mapping(mapping: InboundMapping) -> None:
    _mappings[mapping.name] = mapping


def mapping(name: str) -> InboundMapping:
    """The mapping registered under ``name``; raises KeyError."""
    return _mappings[name]


def mapping_names() -> list[str]:
    return sorted(_mappings)


def on_sealed(function: Callable[[], None]) -> None:
    """Have ``function`` called after events got their positions (delivery fans out there)."""
    _after_seal.append(function)


def sealed() -> None:
    for function in _after_seal:
        function()


_sweeps: list[Callable[[], int]] = []


def on_sweep(function: Callable[[], int]) -> None:
    """Have ``function`` called about once a second in every worker; it returns how much it did."""
    _sweeps.append(function)


def sweep() -> int:
    return sum(function() for function in _sweeps)


_doorbell: list[Callable[[int], None]] = []


def on_ring(function: Callable[[int], None]) -> None:
    """Have ``function(lane)`` called when a lane got work; it must not fail the caller."""
    _doorbell.append(function)


def ring(lane: int) -> None:
    for function in _doorbell:
        function(lane)
