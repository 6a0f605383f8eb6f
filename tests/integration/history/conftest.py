from __future__ import annotations

from tests.integration.pipeline.conftest import sources

__all__ = ["sources"]
