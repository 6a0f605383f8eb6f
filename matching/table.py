"""Prepared records as columns, so that pairs are compared by the million or by the one alike.

Each column holds codes of a vocabulary, -1 where there is no value, in as many places as the record with most
values needs. Columns of one domain share a vocabulary: given and family names, so that they can be crossed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np

from matching.distinct import numbered
from matching.model import Frequencies
from matching.prepared import Ident, Place, Prepared

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
NO_PLACE = Place("", "", "", "", "", "")
AT_ONCE = 10_000


class _Codes(dict[str, int]):
    """The number of each text, given when it is first asked for; ``""`` is -1."""

    __slots__ = ("values_",)

    def __init__(self, values: list[str]) -> None:
        super().__init__((value, code) for code, value in enumerate(values))
        self[""] = -1
        self.values_ = values

    def __missing__(self, value: str) -> int:
        code = self[value] = len(self.values_)
        self.values_.append(value)
        return code


class Vocabulary:
    """The distinct texts of one domain, numbered in the order of their coming. ``code`` of ``""`` is -1."""

    __slots__ = ("_codes", "code", "values")

    def __init__(self, values: Iterable[str] = ()) -> None:
        self.values: list[str] = list(values)
        self._codes = _Codes(self.values)
        self.code: Callable[[str], int] = self._codes.__getitem__

    def coded(self, texts: Iterable[str]) -> np.ndarray:
        """The numbers of many texts (int32)."""
        return np.array(list(map(self.code, texts)), dtype=np.int32)


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
        """The columns of ``records``, of which no more than ``AT_ONCE`` are held at a time."""
        builder, source = TableBuilder(), iter(records)
        while some := list(islice(source, AT_ONCE)):
            builder.add(some)
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
            named = frequencies.named
            return np.array([*(value in named for value in self.values(column)), False], dtype=bool), frequencies

        # The frequencies are kept with the answer, so that their id is not given to others.
        size = len(self.values(column))
        return np.asarray(self.derived(("vocabulary", "known", column, size, id(frequencies)), make)[0])

    def _adjust(self, column: str, frequencies: Frequencies) -> np.ndarray:
        codes, words = self.column(column), self.values(column)
        countries = list(frequencies.adjustments)
        number = {country: place for place, country in enumerate(countries, start=1)}
        tables = [frequencies.adjustments.get("", {}), *(frequencies.adjustments[country] for country in countries)]
        own = np.array([*(number.get(country, 0) for country in self.values("country")), 0], dtype=np.int64)
        span = len(words) + 1
        # A value is weighed once in each country where a row has it, be the table of ten rows or of a million.
        cells = own[self.column("country")[:, :1]] * span + (codes + 1)
        numbers, distinct = numbered(cells.ravel())
        rare = frequencies.adjustment("", "")
        weights = [
            tables[cell // span].get(words[cell % span - 1], rare) if cell % span else 0 for cell in distinct.tolist()
        ]
        return np.asarray(np.array(weights, dtype=np.int32)[numbers].reshape(codes.shape))


def domain_of(column: str) -> str:
    """The vocabulary that a column's codes belong to; an attribute has one of its own."""
    return SINGLE.get(column) or SEVERAL.get(column) or column


def ident_text(ident: Ident) -> tuple[str, str]:
    """The column of an identifier, and its text there: value, kind and issuer, and whether it may veto."""
    column = ident.type if ident.type in ("tax_id", "loyalty_id") else "identifier"
    kind = ident.issuer if column != "identifier" else f"{ident.type}\x1f{ident.issuer}"
    return column, f"{ident.value}\x1e{kind}\x1e{'+' if ident.holds else '-'}"


