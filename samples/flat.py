"""The same records in the flat form of the canonical customer record, one CSV for all systems."""

from __future__ import annotations

from datetime import UTC, datetime

from samples.held import Held

COLUMNS = (
    "source_system", "source_id", "kind", "given_name", "middle_name", "family_name", "birth_date", "email", "email2",
    "phone",
    "phone2", "street", "city", "region", "postal_code", "country", "loyalty_id", "tax_id", "company_name",
    "updated_at",
)  # fmt: skip


def header() -> str:
    return ",".join(COLUMNS) + "\n"


def row(held: Held) -> str:
    """One line of CSV. The unit follows the street, as one field must hold both."""
    street = f"{held.street_line}, {held.unit}" if held.unit else held.street_line
    family = f"{held.family} {held.suffix}" if held.suffix else held.family
    updated = datetime.fromtimestamp(held.updated, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    country = held.country if held.city or held.postal_code or held.street else ""
    values = (
        held.system, held.source_id, held.kind, held.given, held.middle, family, held.birth, held.email, held.email2,
        held.phone,
        held.phone2, street, held.city, held.region, held.postal_code, country, held.loyalty_id, held.tax_id,
        held.company, updated,
    )  # fmt: skip
    return ",".join(f'"{v.replace(chr(34), chr(34) * 2)}"' if "," in v or '"' in v else v for v in values) + "\n"
