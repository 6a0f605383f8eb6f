"""Prepared records as columns, so that pairs are compared by the million or by the one alike.

Each column holds codes of a vocabulary, -1 where there is no value, in as many places as the record with most
values needs. Columns of one domain share a vocabulary: given and family names, so that they can be crossed.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from matching.model import Frequencies
from matching.prepared import Ident, Prepared

# Columns of one value, and of several, each with the domain of its texts.
SINGLE = {
    "kind": "kind", "source": "source", "given": "name", "middle": "name", "family": "name", "suffix": "suffix",
    "birth": "birth", "country": "country", "company": "company",
}  # fmt: skip
SEVERAL = {
    "former": "name", "email": "email", "user": "user", "phone": "phone", "street": "street", "number": "number",
    "postal": "postal", "city": "city", "region": "region", "tax_id": "ident", "loyalty_id": "ident",
    "identifier": "ident",
}  # fmt: skip
# The parts of an address stand in the same place of each of these.
PLACE = ("street", "number", "postal", "city", "region")


class Vocabulary:
    """The distinct texts of one domain, numbered in the order of their coming."""

    __slots__ = ("codes", "values")

    def __init__(self, values: Iterable[str] = ()) -> None:
        self.values: list[str] = list(values)
        self.codes: dict[str, int] = {value: code for code, value in enumerate(self.values)}

    def code(self, value: str) -> int:
        if not value:
            return -1
        found = self.codes.get(value)
        if found is None:
            found = self.codes[value] = len(self.values)
            self.values.append(value)
        return found


class Table:
    """Columns of prepared records; rows keep the order in which the records came.

    ``order`` is the tie-break hash of each row (uint64). ``columns[name]`` is int32 [rows, values].
    """

    def __init__(self, order: np.ndarray, columns: dict[str, np.ndarray], vocabularies: dict[str, Vocabulary]):
        self.order = order
        self.columns = columns
        self.vocabularies = vocabularies
        self._derived: dict[Any, Any] = {}

    def __len__(self) -> int:
        return len(self.order)

    @classmethod
    def of(cls, records: Iterable[Prepared]) -> Table:
        builder = TableBuilder()
        for record in records:
            builder.add(record)
        return builder.table()

    @classmethod
    def concat(cls, tables: Sequence[Table]) -> Table:
        """One table of the rows of all, in the order given."""
        names = sorted({name for table in tables for name in table.columns})
        vocabularies: dict[str, Vocabulary] = {}
        columns: dict[str, np.ndarray] = {}
        maps: list[dict[str, np.ndarray]] = []
        for table in tables:
            translated = {}
            for domain, vocabulary in table.vocabularies.items():
                target = vocabularies.setdefault(domain, Vocabulary())
                codes = [target.code(v) for v in vocabulary.values]
                translated[domain] = np.array([*codes, -1], dtype=np.int32)
            maps.append(translated)
        for name in names:
            width = max(t.columns[name].shape[1] if name in t.columns else 1 for t in tables)
            parts = []
            for table, translated in zip(tables, maps, strict=True):
                block = np.full((len(table), width), -1, dtype=np.int32)
                if name in table.columns:
                    old = table.columns[name]
                    block[:, : old.shape[1]] = translated[domain_of(name)][old]
                parts.append(block)
            columns[name] = np.concatenate(parts) if parts else np.empty((0, width), dtype=np.int32)
        order = np.concatenate([t.order for t in tables]) if tables else np.empty(0, dtype=np.uint64)
        return cls(order, columns, vocabularies)

    def without(self, column: str, codes: np.ndarray) -> Table:
        """The table without some of the values of a column of several; what follows them moves up."""
        columns = dict(self.columns)
        gone = np.isin(columns[column], codes)
        order = np.argsort(gone | (columns[column] < 0), axis=1, kind="stable")
        # A mailbox and the part of it before the @ stand in the same place.
        for name in ("email", "user") if column == "email" else (column,):
            columns[name] = np.take_along_axis(np.where(gone, -1, columns[name]), order, axis=1)
        return Table(self.order, columns, self.vocabularies)

    def rows(self, rows: np.ndarray) -> Table:
        """A table of some of the rows, sharing the vocabularies and what was computed of them."""
        part = Table(self.order[rows], {name: c[rows] for name, c in self.columns.items()}, self.vocabularies)
        for key, value in self._derived.items():
            if key[0] == "vocabulary":
                part._derived[key] = value
            elif key[0] == "adjust":
                part._derived[key] = (value[0][rows], value[1])
        return part

    def column(self, name: str) -> np.ndarray:
        """Codes of one column; all missing where no record has it."""
        found = self.columns.get(name)
        if found is None:
            found = self.columns[name] = np.full((len(self), 1), -1, dtype=np.int32)
        return found

    def values(self, name: str) -> list[str]:
        """The vocabulary of a column's domain."""
        found = self.vocabularies.get(domain_of(name))
        return found.values if found else []

    def derived(self, key: Any, make: Callable[[], Any]) -> Any:
        """What was computed once of this table and is used by many comparisons."""
        if key not in self._derived:
            self._derived[key] = make()
        return self._derived[key]

    def adjustments(self, column: str, frequencies: Frequencies) -> np.ndarray:
        """For each row and value of ``column``: log2 share against the average, milli-bits, by country."""
        return np.asarray(
            self.derived(("adjust", column, id(frequencies)), lambda: (self._adjust(column, frequencies), frequencies))[
                0
            ]
        )

    def known(self, column: str, frequencies: Frequencies) -> np.ndarray:
        """For each value of a column's vocabulary whether ``frequencies`` name it; one False more, for code -1."""

        def make() -> tuple[np.ndarray, Frequencies]:
            named = frozenset().union(*frequencies.countries.values())
            return np.array([*(value in named for value in self.values(column)), False], dtype=bool), frequencies

        # The frequencies are kept with the answer, so that their id is not given to others.
        size = len(self.values(column))
        return np.asarray(self.derived(("vocabulary", "known", column, size, id(frequencies)), make)[0])

    def _adjust(self, column: str, frequencies: Frequencies) -> np.ndarray:
        codes, words = self.column(column), self.values(column)
        number = {word: code for code, word in enumerate(words)}
        lands, countries = self.column("country")[:, 0], self.values("country")
        rare = frequencies.adjustment("", "")
        out = np.full(codes.shape, rare, dtype=np.int32)

        def filled(country: str) -> np.ndarray:
            """What each value of the vocabulary weighs in a country; the last is for a missing one."""
            weights = np.full(len(words) + 1, rare, dtype=np.int32)
            for word in frequencies.countries.get(country) or frequencies.countries.get("") or {}:
                if word in number:
                    weights[number[word]] = frequencies.adjustment(word, country)
            weights[-1] = 0
            return weights

        everywhere = filled("")
        for land in (-1, *range(len(countries))):
            rows = np.flatnonzero(lands == land)
            if len(rows):
                own = land >= 0 and countries[land] in frequencies.countries
                out[rows] = (filled(countries[land]) if own else everywhere)[codes[rows]]
        return out


