"""Birth dates as eight digits, YYYYMMDD, zeros for what is unknown."""

from __future__ import annotations

import re
from functools import lru_cache

from matching.cleaning.lexicon import MONTHS
from matching.cleaning.text import plain

_ISO = re.compile(r"^(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?:[t ].*)?$")
_PARTS = re.compile(r"^(\d{1,2})([-/. ])(\d{1,2})[-/. ](\d{4}|\d{2})(?:[t ].*)?$")
_NO_YEAR = re.compile(r"^--?(\d{1,2})-(\d{1,2})$")
_MONTH_FIRST = frozenset(("US", "CA", "PH"))
# Years that address books write where the year is not known.
UNKNOWN_YEARS = frozenset((0, 1, 1004))


@lru_cache(maxsize=200_000)
def birth_date(text: str, country: str) -> str:
    """``text`` as ``YYYYMMDD``, or ``""`` where it is no date.

    Day and month order follows the separator and ``country``: dots are day first, slashes are month
    first in the US. Impossible days are kept, because a mistyped date is still evidence.

    >>> birth_date('03/12/1984', 'US'), birth_date('03/12/1984', 'GB'), birth_date('12. Mar 84', 'DE')
    ('19840312', '19841203', '19840312')
    """
    text = plain(text).strip(" ,")
    if re.fullmatch(r"\d{8}", text):
        if 15 <= int(text[:2]) <= 20 or text[:4] == "0000" or text[:4] == "1004":
            return _join(text[:4], text[4:6], text[6:])
        return _join(text[4:], text[2:4], text[:2])
    if re.fullmatch(r"\d{4}", text):
        return _join(text, "0", "0")
    if found := _ISO.match(text):
        return _join(found[1], found[2], found[3] or "0")
    if found := _NO_YEAR.match(text):
        return _join("0", found[1], found[2])
    if found := _PARTS.match(text):
        first, mark, second, year = found.groups()
        month_first = mark != "." and country in _MONTH_FIRST
        if int(second) > 12 or (month_first and int(first) <= 12):
            return _join(year, first, second)
        return _join(year, second, first)
    return _written(text)


def _written(text: str) -> str:
    tokens = [t for t in re.split(r"[^a-z0-9]+", text) if t not in ("of", "de", "del", "the")]
    month = next((MONTHS[t] for t in tokens if t in MONTHS), 0)
    numbers = [re.sub(r"(?<=\d)(st|nd|rd|th|er)$", "", t) for t in tokens if t[:1].isdigit()]
    if not month or not numbers or not all(n.isdigit() for n in numbers):
        return ""
    if len(numbers) == 1:
        return _join(numbers[0], str(month), "0") if len(numbers[0]) == 4 else ""
    first, second = numbers[:2]
    if len(first) == 4:
        first, second = second, first
    return _join(second, str(month), first)


def _join(year: str, month: str, day: str) -> str:
    y, m, d = int(year), int(month), int(day)
    if len(year) == 2:
        # Two digits: nobody born after 2030 buys anything yet.
        y += 1900 if y > 30 else 2000
    if y in UNKNOWN_YEARS:
        y = 0
    if (y and not 1000 <= y <= 2100) or m > 99 or d > 99 or not (y or m):
        return ""
    return f"{y:04d}{m:02d}{d:02d}"
