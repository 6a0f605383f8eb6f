"""What one field of a record may hold: values checked and trimmed, or refused in words that say what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

KINDS = ("person", "organisation")
MAX_TEXT = 10_000
MAX_ITEMS = 200
MAX_SOURCE_ID = 500
_TRUE = frozenset(("1", "true", "t", "yes", "y"))
_FALSE = frozenset(("", "0", "false", "f", "no", "n"))
_SURROGATE = re.compile("[\ud800-\udfff]")
_ISO_LIKE = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?$")


class RecordError(ValueError):
    """The record cannot be taken as it is: ``field`` says where, the message what to do.

    The message never holds a value from the record.
    """

    def __init__(self, field: str, message: str):
        self.field = field
        self.message = message
        super().__init__(f"{field}: {message}")

    def within(self, place: str) -> RecordError:
        """The same error of a field that lies in ``place``."""
        return RecordError(f"{place}.{self.field}" if self.field else place, self.message)


def source_id_of(value: Any) -> str:
    if type(value) is str or (isinstance(value, (int, str)) and not isinstance(value, bool)):
        text = text_of(value, "source_id")
        if text and len(text) <= MAX_SOURCE_ID:
            return text
    raise RecordError("source_id", "is missing: give the record's id in its source system, 1 to 500 characters")


def kind_of(value: Any) -> str:
    if value == "person":
        return "person"
    kind = (text_of(value, "kind") or "person").lower()
    kind = "organisation" if kind == "organization" else kind
    if kind not in KINDS:
        raise RecordError("kind", "must be person or organisation")
    return kind


def text_of(value: Any, field: str) -> str | None:
    """Trimmed text, or None where there is none. NUL is dropped: PostgreSQL cannot hold it."""
    if type(value) is str:
        if len(value) <= MAX_TEXT and value.isprintable():  # then it has neither NUL nor surrogates
            return value.strip() or None
        return _bounded(_scrub(value).strip(), field)
    if value is None or value != value:  # NaN, as Parquet and pandas give for nothing
        return None
    if isinstance(value, (list, dict, bool, bytes)):
        raise RecordError(field, "must be text")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, (datetime, date)):
        value = value.isoformat()
    return _bounded(_scrub(str(value)).strip(), field)


def _bounded(text: str, field: str) -> str | None:
    if len(text) > MAX_TEXT:
        raise RecordError(field, f"is longer than {MAX_TEXT:,} characters")
    return text or None


def _scrub(text: str) -> str:
    if "\x00" in text:
        text = text.replace("\x00", "")
    if not text.isascii() and _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def cleaned(value: Any, depth: int = 0) -> Any:
    """JSON-safe copy of an attribute's value, without NUL and NaN and at most 20 levels deep."""
    if depth > 20:
        raise RecordError("attributes", "are nested deeper than 20 levels")
    kind = type(value)
    if kind is str:
        return value if value.isprintable() else _scrub(value)
    if kind is int or kind is bool or value is None:
        return value
    if isinstance(value, str):
        return _scrub(value)
    if isinstance(value, Mapping):
        return {_scrub(str(k)): cleaned(v, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [cleaned(v, depth + 1) for v in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _scrub(str(value))


def texts_of(value: Any, field: str) -> Iterable[str]:
    if value is None:
        return []
    if not isinstance(value, (list, tuple)) or len(value) > MAX_ITEMS:
        raise RecordError(field, f"must be a list of at most {MAX_ITEMS} texts")
    return [t for item in value if (t := text_of(item, field))]


def mapping_of(data: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = data.get(field)
    if value is None:
        return {}
    if type(value) is not dict and not isinstance(value, Mapping):
        raise RecordError(field, "must be a JSON object")
    return value  # type: ignore[no-any-return]


def items_of(data: Mapping[str, Any], field: str) -> Sequence[Mapping[str, Any]]:
    value = data.get(field)
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)) or len(value) > MAX_ITEMS:
        raise RecordError(field, f"must be a list of at most {MAX_ITEMS} objects")
    for item in value:
        # An abstract class costs ten times what the exact type costs to ask for.
        if type(item) is not dict and not isinstance(item, Mapping):
            raise RecordError(field, "must hold JSON objects")
    return value


def date_of(value: Any) -> str | None:
    """The date as written. An ISO date that no calendar has (31 February) is an error; other
    spellings are left to ``matching.normalise``, which knows the country's order."""
    text = text_of(value, "birth_date")
    if text is None or _is_iso(text):
        return text
    if found := _ISO_LIKE.match(text):
        year, month, day = (int(part) for part in found.groups())
        # 0000-MM-DD and --MM-DD style values say "year unknown" in several systems.
        if (month or day) and year:
            try:
                date(year, month, day)
            except ValueError:
                raise RecordError("birth_date", "is no day of the calendar: correct or omit it") from None
    return text


def _is_iso(text: str) -> bool:
    """Whether it is a day of the calendar as most systems write it: a shorter way to the same answer."""
    if len(text) != 10:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def instant_of(value: Any, field: str) -> datetime | None:
    """An aware instant in UTC; a time without zone is read as UTC."""
    if value is None:
        return None
    if isinstance(value, datetime):
        moment = value
    else:
        text = text_of(value, field)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise RecordError(field, "must be an RFC 3339 time such as 2026-11-20T10:00:00Z") from None
    if moment.tzinfo is UTC:
        return moment
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        raise RecordError(field, "is outside the years that can be kept") from None


def integer_of(value: Any, field: str) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, str)) or not re.fullmatch(r"-?\d{1,18}", str(value)):
        raise RecordError(field, "must be a whole number")
    return int(value)


