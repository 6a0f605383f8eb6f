"""Contact points, identifiers, addresses and other attributes: the best of several values."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from matching.cleaning.contacts import is_family_box
from matching.comparators.strings import NULL, alike, each_pair, edits
from matching.defaults import ADDRESS_LEVELS
from matching.table import Table

A = {level: number for number, level in enumerate(ADDRESS_LEVELS)}


def places_of(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[np.ndarray, int, int]]:
    """Every combination of a value on the left with one on the right: rows with both, and the two places."""
    for i in range(a.shape[1]):
        for j in range(b.shape[1]):
            rows = np.flatnonzero((a[:, i] >= 0) & (b[:, j] >= 0))
            if len(rows):
                yield rows, i, j


def best(
    table: Table, column: str, left: np.ndarray, right: np.ndarray, levels: Callable[..., np.ndarray]
) -> np.ndarray:
    """The least level over all pairs of values of ``column`` (int8, ``NULL`` where a side has none)."""
    codes, texts = table.column(column), table.values(column)
    a, b = codes[left], codes[right]
    out = np.full(len(left), NULL, dtype=np.int8)
    for rows, i, j in places_of(a, b):
        out[rows] = np.minimum(out[rows], levels(a[rows, i], b[rows, j], texts))
    return out


def phone_levels(a: np.ndarray, b: np.ndarray, texts: list[str]) -> np.ndarray:
    """exact, slip (one edit), else."""
    out = np.full(len(a), 2, dtype=np.int8)
    out[a == b] = 0
    rest = np.flatnonzero(a != b)
    if len(rest):
        near = each_pair(a[rest], b[rest], texts, lambda x, y: edits(x, y, 1) <= 1)
        out[rest[near]] = 1
    return out


def email_levels(table: Table, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """exact, family_box (exact, but a household's), same_user (before the @), near_user (two edits), else."""
    emails, users, texts = table.column("email"), table.column("user"), table.values("user")
    a, b, ua, ub = emails[left], emails[right], users[left], users[right]
    out = np.full(len(left), NULL, dtype=np.int8)
    for rows, i, j in places_of(a, b):
        x, y = ua[rows, i], ub[rows, j]
        level = np.full(len(rows), 4, dtype=np.int8)
        differ = np.flatnonzero(x != y)
        if len(differ):
            near = each_pair(x[differ], y[differ], texts, _near_users)
            level[differ[near]] = 3
        level[x == y] = 2
        same = np.flatnonzero(a[rows, i] == b[rows, j])
        level[same] = _shared_boxes(table, x[same], left[rows[same]], right[rows[same]])
        out[rows] = np.minimum(out[rows], level)
    return out


def _shared_boxes(table: Table, users: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """For equal addresses: 1 where the user part says that it is a family's, else 0 (int8)."""
    texts, names, family = table.values("user"), table.values("family"), table.column("family")[:, 0]
    out = np.zeros(len(users), dtype=np.int8)
    for row, (user, a, b) in enumerate(zip(users.tolist(), family[left].tolist(), family[right].tolist(), strict=True)):
        out[row] = is_family_box(texts[user], names[a] if a >= 0 else "") or (
            b != a and is_family_box(texts[user], names[b] if b >= 0 else "")
        )
    return out


def _near_users(left: list[str], right: list[str]) -> np.ndarray:
    shorter = np.fromiter((min(len(x), len(y)) for x, y in zip(left, right, strict=True)), np.int32, len(left))
    distance = edits(left, right, 2)
    return ((distance <= 2) & (shorter >= 6)) | ((distance <= 1) & (shorter >= 4))


def ident_levels(a: np.ndarray, b: np.ndarray, texts: list[str]) -> np.ndarray:
    """exact, slip, else; identifiers of different kinds or issuers are not compared (``NULL``)."""
    return each_pair(a, b, texts, _ident_texts)


def _ident_texts(left: list[str], right: list[str]) -> np.ndarray:
    x, y = [t.split("\x1e") for t in left], [t.split("\x1e") for t in right]
    distance = edits([t[0] for t in x], [t[0] for t in y], 1)
    comparable = np.fromiter((p[1] == q[1] for p, q in zip(x, y, strict=True)), bool, len(x))
    return np.where(comparable, np.select((distance == 0, distance == 1), (0, 1), 2), NULL).astype(np.int8)


def ident_vetoes(a: np.ndarray, b: np.ndarray, texts: list[str]) -> np.ndarray:
    """Whether both identifiers hold, are of one issuer, and are more than a slip apart (bool)."""
    return each_pair(a, b, texts, _veto_texts)


def _veto_texts(left: list[str], right: list[str]) -> np.ndarray:
    x, y = [t.split("\x1e") for t in left], [t.split("\x1e") for t in right]
    distance = edits([t[0] for t in x], [t[0] for t in y], 2)
    firm = np.fromiter((p[1:] == q[1:] and p[2] == "+" for p, q in zip(x, y, strict=True)), bool, len(x))
    return np.asarray(firm & (distance > 2))


def address_levels(table: Table, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The levels of ``ADDRESS_LEVELS``, best over all pairs of addresses."""
    columns = [table.column(name) for name in ("street", "number", "postal")]
    out = np.full(len(left), NULL, dtype=np.int8)
    for i in range(columns[0].shape[1]):
        for j in range(columns[0].shape[1]):
            (sa, na, pa), (sb, nb, pb) = ([c[side, k] for c in columns] for side, k in ((left, i), (right, j)))
            rows = np.flatnonzero(((sa >= 0) & (sb >= 0)) | ((pa >= 0) & (pb >= 0)))
            if len(rows):
                level = _one_address(table, *(x[rows] for x in (sa, na, pa, sb, nb, pb)))
                out[rows] = np.minimum(out[rows], level)
    return out


def _one_address(
    table: Table, sa: np.ndarray, na: np.ndarray, pa: np.ndarray, sb: np.ndarray, nb: np.ndarray, pb: np.ndarray
) -> np.ndarray:
    streets, postals = table.values("street"), table.values("postal")
    street = (sa == sb) & (sa >= 0)
    other = np.flatnonzero((sa != sb) & (sa >= 0) & (sb >= 0))
    if len(other):
        street[other] = each_pair(sa[other], sb[other], streets, lambda x, y: alike(x, y) >= 0.9)
    number = (na == nb) & (na >= 0)
    postal = (pa == pb) & (pa >= 0)
    slip = np.zeros(len(pa), dtype=bool)
    rest = np.flatnonzero((pa != pb) & (pa >= 0) & (pb >= 0))
    if len(rest):
        slip[rest] = each_pair(pa[rest], pb[rest], postals, lambda x, y: edits(x, y, 1) <= 1)
    no_street = (sa < 0) | (sb < 0)
    conditions = (
        postal & street & number, street & number, postal & number, postal & street, postal & no_street, postal, slip,
    )  # fmt: skip
    return np.select(conditions, range(7), A["else"]).astype(np.int8)


def similar_levels(a: np.ndarray, b: np.ndarray, texts: list[str]) -> np.ndarray:
    """exact, similar (Jaro–Winkler of 0.9 and more), else."""
    out = np.full(len(a), 2, dtype=np.int8)
    out[a == b] = 0
    rest = np.flatnonzero(a != b)
    if len(rest):
        near = each_pair(a[rest], b[rest], texts, lambda x, y: alike(x, y) >= 0.9)
        out[rest[near]] = 1
    return out
