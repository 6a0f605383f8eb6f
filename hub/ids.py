"""Public ids: a prefix that says what it is, then a ULID, so that they sort by time of creation."""

from __future__ import annotations

import base64
import os
import time
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from ulid import ULID

source_code_validator = RegexValidator(
    r"^[a-z][a-z0-9_-]{0,39}$",
    "A code starts with a letter and holds lower-case letters, digits, - and _ (40 at most).",
)


_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_FROM_B32HEX = str.maketrans("0123456789ABCDEFGHIJKLMNOPQRSTUV", _CROCKFORD)


def new_id(prefix: str) -> str:
    """A new public id such as ``gr_01JD…``."""
    return f"{prefix}_{str(ULID()).lower()}"


def new_ids(prefix: str, number: int) -> list[str]:
    """Many new public ids, ascending."""
    if not number:
        return []
    milliseconds = time.time_ns() // 1_000_000
    # The time once, as all are made now: ten letters of five bits. Then 80 random bits for each, 16 letters.
    start = prefix + "_" + "".join(_CROCKFORD[milliseconds >> shift & 31] for shift in range(45, -1, -5))
    noise = base64.b32hexencode(os.urandom(10 * number)).decode().translate(_FROM_B32HEX)
    return [start + end for end in sorted(noise[place : place + 16] for place in range(0, len(noise), 16))]


class PublicIdField(models.CharField):  # type: ignore[type-arg]
    """A unique public id with the prefix given, made on first use."""

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        super().__init__(**{"max_length": 32, "unique": True, "editable": False, "default": None, **kwargs})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, [self.prefix, *args], kwargs

    def get_default(self) -> str:
        return new_id(self.prefix)