def boolean_of(value: Any, field: str) -> bool:
    if value is None:
        return False
    if isinstance(value, bool):
        return value
    text = "" if value != value else str(value).strip().lower()
    if text in _TRUE or text == "1.0":
        return True
    if text in _FALSE or text == "0.0":
        return False
    raise RecordError(field, "must be true or false")


def flat_value(column: str, value: Any) -> Any:
    """What ``from_flat`` keeps of a canonical column's cell, None where it says nothing. Raises ``RecordError``."""
    if column == "source_id":
        return source_id_of(value)
    text = None if column == "deleted" else text_of(value, column)
    if column == "kind":
        return kind_of(text)
    if column == "birth_date":
        return date_of(text)
    if column == "updated_at":
        return instant_of(text, column)
    return boolean_of(value, column) if column == "deleted" else text


def flat_values(column: str, values: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """``flat_value`` of each of many cells, and the places of those that it refuses (None in the list)."""
    if texts := _plain_texts(values):
        if column == "source_id":
            wrong = [place for place, text in enumerate(texts) if not text or len(text) > MAX_SOURCE_ID]
            return texts, wrong
        if column == "updated_at" and _all_utc(texts):
            return texts, []
        if column not in ("kind", "birth_date", "updated_at", "deleted"):
            return texts, []
    found, wrong = [], []
    for place, value in enumerate(values):
        try:
            found.append(flat_value(column, value))
        except RecordError:
            found.append(None)
            wrong.append(place)
    return found, wrong


def _plain_texts(values: Sequence[Any]) -> list[str] | None:
    """The values trimmed, where all are texts of which ``_text`` would only trim; looked at all at once."""
    if not values or set(map(type, values)) != {str} or max(map(len, values)) > MAX_TEXT:
        return None
    together = "\n".join(values)
    if "\x00" in together or (not together.isascii() and _SURROGATE.search(together)):
        return None
    return [value.strip() for value in values]


def _all_utc(texts: Sequence[str]) -> bool:
    try:
        return all(datetime.fromisoformat(text).tzinfo is UTC for text in texts)
    except ValueError:
        return False
