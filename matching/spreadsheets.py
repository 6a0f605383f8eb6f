"""CSV that a spreadsheet may open: a cell that it would take for a formula is written with an apostrophe before it,
which spreadsheets understand as "this is text" (OWASP, "CSV Injection"). Reading takes that one apostrophe away again.

A number with a sign is no formula and stays as it is, so that phone numbers do: ``+44 20 7946 0991``.
"""

from __future__ import annotations

import re

# What begins a formula in one spreadsheet or another, also in the wide forms of East Asian keyboards, and what those
# programs pass over before they look.
_FORMULA = re.compile(r"'*[\s\ufeff\u200b\x00]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20|%]")
_NUMBER = re.compile(r"[+\-][0-9][0-9 ().]*", re.ASCII)


def guarded(text: str) -> str:
    """``text`` as a cell of a CSV file.

    >>> [guarded(t) for t in ("=1+1", "+44 20 7946 0991", "-5", "-5+cmd|' /C calc'!A0", "'=1", "O'Neil", "a=b")]
    ["'=1+1", '+44 20 7946 0991', '-5', "'-5+cmd|' /C calc'!A0", "''=1", "O'Neil", 'a=b']
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def plain(cell: str) -> str:
    """What ``guarded`` made this cell of; another cell stays as it is.

    >>> [plain(t) for t in ("'=1+1", "''=1", "'tis", "+44 20", "'+44 20 7946 0991")]
    ['=1+1', "'=1", "'tis", '+44 20', '+44 20 7946 0991']
    """
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell
