"""The two forms in which a canonical record may come: nested JSON, and the flat row of files."""

from __future__ import annotations

from typing import Any

from hub.errors import InvalidRecord
from hub.stages.ingest import flat_to_nested

# Names that only the flat form has; source_id, kind, birth_date and deleted mean the same in both.
FLAT_ONLY = frozenset(
    [
        "given_name",
        "middle_name",
        "family_name",
        "full_name",
        "email",
        "email2",
        "phone",
        "phone2",
        "street",
        "city",
        "region",
        "postal_code",
        "country",
        "loyalty_id",
        "tax_id",
        "company_name",
        "updated_at",
    ]
)
_SHARED = ("source_id", "kind", "birth_date", "deleted")


def nested_of(payload: Any) -> dict[str, Any]:
    """``payload`` in nested form. Raises ``InvalidRecord`` naming the field that is wrong.

    A record may mix both forms; where they say the same thing, the nested one counts. Keys that neither
    form knows stay, and end as attributes.
    """
    if not isinstance(payload, dict):
        raise InvalidRecord("record: must be a JSON object", field="record")
    flat = {key: value for key, value in payload.items() if key in FLAT_ONLY}
    if not flat:
        return payload
    converted = flat_to_nested({**flat, **{key: payload[key] for key in _SHARED if key in payload}}, source_system="-")
    rest = {key: value for key, value in payload.items() if key not in FLAT_ONLY and key not in _SHARED}
    return {**converted, **{key: value for key, value in rest.items() if value is not None}}
