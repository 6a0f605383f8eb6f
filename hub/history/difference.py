"""What differs between two views of a customer: attribute by attribute, before and after. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from matching.jsontext import dumps

# What is shown of a customer beside the profile, each as a whole.
_WHOLE = ("state", "kind", "crosswalk", "consents", "successors", "unreadable")


def flat(view: Mapping[str, Any]) -> dict[str, Any]:
    """A view by the names of its attributes: ``profile.emails``, ``profile.attributes.tier``, ``crosswalk``. What is
    empty is left out; an address or a name stays whole."""
    profile = view.get("profile") or {}
    found = {f"profile.{name}": value for name, value in profile.items() if name != "attributes"}
    found |= {f"profile.attributes.{name}": value for name, value in (profile.get("attributes") or {}).items()}
    found |= {name: view[name] for name in _WHOLE if name in view}
    return {name: value for name, value in sorted(found.items()) if value not in (None, [], {})}


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The attributes that differ between two views as ``flat`` gives them, in their order.

    Each has its ``attribute``, and ``before`` and ``after`` where it was there; of a list also what was ``added`` and
    what was ``removed``.
    """
    changes = []
    for name in sorted(before.keys() | after.keys()):
        if name in before and name in after and dumps(before[name]) == dumps(after[name]):
            continue
        change: dict[str, Any] = {"attribute": name}
        change |= {side: view[name] for side, view in (("before", before), ("after", after)) if name in view}
        if isinstance(change.get("before", []), list) and isinstance(change.get("after", []), list):
            was, now = change.get("before", []), change.get("after", [])
            change |= {"added": _beyond(now, was), "removed": _beyond(was, now)}
        changes.append(change)
    return changes


def applied(view: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A view as ``flat`` gives it, after these changes.

    >>> a, b = {"kind": "person", "state": "live"}, {"state": "retired"}
    >>> applied(a, difference(a, b)) == b
    True
    """
    out = dict(view)
    for change in changes:
        if "after" in change:
            out[change["attribute"]] = change["after"]
        else:
            out.pop(change["attribute"], None)
    return dict(sorted(out.items()))


def _beyond(these: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """Those of ``these`` that ``others`` lacks, as often as it lacks them."""
    left = Counter(dumps(item) for item in others)
    out = []
    for item in these:
        if left[dumps(item)]:
            left[dumps(item)] -= 1
        else:
            out.append(item)
    return out
