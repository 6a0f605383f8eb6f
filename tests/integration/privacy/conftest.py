"""Customers that came in through the real path, and a client that may do everything."""

from __future__ import annotations

from tests.integration.api.conftest import caller, channel, five_sources, take  # noqa: F401
