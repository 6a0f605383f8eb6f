"""The trivial matcher that the sample must not yield to: equal e-mail, phone or loyalty id, and no more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_NOT_DIGITS = re.compile(r"\D")


@dataclass(frozen=True, slots=True)
class Quality:
    """Pairwise precision, recall and F1 (0 to 1) of a clustering against the truth."""

    precision: float
    recall: float
    f1: float


def equal_identifiers(rows: Iterable[Mapping[str, str]], *, drop_shared_by: int = 0) -> dict[tuple[str, str], int]:
    """Clusters of flat rows linked by an equal identifier, as connected components.

    E-mails and loyalty ids are compared in lower case, phones by their digits. ``drop_shared_by`` leaves
    out values that at least so many records have, as one would with ``test@test.com``; 0 keeps all.
    """
    addresses: list[tuple[str, str]] = []
    holders: dict[tuple[str, str], list[int]] = {}
    for index, row in enumerate(rows):
        addresses.append((row["source_system"], row["source_id"]))
        for kind, columns in (
            ("email", ("email", "email2")),
            ("phone", ("phone", "phone2")),
            ("loyalty", ("loyalty_id",)),
        ):
            for column in columns:
                value = (row.get(column) or "").strip().lower()
                value = _NOT_DIGITS.sub("", value) if kind == "phone" else value
                if value:
                    holders.setdefault((kind, value), []).append(index)
    parent = list(range(len(addresses)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for found in holders.values():
        if drop_shared_by and len(set(found)) >= drop_shared_by:
            continue
        for other in found[1:]:
            parent[root(other)] = root(found[0])
    return {address: root(index) for index, address in enumerate(addresses)}


def pairwise(clusters: Mapping[tuple[str, str], object], truth: Mapping[tuple[str, str], object]) -> Quality:
    """Pairwise quality over all pairs of records (Menestrina, Whang & Garcia-Molina 2010)."""
    joint = Counter((clusters[a], truth[a]) for a in truth)
    right = _pairs(joint.values())
    said, real = _pairs(Counter(clusters[a] for a in truth).values()), _pairs(Counter(truth.values()).values())
    precision, recall = right / said if said else 1.0, right / real if real else 1.0
    return Quality(precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0)


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)
