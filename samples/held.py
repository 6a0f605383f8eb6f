"""What a system holds of a person before it takes its vendor's shape, and the habits of each system."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Held:
    """One source record before it takes its vendor's shape. Empty text means nothing held."""

    system: str
    source_id: str
    truth: str
    country: str
    updated: int
    kind: str = "person"
    given: str = ""
    middle: str = ""
    family: str = ""
    suffix: str = ""
    former: str = ""
    birth: str = ""
    email: str = ""
    email2: str = ""
    phone: str = ""
    phone2: str = ""
    street: str = ""
    house: str = ""
    unit: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    loyalty_id: str = ""
    shop_id: str = ""
    tax_id: str = ""
    company: str = ""
    company_id: str = ""
    opted_out: bool = False
    marks: list[str] = field(default_factory=list)

    @property
    def street_line(self) -> str:
        if not self.street or not self.house:
            return self.street
        return f"{self.street} {self.house}" if self.country == "DE" else f"{self.house} {self.street}"


@dataclass(frozen=True, slots=True)
class Habits:
    """How often a system holds a field, and how often it goes wrong there (shares of records)."""

    name: float
    birth: float
    email: float
    phone: float
    address: float
    postal_only: float
    loyalty: float
    typo: float
    nick: float
    initial: float
    upper: float
    swapped: float
    fold: float
    spoken: float  # phones in the system's own normal form


HABITS = {
    "crm": Habits(1.0, 0.68, 0.82, 0.76, 0.87, 0.06, 0.40, 0.035, 0.10, 0.010, 0.03, 0.02, 0.12, 0.30),
    "loyalty": Habits(0.58, 0.92, 0.98, 0.0, 0.0, 0.48, 1.0, 0.03, 0.12, 0.0, 0.02, 0.01, 0.15, 1.0),
    "ecommerce": Habits(0.985, 0.0, 0.95, 0.70, 0.94, 0.02, 0.10, 0.035, 0.13, 0.012, 0.03, 0.025, 0.25, 0.85),
    "pos": Habits(0.97, 0.52, 0.50, 0.78, 0.52, 0.32, 0.54, 0.06, 0.18, 0.05, 0.12, 0.03, 0.55, 0.80),
    "erp": Habits(1.0, 0.56, 0.58, 0.70, 0.96, 0.0, 0.16, 0.03, 0.03, 0.012, 0.45, 0.015, 0.60, 0.15),
}  # fmt: skip
