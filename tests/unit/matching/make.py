"""Records for the matching tests, and strategies that make them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from matching.canonical import from_flat
from matching.model import MatchModel, shipped
from matching.normalise import Prepared, normalise
from matching.records import CanonicalRecord

MODEL = shipped()
ALICE: dict[str, Any] = {
    "source_system": "crm", "source_id": "1", "given_name": "Alice", "family_name": "Whitfield",
    "birth_date": "1984-03-12", "email": "alice.whitfield@example.org", "phone": "+44 20 7946 0958",
    "street": "12 Linden Street", "city": "Leeds", "postal_code": "LS1 4AP", "country": "GB",
}  # fmt: skip


def record(**changes: Any) -> CanonicalRecord:
    """Alice, with changes; None takes a value away."""
    return from_flat({k: v for k, v in {**ALICE, **changes}.items() if v is not None})


def prepared(model: MatchModel = MODEL, **changes: Any) -> Prepared:
    return normalise(record(**changes), model)


_GIVEN = ["Alice", "Ali", "A", "Alicia", "Bob", "Robert", "Robrt", "Charlie", "Whitfield", "Jürgen", "小明", "🙂", None]
_FAMILY = ["Whitfield", "Whitfeild", "Whitfield Jr", "Meyer-Lang", "Lang", "Müller", "Mueller", "van der Berg", None]
_rows = st.fixed_dictionaries(
    {
        "source_system": st.sampled_from(["crm", "pos", "shop"]),
        "given_name": st.sampled_from(_GIVEN),
        "middle_name": st.sampled_from([None, "J", "Jane"]),
        "family_name": st.sampled_from(_FAMILY),
        "birth_date": st.sampled_from([None, "1984-03-12", "1984-12-03", "1984-01-01", "1952-07-30", "0000-03-12"]),
        "email": st.sampled_from([None, "alice@example.org", "alice@example.com", "alic@example.org", "b@x.org"]),
        "email2": st.sampled_from([None, "b@x.org"]),
        "phone": st.sampled_from([None, "+44 20 7946 0958", "020 7946 0959", "+1 212 555 0187"]),
        "street": st.sampled_from([None, "12 Linden Street", "12 Linden St", "7 High Road"]),
        "postal_code": st.sampled_from([None, "LS1 4AP", "LS1 4AQ", "10001"]),
        "city": st.sampled_from([None, "Leeds", "Leed", "New York"]),
        "country": st.sampled_from([None, "GB", "US"]),
        "loyalty_id": st.sampled_from([None, "9065606144", "9065606145", "1234509876"]),
        "tax_id": st.sampled_from([None, "123-45-6789", "078051120"]),
        "company_name": st.sampled_from([None, "Acme Ltd", "Acme"]),
    }
)


@st.composite
def many(draw: st.DrawFn, least: int = 2, most: int = 12) -> list[CanonicalRecord]:
    """Records that resemble one another more than is likely, each with a source id of its own."""
    rows = draw(st.lists(_rows, min_size=least, max_size=most))
    return [from_flat({**row, "source_id": str(i)}) for i, row in enumerate(rows)]