def domain_of(column: str) -> str:
    """The vocabulary that a column's codes belong to; an attribute has one of its own."""
    return SINGLE.get(column) or SEVERAL.get(column) or column


def ident_text(ident: Ident) -> tuple[str, str]:
    """The column of an identifier, and its text there: value, kind and issuer, and whether it may veto."""
    column = ident.type if ident.type in ("tax_id", "loyalty_id") else "identifier"
    kind = ident.issuer if column != "identifier" else f"{ident.type}\x1f{ident.issuer}"
    return column, f"{ident.value}\x1e{kind}\x1e{'+' if ident.holds else '-'}"


class TableBuilder:
    """Takes prepared records one by one and keeps only their columns."""

    def __init__(self) -> None:
        self._vocabularies = {domain: Vocabulary() for domain in (*SINGLE.values(), *SEVERAL.values())}
        self._single = {name: array("i") for name in SINGLE}
        # Values after the first are rare: kept as (row, place, code) instead of in a wide array.
        self._first = {name: array("i") for name in SEVERAL}
        self._more: dict[str, list[tuple[int, int, int]]] = {name: [] for name in self._first}
        self._attributes: dict[str, list[tuple[int, int]]] = {}
        self._order = array("Q")

    def __len__(self) -> int:
        return len(self._order)

    def add(self, p: Prepared) -> None:
        """Appends one record as a row."""
        row = len(self._order)
        self._order.append(p.order)
        v, single = self._vocabularies, self._single
        single["kind"].append(v["kind"].code(p.kind))
        single["source"].append(v["source"].code(p.source))
        single["given"].append(v["name"].code(p.given))
        single["middle"].append(v["name"].code(p.middle))
        single["family"].append(v["name"].code(p.family))
        single["suffix"].append(v["suffix"].code(p.suffix))
        single["birth"].append(v["birth"].code(p.birth))
        single["country"].append(v["country"].code(p.country))
        single["company"].append(v["company"].code(p.company))
        self._many("former", row, p.former)
        self._many("email", row, p.emails)
        self._many("user", row, [e.partition("@")[0] for e in p.emails])
        self._many("phone", row, p.phones)
        self._many("street", row, [a.street for a in p.places])
        self._many("number", row, [a.number for a in p.places])
        self._many("postal", row, [a.postal_code for a in p.places])
        self._many("city", row, [a.city for a in p.places])
        self._many("region", row, [a.region for a in p.places])
        groups: dict[str, list[str]] = {"tax_id": [], "loyalty_id": [], "identifier": []}
        for ident in p.ids:
            column, text = ident_text(ident)
            groups[column].append(text)
        for name, texts in groups.items():
            self._many(name, row, texts)
        for key, value in p.attributes:
            column = f"attribute:{key}"
            vocabulary = v.setdefault(column, Vocabulary())
            self._attributes.setdefault(column, []).append((row, vocabulary.code(value)))

    def _many(self, name: str, row: int, values: Sequence[str]) -> None:
        code = self._vocabularies[SEVERAL[name]].code
        self._first[name].append(code(values[0]) if values else -1)
        for place in range(1, len(values)):
            self._more[name].append((row, place, code(values[place])))

    def table(self) -> Table:
        """The rows so far."""
        rows = len(self._order)
        columns = {name: np.array(a, dtype=np.int32).reshape(rows, 1) for name, a in self._single.items()}
        for name, first in self._first.items():
            more = self._more[name]
            block = np.full((rows, 1 + max((m[1] for m in more), default=0)), -1, dtype=np.int32)
            block[:, 0] = first
            for row, place, code in more:
                block[row, place] = code
            columns[name] = block
        widest = max(columns[n].shape[1] for n in PLACE)
        for name in PLACE:
            if columns[name].shape[1] < widest:
                padded = np.full((rows, widest), -1, dtype=np.int32)
                padded[:, : columns[name].shape[1]] = columns[name]
                columns[name] = padded
        for name, cells in self._attributes.items():
            block = np.full((rows, 1), -1, dtype=np.int32)
            for row, code in cells:
                block[row, 0] = code
            columns[name] = block
        return Table(np.array(self._order, dtype=np.uint64), columns, self._vocabularies)
