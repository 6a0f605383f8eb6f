"""The JSON Schemas of what comes in and goes out (OpenAPI 3.1 components)."""

from __future__ import annotations

from hub.api.shapes import consent, golden, judging, privacy, records
from hub.api.shapes.words import Schema

SHAPES: dict[str, Schema] = {
    **records.SHAPES,
    **golden.SHAPES,
    **judging.SHAPES,
    **consent.SHAPES,
    **privacy.SHAPES,
}
