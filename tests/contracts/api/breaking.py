"""Which differences between two OpenAPI documents break a client that was written for the older one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# Words for people.
_WORDS = frozenset(("description", "summary", "title", "example", "examples"))


def breaks(old: Any, new: Any, place: str = "") -> Iterator[str]:
    """The places where something that was there is gone, is another, or is demanded that was not; a place is a path of
    keys, such as ``/paths//api/v1/golden/get``."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if key in _WORDS and isinstance(value, str):
                continue
            if key not in new:
                yield f"{place}/{key} is gone"
            elif key == "required" and isinstance(value, list):
                yield from (f"{place}/required demands {name}" for name in sorted(set(new[key]) - set(value)))
                yield from (
                    f"{place}/required no longer promises {name}" for name in sorted(set(value) - set(new[key]))
                )
            else:
                yield from breaks(value, new[key], f"{place}/{key}")
        if "required" in new and "required" not in old and "properties" in old:
            yield f"{place}/required demands {', '.join(sorted(new['required']))}"
    elif isinstance(old, list) and isinstance(new, list):
        if all(isinstance(item, dict) and "name" in item for item in [*old, *new]):  # parameters
            named = {(item.get("in"), item["name"]): item for item in new}
            known = {(item.get("in"), item["name"]) for item in old}
            for item in old:
                found = named.get((item.get("in"), item["name"]))
                if found is None:
                    yield f"{place}/{item['name']} is gone"
                else:
                    yield from breaks(item, found, f"{place}/{item['name']}")
            yield from (
                f"{place}/{item['name']} is demanded"
                for item in new
                if item.get("required") and (item.get("in"), item["name"]) not in known
            )
        else:
            yield from (f"{place} lost {item!r:.80}" for item in old if item not in new)
    elif old != new:
        yield f"{place} was {old!r:.60} and is {new!r:.60}"
