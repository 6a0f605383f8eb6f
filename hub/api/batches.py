"""Reading a batch: NDJSON or a JSON array, with a reason for each row that cannot be read.

NDJSON is read line by line, so that one bad line costs one row. An array that is cut off or broken between
its elements has no rows that can be trusted, and is refused whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hub.api.bodies import BodyReader, decode, describe, parse_line
from hub.api.problems import Problem, body

NDJSON_TYPES = frozenset(("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"))
BATCH_TYPES = NDJSON_TYPES | {"application/json"}
_SPACE = re.compile(r"[ \t\r\n]*")
_SCANNER = json.JSONDecoder(parse_int=lambda digits: 0)  # only to find where an element ends


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """One row of a batch: its decoded ``payload``, or the ``problem`` why there is none."""

    index: int
    payload: Any = None
    problem: dict[str, Any] | None = None


def read_rows(reader: BodyReader, *, max_rows: int, max_row_bytes: int) -> list[Row]:
    """Every row of the body, in order; raises ``Problem`` where the body as a whole cannot be taken."""
    rows: list[Row] = []
    for index, row in enumerate(_pieces(reader, max_row_bytes=max_row_bytes)):
        if index >= max_rows:
            raise Problem("too-many-records", f"Send at most {max_rows:,} records at once.", limit=max_rows)
        rows.append(Row(index, **row))
    if not rows:
        raise Problem("empty-body", "Send at least one record.")
    return rows


def _pieces(reader: BodyReader, *, max_row_bytes: int) -> Iterator[dict[str, Any]]:
    if reader.type in NDJSON_TYPES:
        yield from _lines(reader.chunks(), max_row_bytes=max_row_bytes)
        return
    chunks = reader.chunks()
    first = next(chunks)
    if first.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[":
        yield from _elements(decode(b"".join((first, *chunks))), max_row_bytes=max_row_bytes)
    else:
        yield from _lines(_chain(first, chunks), max_row_bytes=max_row_bytes)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _lines(chunks: Iterator[bytes], *, max_row_bytes: int) -> Iterator[dict[str, Any]]:
    """The rows of NDJSON; blank lines are no rows."""
    held = b""
    for chunk in chunks:
        *whole, held = (held + chunk).split(b"\n")
        for line in whole:
            yield from _line(line, max_row_bytes=max_row_bytes)
        # A line without an end is not gathered: beyond the limit, its length is all that matters.
        held = held[: max_row_bytes + 1]
    yield from _line(held, max_row_bytes=max_row_bytes)


def _line(line: bytes, *, max_row_bytes: int) -> Iterator[dict[str, Any]]:
    if not line.strip():
        return
    if len(line) > max_row_bytes:
        yield _oversized(max_row_bytes)
        return
    try:
        yield {"payload": parse_line(line)}
    except Problem as problem:
        yield {"problem": body(problem.code, str(problem), **problem.extra)}


def _oversized(limit: int) -> dict[str, Any]:
    return {"problem": body("body-too-large", f"A record may have at most {limit:,} bytes.", limit=limit)}


def _elements(text: str, *, max_row_bytes: int) -> Iterator[dict[str, Any]]:
    """The elements of a JSON array, each read strictly by itself."""
    place = _SPACE.match(text, text.index("[") + 1).end()  # type: ignore[union-attr]
    if text[place : place + 1] == "]":
        return
    while True:
        try:
            _, end = _SCANNER.raw_decode(text, place)
        except json.JSONDecodeError as error:
            raise Problem("invalid-json", f"Nothing was taken. {describe(error, text)}") from None
        except RecursionError:
            raise Problem("too-deep", "Nothing was taken. An element is nested far too deeply.") from None
        yield from _line(text[place:end].encode(), max_row_bytes=max_row_bytes)
        place = _SPACE.match(text, end).end()  # type: ignore[union-attr]
        follows = text[place : place + 1]
        if follows == "]" and not text[place + 1 :].strip():
            return
        if follows != ",":
            raise Problem("invalid-json", _after_element(follows, place))
        place = _SPACE.match(text, place + 1).end()  # type: ignore[union-attr]


def _after_element(follows: str, place: int) -> str:
    if not follows:
        return "Nothing was taken. The array ends too early: it was cut off."
    return f"Nothing was taken. At character {place}, the array goes on with neither a comma nor its end."