class TableBuilder:
    """Takes prepared records some thousands at a time and keeps only their columns."""

    def __init__(self) -> None:
        self._vocabularies = {domain: Vocabulary() for domain in (*SINGLE.values(), *SEVERAL.values())}
        self._blocks: dict[str, list[np.ndarray]] = {name: [] for name in (*SINGLE, *SEVERAL)}
        # Attributes are few and seldom given: (row, code).
        self._attributes: dict[str, list[tuple[int, int]]] = {}
        self._order: list[np.ndarray] = []
        self._rows = 0

    def add(self, records: Sequence[Prepared]) -> None:
        """Appends the records as rows, column by column. There must be one at least."""
        (order, source, kind, given, middle, family, suffix, former, birth, emails, phones, places, ids, company,
         attributes) = zip(*records, strict=True)  # fmt: skip
        self._order.append(np.array(order, dtype=np.uint64))
        first = [p[0] if p else NO_PLACE for p in places]
        street, number, city, region, postal, country = zip(*first, strict=True)
        if any(len(p) > 1 and not p[0].country for p in places):
            country = tuple(r.country for r in records)
        singles = (kind, source, given, middle, family, suffix, birth, country, company)
        for name, texts in zip(SINGLE, singles, strict=True):
            self._blocks[name].append(self._vocabularies[SINGLE[name]].coded(texts)[:, None])
        self._many("former", former)
        self._many("email", emails)
        self._many("user", [tuple(e.partition("@")[0] for e in of) if of else () for of in emails])
        self._many("phone", phones)
        if any(len(p) > 1 for p in places):
            for name, place in zip(PLACE, (0, 1, 4, 2, 3), strict=True):
                self._many(name, [tuple(a[place] for a in of) for of in places])
        else:
            for name, column in zip(PLACE, (street, number, postal, city, region), strict=True):
                self._blocks[name].append(self._vocabularies[name].coded(column)[:, None])
        self._ids(ids)
        for row, of in enumerate(attributes):
            for key, value in of:
                column_name = f"attribute:{key}"
                vocabulary = self._vocabularies.setdefault(column_name, Vocabulary())
                self._attributes.setdefault(column_name, []).append((self._rows + row, vocabulary.code(value)))
        self._rows += len(records)

    def _many(self, name: str, several: Sequence[Sequence[str]]) -> None:
        code = self._vocabularies[SEVERAL[name]].code
        width = max(map(len, several))
        block = np.full((len(several), max(width, 1)), -1, dtype=np.int32)
        if width:
            block[:, 0] = [code(values[0]) if values else -1 for values in several]
        # Values after the first are rare.
        for row in [row for row, values in enumerate(several) if len(values) > 1] if width > 1 else ():
            block[row, 1 : len(several[row])] = [code(value) for value in several[row][1:]]
        self._blocks[name].append(block)

    def _ids(self, ids: Sequence[Sequence[Ident]]) -> None:
        groups: dict[str, list[list[str]]] = {}
        for row, of in enumerate(ids):
            for ident in of:
                column, text = ident_text(ident)
                if column not in groups:
                    groups[column] = [[] for _ in ids]
                groups[column][row].append(text)
        for column in ("tax_id", "loyalty_id", "identifier"):
            self._many(column, groups.get(column) or [()] * len(ids))

    def table(self) -> Table:
        """The rows so far."""
        if not self._rows:
            empty = {name: np.empty((0, 1), dtype=np.int32) for name in self._blocks}
            return Table(np.empty(0, dtype=np.uint64), empty, self._vocabularies)
        width = {name: max(b.shape[1] for b in blocks) for name, blocks in self._blocks.items()}
        width.update(dict.fromkeys(PLACE, max(width[name] for name in PLACE)))
        columns = {
            name: np.concatenate([_widened(b, width[name]) for b in blocks]) if len(blocks) > 1 else blocks[0]
            for name, blocks in self._blocks.items()
        }
        for name, cells in self._attributes.items():
            block = np.full((self._rows, 1), -1, dtype=np.int32)
            for row, code in cells:
                block[row, 0] = code
            columns[name] = block
        return Table(np.concatenate(self._order), columns, self._vocabularies)


def _widened(block: np.ndarray, width: int) -> np.ndarray:
    """The block with columns of missing values on its right."""
    if block.shape[1] == width:
        return block
    out = np.full((len(block), width), -1, dtype=np.int32)
    out[:, : block.shape[1]] = block
    return out
