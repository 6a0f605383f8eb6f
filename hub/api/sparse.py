"""Sparse fields: of a golden profile only what a channel asks for (``?fields=name,emails``)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from rest_framework.request import Request

from hub.api.doors import query_text
from hub.api.openapi import query
from hub.api.problems import Problem
from hub.visibility import attribute_heads

# Told always: without them nobody knows of whom and of when the rest is, and what is missing from it.
ALWAYS = ("golden_id", "kind", "version", "withheld", "masked", "next")
_WHOLE = ("updated_at", "profile", "crosswalk", "consents")
_MOST = 50

FIELDS = query(
    "fields", {"type": "string", "maxLength": 1000},
    "Names with commas: attributes of the profile (name, emails, attributes.tier), updated_at, profile, crosswalk, "
    "consents. golden_id, kind and version are always told.",
)  # fmt: skip


def fields_of(request: Request) -> frozenset[str]:
    """The names in ``fields``; none of them means all. Raises ``Problem`` for one that there cannot be."""
    text = query_text(request, "fields")
    if not text.strip():
        return frozenset()
    named = frozenset(part.strip() for part in text.split(","))
    heads = attribute_heads()
    for name in named:
        head, dot, rest = name.partition(".")
        fits = name in _WHOLE or name in heads or (head == "attributes" and bool(dot and rest))
        if not fits or len(named) > _MOST:
            known = ", ".join((*_WHOLE, *sorted(heads)))
            detail = f"fields takes up to {_MOST} of {known}, and attributes.NAME."
            raise Problem("invalid-request", detail, field="fields")
    return named


def digest_of(fields: frozenset[str]) -> str:
    """For a validator: empty where all is told."""
    return "f" + blake2b(",".join(sorted(fields)).encode(), digest_size=6).hexdigest() if fields else ""


def sparse(said: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    """Of a profile (SHAPES: Golden profile), perhaps with its provenance, what ``fields`` name."""
    out = {key: value for key, value in said.items() if key in ALWAYS or key in fields}
    if "profile" not in fields:
        profile = {key: value for key, value in said.get("profile", {}).items() if key in fields}
        free = said.get("profile", {}).get("attributes", {})
        if "attributes" not in fields and (some := {k: v for k, v in free.items() if f"attributes.{k}" in fields}):
            profile["attributes"] = some
        if profile or fields - frozenset(_WHOLE):
            out["profile"] = profile
    if "provenance" in said:
        out["provenance"] = {
            name: why for name, why in said["provenance"].items()
            if "profile" in fields or name in fields or name.partition("[")[0] in fields
            or (name.startswith("attributes.") and "attributes" in fields)
        }  # fmt: skip
    return out
