"""Reading request bodies: bounded, UTF-8, and stricter about JSON than Python's own reader.

Python takes NaN, lets the last of two equal keys win and turns 1e999 into infinity; senders that mean one
thing and are understood as another are worse off than senders who are told.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import orjson
from django.http import HttpRequest, UnreadablePostError
from rest_framework.request import Request

from hub.api.arrival import TooManyAreSlow, TooSlow
from hub.api.problems import Problem

MAX_DEPTH = 50
SMALL_BODY = 256 * 1024
_CHUNK = 64 * 1024
_JSON_TYPES = frozenset(("application/json",))
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


class BodyReader:
    """The body of one request, read once and never beyond ``limit`` bytes, as sent and as unpacked.

    ``digest`` is that of what was read, unpacked; ``most`` how many bytes that can be. Raises ``Problem``: a body that
    says it is larger is refused before any of it is read, a packed one before more of it is unpacked.
    """

    def __init__(self, request: Request, *, limit: int, types: frozenset[str] = _JSON_TYPES) -> None:
        self._source: HttpRequest = request._request
        self.limit = limit
        self.type = _content_type(self._source, types)
        self._packed = _is_packed(self._source)
        self.length = _content_length(self._source)
        self.digest = sha256()
        if self.length > limit:
            raise too_large(limit)
        if self.length == 0:
            raise Problem("empty-body", "Send a body: the route needs one.")
        self.most = limit if self._packed else self.length

    def chunks(self) -> Iterator[bytes]:
        for chunk in unpacked(self._sent(), limit=self.limit) if self._packed else self._sent():
            self.digest.update(chunk)
            yield chunk

    def _sent(self) -> Iterator[bytes]:
        left = self.length
        while left:
            try:
                chunk = self._source.read(min(_CHUNK, left))
            except UnreadablePostError as error:
                if (problem := unarrived(error)) is not None:
                    raise problem from None
                chunk = b""
            if not chunk:
                raise Problem("invalid-json", "The body ended before its Content-Length: send it again.")
            left -= len(chunk)
            yield chunk

    def all(self) -> bytes:
        return b"".join(self.chunks())


def unpacked(chunks: Iterator[bytes], *, limit: int) -> Iterator[bytes]:
    """What a gzip stream of one member (RFC 1952) holds, ``limit`` bytes at most; raises ``Problem``."""
    stream = zlib.decompressobj(wbits=31)
    left = limit
    try:
        for packed in chunks:
            chunk = b"?"
            while chunk and not stream.eof:
                # One byte more than there may be is the sign that there is more, and all that is unpacked of it.
                chunk = stream.decompress(packed, min(_CHUNK, left + 1))
                packed = stream.unconsumed_tail
                left -= len(chunk)
                if left < 0:
                    raise too_large(limit)
                if chunk:
                    yield chunk
            if stream.unused_data or (stream.eof and packed):
                raise Problem("invalid-encoding", "Behind the end of the gzip stream there is more: send one stream.")
    except zlib.error:
        raise Problem("invalid-encoding", "The body says that it is gzip, and is not.") from None
    if not stream.eof:
        raise Problem("invalid-encoding", "The gzip stream ends too early: it was cut off.")


def unarrived(error: BaseException) -> Problem | None:
    """The problem where a body could not be read because it did not arrive in time; None where it was cut off."""
    if isinstance(error.__cause__ or error.__context__, TooSlow):
        return Problem("body-too-slow", "The body did not arrive in its time: send it again, or in smaller parts.")
    if isinstance(error.__cause__ or error.__context__, TooManyAreSlow):
        detail = "Too many bodies arrive too slowly to wait for this one: send it again in 10 seconds."
        return Problem("overloaded", detail, headers={"Retry-After": "10"})
    return None


def too_large(limit: int) -> Problem:
    return Problem("body-too-large", f"The body may have at most {limit:,} bytes: send less at once.", limit=limit)


def _content_type(request: HttpRequest, types: frozenset[str]) -> str:
    # A body without a type is read as JSON; a body with another type is not guessed at.
    kind = (request.content_type or "").lower() or "application/json"
    charset = (request.content_params or {}).get("charset", "utf-8").lower().replace("_", "-")
    if kind not in types:
        raise Problem("unsupported-media-type", f"Send the body as {' or '.join(sorted(types))}, in UTF-8.")
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise Problem("unsupported-media-type", "Send the body in UTF-8: no other charset is taken.")
    return kind


def _is_packed(request: HttpRequest) -> bool:
    said: str = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if said not in ("", "identity", "gzip", "x-gzip"):
        raise Problem(
            "unsupported-media-type",
            "Send the body with Content-Encoding: gzip, or without: no other is taken.",
            headers={"Accept-Encoding": "gzip, identity"},  # RFC 7694
        )
    return said.endswith("gzip")


def _content_length(request: HttpRequest) -> int:
    said = request.META.get("CONTENT_LENGTH") or ""
    if not said and request.META.get("HTTP_TRANSFER_ENCODING"):
        # The web server ends a chunked body that was cut off as it ends a whole one.
        raise Problem("length-required", "Send the body with a Content-Length, by which it is known to be whole.")
    return int(said) if said.isascii() and said.isdigit() else 0


def read_json(request: Request, *, limit: int = SMALL_BODY) -> Any:
    """The decoded JSON body; raises ``Problem``."""
    return parse(decode(BodyReader(request, limit=limit).all()))


def read_object(request: Request, *, limit: int = SMALL_BODY) -> dict[str, Any]:
    """The decoded body, which must be a JSON object; raises ``Problem``."""
    found = read_json(request, limit=limit)
    if not isinstance(found, dict):
        raise Problem("invalid-request", "Send one JSON object.")
    return found


def decode(raw: bytes) -> str:
    """``raw`` as text, a byte order mark dropped; raises ``Problem``."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem("not-utf-8", f"Send UTF-8: the byte at place {error.start} is not part of it.") from None


