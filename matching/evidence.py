"""Evidence as a receiver may read it: an explanation without what it would tell of attributes that are kept back. Pure.

Comparisons of such attributes are added up in one line, so that prior and lines still give the total. The total itself
is told: whoever asks whether two records match hears it, and with it a little of everything that was compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matching.visibility import View
from matching.wording import CONFLICT_TEXTS

# What of the profile a comparison speaks of; one that is not here speaks of none.
_SPEAKS_OF = {
    "given_name": ("name",), "family_name": ("name",), "middle_name": ("name",), "name_order": ("name",),
    "suffix": ("name",), "birth_date": ("birth_date",), "email": ("emails",), "phone": ("phones",),
    "address": ("addresses",), "city": ("addresses",), "country": ("addresses",), "company": ("organisation",),
    "tax_id": ("identifiers.tax_id",), "loyalty_id": ("identifiers.loyalty_id",), "identifier": ("identifiers",),
    "identifiers": ("identifiers",), "source": ("crosswalk",),
}  # fmt: skip
_COMPARED = sorted({"attributes", *(name for names in _SPEAKS_OF.values() for name in names)})
# Levels that speak of two attributes at once.
_BETWEEN = {"by_email": ("emails",)}
KEPT_BACK = "withheld"
TEXT = "What attributes say that are kept back from this client"
BECAUSE = "What decided it is kept back from this client."


def told(said: Mapping[str, Any], view: View) -> dict[str, Any]:
    """An explanation (SHAPES: Resolve), with ``because`` and ``would_flip`` where it has them, as ``view`` allows."""
    comparisons = said.get("comparisons", ())
    shown = [one for one in comparisons if _shown(one["attribute"], one["level"], view)]
    out = dict(said)
    if len(shown) < len(comparisons):
        rest = sum(one["match_weight"] for one in comparisons) - sum(one["match_weight"] for one in shown)
        shown.append({"attribute": KEPT_BACK, "level": KEPT_BACK, "match_weight": round(rest, 3), "text": TEXT})
        out["comparisons"] = shown
    if "would_flip" in said and not all(view.shows(name) for name in _COMPARED):
        out["would_flip"] = []  # each of them names what one side has and the other has not
    forbidden = said.get("forbidden_by")
    if forbidden and not _shown(forbidden, "", view):
        out["forbidden_by"] = KEPT_BACK
        if "because" in out and CONFLICT_TEXTS.get(forbidden, "") in out["because"]:
            out["because"] = BECAUSE
    return out


def _shown(attribute: str, level: str, view: View) -> bool:
    free = attribute.partition(":")
    names = (f"attributes.{free[2]}",) if free[0] == "attribute" else _SPEAKS_OF.get(attribute, ())
    return all(view.shows(name) for name in (*names, *_BETWEEN.get(level, ())))
