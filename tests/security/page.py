"""``docs/security/matrix.md``, drawn from the same tables that the tests ask. To write it anew:

``python -m tests.security.page``
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.security.api_table import OPEN, ROWS, Row
from tests.security.desk_table import ADMIN_PAGES, EVERYBODY, PAGES, Page

WHERE = Path(__file__).resolve().parents[2] / "docs" / "security" / "matrix.md"

_HEAD = """\
# Who is let in where

Drawn from the tables that the tests ask: `tests/security/api_table.py` and `tests/security/desk_table.py`. Every route
of the hub has its row (a route without one fails a test), every cell is asked for, and after those that are refused
every table of both databases is compared with what it was before. `python -m tests.security.page` writes this page.

## Channels and systems

Without a token, and with one that is unknown, has expired or was revoked: **401**. With a token that lacks the scope,
and with one whose client lost it since: **403**, for each of the other scopes by itself. Otherwise as below, where
"404" is byte for byte the answer to an id that was never given out, "left out" a list without what is out of reach,
and "ok" an answer that holds no value that is hidden, masked or withheld from the client's region (a bundle of a
privacy request, which holds everything, is refused to that client too):

"""
_OPEN = """
These ask for no token and answer everybody alike; nothing in their answers is about a customer.

"""
_DESK = """
## People

Without a session: sent to sign in (a part of a page, asked for by htmx: 401). With one, whoever is not named: **403**.
A superuser may do what anybody may. Every POST without the token that our own pages hold is refused, whoever sends it.

"""
_REACH = {
    "write": ("403", "403"), "message": ("404", "404"), "customer": ("ok", "404"), "other": ("ok", "404"),
    "many": ("ok", "left out"), "receiver": ("ok", "404"), "": ("ok", "ok"),
}  # fmt: skip


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return _line(head) + _line("---" for _ in head) + "".join(_line(line) for line in lines)


def _row(row: Row) -> list[str]:
    # A receiver that hears of more than the client may see is not there for it.
    kept_back = row.kept_back or ("404" if row.reach == "receiver" else "ok")
    return [f"`{row.name}`", f"`{row.needs}`", str(row.ok), *_REACH[row.reach], str(kept_back)]


def _page(page: Page) -> list[str]:
    marks = ["yes" if page.lets_in(role) else "" for role in (*EVERYBODY, "superuser")]
    return [f"`{page.name}`", *marks]


def text() -> str:
    """The whole page."""
    head = ["", "scope", "answer", "bound to another source", "reaches another scope only", "all hidden or masked"]
    roles = ["", *EVERYBODY, "superuser"]
    return (
        _HEAD
        + _table(head, [_row(row) for row in ROWS])
        + _OPEN
        + _table(["", "answer"], [[f"`{row.name}`", str(row.ok)] for row in OPEN])
        + _DESK
        + _table(roles, [_page(page) for page in PAGES])
        + "\nThe administration's tables, which nobody deletes from:\n\n"
        + _table(roles, [_page(page) for page in ADMIN_PAGES])
    )


if __name__ == "__main__":
    WHERE.parent.mkdir(parents=True, exist_ok=True)
    WHERE.write_text(text())
