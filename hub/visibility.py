"""What a client or an endpoint may see of the customers whom it reaches: attribute by attribute (``View``).

    view = View.of(hidden, masked, purpose)   None where it sees everything, which is told as it is stored
    view.told(profile or event data)          after the region of each value was asked about (``hub.release``)

Whose customers it reaches at all is another question: see ``hub.reach``.
"""

from __future__ import annotations

from collections.abc import Iterable

from hub.errors import Refused
from matching.visibility import HEADS, HIDDEN, SHOWN, View, check

__all__ = ["HIDDEN", "SHOWN", "View", "attribute_heads", "attribute_names"]


def attribute_heads() -> frozenset[str]:
    """The attributes that a profile can have, without their parts."""
    return frozenset(HEADS) - {"crosswalk", "consents"}


def attribute_names(names: Iterable[str], field: str) -> list[str]:
    """``names`` in order, each once; raises ``Refused`` for one that is no attribute (``field`` says where)."""
    for name in names:
        try:
            check(name)
        except ValueError as error:
            raise Refused(f"{field} names what {error}", field=field) from None
    return sorted(set(names))
