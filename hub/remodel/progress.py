"""How an activation tells what it does."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int], None]
"""Called with the name of a step and how many of its items were done since the last call."""
