"""Birth dates as eight digits, YYYYMMDD, zeros for what is unknown."""

from __future__ import annotations

import re
from datetime import date, timedelta

from matching.cleaning.lexicon import MONTHS
from matching.cleaning.text import plain

_ISO = re.compile(r"^(\d{4})([-/. ])(\d{1,2})(?:[-/. ](\d{1,2}))?(?:[t ,](.*))?$")
_PARTS = re.compile(r"^(\d{1,2})(\s*[-/.,' ]\s*)(\d{1,2})\s*[-/.,' ]\s*(\d{4}|\d{2})(?:[t ,].*)?$")
_NO_YEAR = re.compile(r"^--?(\d{1,2})-(\d{1,2})$")
_MONTH_YEAR = re.compile(r"^(\d{1,2})[-/. ](\d{4})$")
_ABOUT = re.compile(
    r"^(?:c|ca|circa|about|abt|approx|um|etwa|vers|env|hacia|rond|omstreeks)\.?\s*(\d{4})$|^(\d{4})\s*\?$"
)
_CJK = str.maketrans({"年": "-", "月": "-", "日": " ", "년": "-", "월": "-", "일": " "})
_ORDINAL = re.compile(r"^(\d+)(?:st|nd|rd|th|er|re|e|o|a)$")
# Midnight in Central and Western Europe, written as the evening before in UTC.
_EVENING = re.compile(r"^2[23]:00(?::00(?:\.0+)?)?\s*(?:z|\+00:?00|utc|gmt)$")
_MONTH_FIRST = frozenset(("US", "PH", "PR", "GU", "VI", "AS", "MP", "FM", "MH", "PW", "BZ"))
_ROMAN = {r: n for n, r in enumerate("i ii iii iv v vi vii viii ix x xi xii".split(), start=1)}  # noqa: SIM905
_FILLERS = frozenset(
    ("of", "de", "del", "the", "den", "am", "le", "el", "il", "op", "born", "geb", "nee", "ne", "a", "d")
)
# Years that address books write where the year is not known.
UNKNOWN_YEARS = frozenset((0, 1, 1004))
LONGEST_DATE = 40


def birth_date(text: str, country: str) -> str:
    """``text`` as ``YYYYMMDD``, or ``""`` where it is no date. Idempotent.

    Day and month order follows the separator and ``country`` (ISO 3166-1 alpha-2 or ``""``): dots are day
    first, slashes are month first in the US. Days that no month has are kept, because a mistyped date is
    still evidence; an impossible month is taken for the day where it can be one. Seconds since 1970 and
    the day numbers of spreadsheets are no dates.

    >>> birth_date('03/12/1984', 'US'), birth_date('03/12/1984', 'GB'), birth_date('12. Mar 84', 'DE')
    ('19840312', '19841203', '19840312')
    """
    if len(text) == 10 and text.isascii():
        if text[4] == "-" and text[7] == "-":
            year, month, day = text[:4], text[5:7], text[8:]
            if (year + month + day).isdigit():
                return _join(year, month, day)
        elif text[2] == text[5] and text[2] in "./-":
            first, second, year = text[:2], text[3:5], text[6:]
            if (year + first + second).isdigit():
                return _ordered(year, first, second, text[2], country)
    return _read(text, country)


def _read(text: str, country: str) -> str:
    text = text[: 2 * LONGEST_DATE]
    if not text.isascii():
        text = text.translate(_CJK)
    text = plain(text).strip(" ,;'\"*=")
    if not text or len(text) > LONGEST_DATE:
        return ""
    if text.isdigit():
        return _digits(text, country)
    if found := _ISO.match(text):
        return _iso(found[1], found[3], found[4] or "0", found[5] or "")
    if found := _PARTS.match(text):
        first, mark, second, year = found.groups()
        return _ordered(year, first, second, mark.strip(), country)
    if found := _NO_YEAR.match(text):
        return _join("0", found[1], found[2])
    if found := _MONTH_YEAR.match(text):
        return _join(found[2], found[1], "0")
    if found := _ABOUT.match(text):
        return _join(found[1] or found[2], "0", "0")
    return _written(text)


def _digits(text: str, country: str) -> str:
    if len(text) == 4:
        return _join(text, "0", "0")
    if len(text) == 14 and text[:2] in ("18", "19", "20"):
        # A timestamp without signs.
        text = text[:8]
    if len(text) != 8:
        return ""
    year, month = int(text[:4]), int(text[4:6])
    if month <= 12 and (1000 <= year <= 2100 or year in UNKNOWN_YEARS):
        return _join(text[:4], text[4:6], text[6:])
    return _ordered(text[4:], text[:2], text[2:4], "", country)


def _iso(year: str, month: str, day: str, time: str) -> str:
    if _EVENING.match(time) and 1 <= int(month) <= 12 and 1 <= int(day) <= 28 and int(year) > 1000:
        following = date(int(year), int(month), int(day)) + timedelta(days=1)
        return f"{following.year:04d}{following.month:02d}{following.day:02d}"
    return _join(year, month, day)


def _ordered(year: str, first: str, second: str, mark: str, country: str) -> str:
    if int(first) > 31 and len(year) == 2:
        # 84-03-12: the year first, in two digits.
        return _join(first, second, year)
    month_first = mark != "." and country in _MONTH_FIRST
    if int(second) > 12 or (month_first and int(first) <= 12):
        return _join(year, first, second)
    return _join(year, second, first)


def _written(text: str) -> str:
    """A date with the month in words or in Roman numerals."""
    tokens = [t for t in re.split(r"[^a-z0-9]+", text) if t and t not in _FILLERS]
    tokens = [m[1] if (m := _ORDINAL.match(t)) else t for t in tokens]
    months = [MONTHS[t] for t in tokens if t in MONTHS]
    if not months and len(tokens) == 3 and tokens[0].isdigit() and tokens[2].isdigit():
        months = [_ROMAN[tokens[1]]] if tokens[1] in _ROMAN else []
    numbers = [t for t in tokens if t[0].isdigit()]
    if not months or not numbers or not all(n.isdigit() for n in numbers):
        return ""
    month = str(months[0])
    if len(numbers) == 1:
        return _join(numbers[0], month, "0") if len(numbers[0]) == 4 else ""
    first, second = numbers[:2]
    if len(first) == 4:
        first, second = second, first
    return _join(second, month, first) if len(first) <= 2 and len(second) in (2, 4) else ""


def _join(year: str, month: str, day: str) -> str:
    y, m, d = int(year), int(month), int(day)
    if len(year) == 2:
        # Two digits: nobody born after 2030 buys anything yet.
        y += 1900 if y > 30 else 2000
    if m > 12:
        # Either month and day changed places, or nothing but the year is known.
        m, d = (d, m) if 0 < d <= 12 else (0, 0)
    if y in UNKNOWN_YEARS:
        y = 0
    if (y and not 1000 <= y <= 2100) or d > 99 or not (y or m):
        return ""
    return f"{y:04d}{m:02d}{d:02d}"
