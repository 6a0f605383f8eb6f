"""The parts of blocking keys as columns of a table, one after the other the values that ``matching.block`` gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from matching.block import MOST_ATTRIBUTES, is_whole_birth, name_parts, sound_of
from matching.table import Table, Vocabulary

Columns = list[np.ndarray]
_PAIR = 31


class KeyParts:
    """For each part the codes of its values: columns of the table's rows (integers, -1 for none).

    Within a row a part has no value twice.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._found: dict[str, Columns] = {}
        self._names = Vocabulary(table.values("family"))
        self.kind = table.column("kind")[:, 0]

    def of(self, part: str) -> Columns:
        """The columns of a part of a rule's name."""
        if part not in self._found:
            self._found[part] = _apart(_MAKE[part](self))
        return self._found[part]

    def column(self, name: str) -> Columns:
        return list(self._table.column(name).T)

    def each_text(self, name: str, function: Callable[[str], str]) -> Columns:
        """A column with its texts replaced; ``""`` is no value."""
        vocabulary = Vocabulary()
        to = np.array([*(vocabulary.code(function(t)) for t in self._table.values(name)), -1], dtype=np.int64)
        return [to[codes] for codes in self.column(name)]

    def families(self) -> Columns:
        """The surname, its longer parts, and former surnames."""
        return [*self.family_parts(), *self.column("former")]

    def family_parts(self) -> Columns:
        (codes,) = self.column("family")
        held = np.zeros(len(self._names.values) + 1, dtype=bool)
        held[codes] = True
        texts = list(self._names.values)
        parts = [name_parts(text) if held[code] else () for code, text in enumerate(texts)]
        width = max((len(p) for p in parts), default=1)
        to = np.full((len(parts) + 1, max(width, 1)), -1, dtype=np.int64)
        for code, words in enumerate(parts):
            to[code, : len(words)] = [self._names.code(word) for word in words]
        return list(to[codes].T)

    def names(self) -> Columns:
        """Both names, whichever came first."""
        (given,) = self.column("given")
        given = given.astype(np.int64)
        out = []
        for family in self.of("family parts"):
            both = np.minimum(given, family) << _PAIR | np.maximum(given, family)
            out.append(np.where((given >= 0) & (family >= 0), both, -1))
        return out

    def sounds(self) -> Columns:
        """Soundex of the given name and of the last part of the surname, whichever came first."""
        vocabulary = Vocabulary()

        def codes(column: str, function: Callable[[str], str]) -> np.ndarray:
            (rows,) = self.column(column)
            held = np.zeros(len(self._table.values(column)) + 1, dtype=bool)
            held[rows] = True
            texts = self._table.values(column)
            to = [vocabulary.code(function(text)) if held[code] else -1 for code, text in enumerate(texts)]
            return np.array([*to, -1], dtype=np.int64)[rows]

        one = codes("given", lambda t: sound_of(t) if len(t) > 1 else "")
        two = codes("family", lambda t: sound_of(name_parts(t)[-1].replace(" ", "")))
        both = np.minimum(one, two) << _PAIR | np.maximum(one, two)
        return [np.where((one >= 0) & (two >= 0), both, -1)]

    def attributes(self) -> Columns:
        """The first attributes of each row, by name."""
        names = sorted(n for n in self._table.columns if n.startswith("attribute:"))
        count = np.zeros(len(self._table), dtype=np.int64)
        out = []
        for number, name in enumerate(names):
            codes = self._table.column(name)[:, 0].astype(np.int64)
            count += codes >= 0
            out.append(np.where((codes >= 0) & (count <= MOST_ATTRIBUTES), codes << _PAIR | number, -1))
        return out


def _apart(columns: Sequence[np.ndarray]) -> Columns:
    """The columns without repetitions within a row, and without such as hold nothing."""
    out: Columns = []
    for column in columns:
        for other in out:
            column = np.where(column == other, -1, column)
        if not out or (column >= 0).any():
            out.append(column)
    return out


_MAKE: dict[str, Callable[[KeyParts], Columns]] = {
    "phone": lambda p: p.column("phone"),
    "email": lambda p: p.column("email"),
    "user": lambda p: p.each_text("user", lambda t: t if len(t) > 4 else ""),
    "loyalty_id": lambda p: p.each_text("loyalty_id", lambda t: t.rpartition("\x1e")[0]),
    "tax_id": lambda p: p.each_text("tax_id", lambda t: t.partition("\x1e")[0]),
    "identifier": lambda p: p.each_text("identifier", lambda t: t.rpartition("\x1e")[0]),
    "family": KeyParts.families,
    "family parts": KeyParts.family_parts,
    "given": lambda p: p.each_text("given", lambda t: t if len(t) > 1 else ""),
    "birth": lambda p: p.each_text("birth", lambda t: t if is_whole_birth(t) else ""),
    "names": KeyParts.names,
    "middle": lambda p: p.each_text("middle", lambda t: t[:1]),
    "country": lambda p: p.column("country"),
    "postal": lambda p: p.column("postal"),
    "number": lambda p: p.column("number"),
    "street": lambda p: p.column("street"),
    "city": lambda p: p.column("city"),
    "region": lambda p: p.column("region"),
    "family3": lambda p: p.each_text("family", lambda t: t[:3]),
    "given1": lambda p: p.each_text("given", lambda t: t[:1]),
    "year": lambda p: p.each_text("birth", lambda t: t[:4] if t[:4] != "0000" else ""),
    "sounds": KeyParts.sounds,
    "attribute": KeyParts.attributes,
    "company": lambda p: p.column("company"),
}
