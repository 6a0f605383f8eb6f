"""By when a request must be answered, by the law that the customer is under.

Months are calendar months: they end on the day with the same number, or on the month's last day where it has none
(Regulation (EEC, Euratom) No 1182/71, Art. 3(2)(c); the ICO reads the UK GDPR in the same way). Weekends and
holidays at the end are not added, which some laws would allow: the date is never later than the law's.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.errors import Refused


@dataclass(frozen=True, slots=True)
class Term:
    """A time to answer, and by how much it may be extended where the customer is told so within it."""

    months: int = 0
    days: int = 0
    more_months: int = 0
    more_days: int = 0
    source: str = ""

    def due(self, received: datetime) -> datetime:
        return _later(received, self.months, self.days)

    def extended(self, received: datetime) -> datetime | None:
        """Until when with the extension; None where the law knows none."""
        if not (self.more_months or self.more_days):
            return None
        return _later(received, self.months + self.more_months, self.days + self.more_days)


_GDPR = Term(months=1, more_months=2, source="GDPR Art. 12(3)")
_UK = Term(months=1, more_months=2, source="UK GDPR Art. 12(3)")
_CCPA = Term(days=45, more_days=45, source="Cal. Civ. Code § 1798.130(a)(2)(A)")

# Countries by ISO 3166-1, states of the United States by ISO 3166-2.
_EEA = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI"),
    *("LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
)
TERMS: Mapping[str, Term] = {
    "EU": _GDPR,
    "EEA": _GDPR,
    **dict.fromkeys(_EEA, _GDPR),
    "GB": _UK,
    "UK": _UK,
    # Thirty days from receipt; a longer time must be announced within them, and is given no length.
    "CH": Term(days=30, source="Swiss Data Protection Ordinance (DPO) Art. 18"),
    "US-CA": _CCPA,
    "CCPA": _CCPA,
    "US-VA": Term(days=45, more_days=45, source="Va. Code § 59.1-577(B)"),
    "US-CO": Term(days=45, more_days=45, source="Colo. Rev. Stat. § 6-1-1306(2)"),
    "US-CT": Term(days=45, more_days=45, source="Conn. Gen. Stat. § 42-518(c)"),
    "US-TX": Term(days=45, more_days=45, source="Tex. Bus. & Com. Code § 541.052"),
    # Fifteen days for the full answer (Art. 19 II); where other rights have no number, ours is the same.
    "BR": Term(days=15, source="LGPD Art. 19"),
    "LGPD": Term(days=15, source="LGPD Art. 19"),
    "CA": Term(days=30, more_days=30, source="PIPEDA s. 8(3) and (4)"),
}


def term(jurisdiction: str) -> Term:
    """The term of a jurisdiction (EU, EEA, CCPA, LGPD, or the code of a country or a state). Raises ``Refused``."""
    found = TERMS.get(jurisdiction.strip().upper())
    if found is None:
        raise Refused(f"jurisdiction is one of {', '.join(sorted(TERMS))}.", field="jurisdiction")
    return found


def _later(moment: datetime, months: int, days: int) -> datetime:
    turned = moment.month - 1 + months
    year, month = moment.year + turned // 12, turned % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return moment.replace(year=year, month=month, day=min(moment.day, last)) + timedelta(days=days)