def parse(text: str) -> Any:
    """The value in ``text``; raises ``Problem`` of type invalid-json, too-deep or duplicate-key.

    NUL characters and lone surrogates inside strings are dropped and replaced: PostgreSQL holds neither.
    """
    if not text.strip():
        raise Problem("empty-body", "Send a JSON value: there is only white space.")
    try:
        value = _DECODER.decode(text)
        _bound_depth(text)
    except json.JSONDecodeError as error:
        raise Problem("invalid-json", describe(error, text)) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise Problem("invalid-json", "A number has more digits than can be kept: send it as text.") from None
    return scrub(value) if _needs_scrubbing(text) else value


def parse_line(raw: bytes) -> Any:
    """As ``parse(decode(raw))``, for the many rows of a batch: by orjson where it is plain that both read the same."""
    if not any(mark in raw for mark in _UNSURE):
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return parse(decode(raw))  # it says what is wrong
        if _keys(value) == raw.count(b'":'):
            return value
    return parse(decode(raw))


# Between a key and its colon is nothing, in no string are characters that are dropped or replaced.
_UNSURE = (b'" :', b'"  ', b'"\t', b'"\r', b'"\n', b"\\u0000", b"\\ud", b"\\uD")


def _keys(value: Any) -> int:
    """How many keys the objects in ``value`` have; -1 where it is too deep or holds a float, which orjson also makes of
    long integers. A text with as many ``":`` as there are keys names none twice: those that were passed over would be
    among them, and what looks like one inside a string too."""
    found, level, depth = 0, [value], 0
    while level:
        depth += 1
        below: list[Any] = []
        for item in level:
            if type(item) is dict:
                found += len(item)
                below += item.values()
            elif type(item) is list:
                below += item
            elif type(item) is float:
                return -1
        level = below
    return found if depth <= MAX_DEPTH else -1


def describe(error: json.JSONDecodeError, text: str) -> str:
    """Where JSON breaks, in words, without the text itself."""
    if error.pos >= len(text.rstrip()):
        return "The JSON ends too early: it was cut off."
    place = f"Line {error.lineno}, column {error.colno}"
    if "control character" in error.msg:
        return f"{place}: a control character (such as NUL or a line break) in a string."
    return f"{place}: this is not JSON ({error.msg.lower()})."


def _too_deep() -> Problem:
    return Problem("too-deep", f"Nest at most {MAX_DEPTH} levels.")


def _bound_depth(text: str) -> None:
    # Few brackets cannot nest deeply: most records are through after one count. The text is known to be JSON
    # by now, so that every string in it ends and the pattern never has to start over.
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return
    depth = 0
    for found in _BRACKETS.finditer(text):
        if found[1]:
            depth += 1
            if depth > MAX_DEPTH:
                raise _too_deep()
        elif found[2]:
            depth -= 1


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(pairs)
    if len(held) != len(pairs):
        raise Problem("duplicate-key", "An object names one key twice: which of the two is meant cannot be known.")
    return held


def _constant(name: str) -> Any:
    raise Problem("invalid-json", "NaN and Infinity are no JSON: send null where there is no number.")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise Problem("invalid-json", "A number is too large to be kept: send it as text.")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_float)


def _needs_scrubbing(text: str) -> bool:
    return "\\u0000" in text or "\\ud" in text or "\\uD" in text


def scrub(value: Any) -> Any:
    """``value`` without NUL characters and lone surrogates."""
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, list):
        return [scrub(item) for item in value]
    if isinstance(value, dict):
        return _pairs([(scrub_text(key), scrub(item)) for key, item in value.items()])
    return value


def scrub_text(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text.replace("\x00", ""))
