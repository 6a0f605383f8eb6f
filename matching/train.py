"""Train: a match model estimated from records without labels.

EM (Dempster, Laird & Rubin 1977) over a mixture of five classes of pairs, with the tables of a starting model as
a few hundred pairs of prior belief. Strangers are estimated from random pairs; of the other classes only what
cannot exchange their roles is moved. Rates are shares of all N(N−1)/2 pairs, so that the prior scales with N.
Random choices are made by the records' order hashes: the same set of records gives the same model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from matching import defaults
from matching.calibrate import best_cut
from matching.compare import Vectors, compare, prime
from matching.em import responsibilities
from matching.em import table as level_table
from matching.model import CLASSES, Comparison, Frequencies, MatchModel, balanced, rounded
from matching.normalise import contact_fingerprint
from matching.pairs import Pairs
from matching.parallel import each
from matching.table import Table

ROUNDS = 25
CANDIDATES = 100_000
RANDOM_PAIRS = 200_000
PSEUDO = 200.0
# Of strangers much is seen, so that belief counts only for what hardly ever happens.
PSEUDO_STRANGERS = 500.0
LEAST_SEEN = 20
# A contact point on so many records of so many families is no one's.
SHARED = {"email": (6, 5), "phone": (12, 8)}
_COLUMN = {"given_name": "given", "family_name": "family"}


def estimated(table: Table, pairs: Pairs, start: MatchModel, *, name: str = "estimated") -> MatchModel:
    """The model for these records, with its cut: ``start`` moved towards what ``pairs`` of ``table`` show."""
    return rounded(best_cut(table, pairs, tables(table, pairs, start, name=name)))


def tables(table: Table, pairs: Pairs, start: MatchModel, *, name: str = "estimated", workers: int = 1) -> MatchModel:
    """The weights and rates for these records; the cut is still that of ``start``.

    Too few records (or no candidates) leave the starting model, fitted to the number of records.
    """
    n = len(table)
    model = replace(start.for_population(n), name=name, learned=None)
    if n < 2 or not len(pairs[0]):
        return rounded(model)
    model = replace(model, frequencies=frequencies(table, model))
    left, right, share = _sample(table, pairs)
    some, more = (np.array_split(side, 2) for side in _random_pairs(table))
    samples = ((left, right), (some[0], more[0]), (some[1], more[1]))
    prime(table, model)
    candidates, *halves = each(lambda sample: compare(table, *sample, model), samples, workers)
    random = Vectors.concat(halves)
    total = n * (n - 1) / 2
    for step in range(ROUNDS):
        if step % 8 == 0:
            model = _strangers(random, model, start)
        model = _step(candidates, model, start, share, total)
    return rounded(replace(model, provenance=_provenance(table, len(pairs[0]), start)))


def broadened(model: MatchModel, start: MatchModel, share: float = 0.15) -> MatchModel:
    """``model`` for files other than its own: a part of the start's belief is kept of matches and households.

    A level that one's own file never shows (a mistyped tax number, a date keyed at random) happens elsewhere.
    """
    comparisons = []
    for comparison in model.comparisons:
        tables = dict(comparison.probabilities)
        for c in ("household", "relative", "match"):
            believed = np.asarray(start.comparisons[start.index[comparison.attribute]].probabilities[c])
            mixed = (1 - share) * np.asarray(tables[c]) + share * believed
            tables[c] = tuple(float(p) for p in mixed)
        comparisons.append(replace(comparison, probabilities=tables))
    return rounded(replace(model, comparisons=tuple(comparisons)))


def _provenance(table: Table, pairs: int, start: MatchModel) -> dict[str, object]:
    return {
        "method": "EM over five classes of pairs, without labels",
        "records": len(table),
        "candidate_pairs": pairs,
        "rounds": ROUNDS,
        "start": start.name,
    }


def _step(candidates: Vectors, model: MatchModel, start: MatchModel, share: float, total: float) -> MatchModel:
    r = responsibilities(candidates, model)
    rates = {c: float(r[k].sum()) / share / total for k, c in enumerate(CLASSES)}
    # Fathers and sons are as many in every file, though few files show them.
    rates["relative"] = max(rates["relative"], rates["household"] / 10, 1e-3 * rates["match"])
    believed = {c: PSEUDO / total / share * w for c, w in (("household", 0.05), ("match", 0.25), ("namesake", 0.02))}
    for c, extra in believed.items():
        rates[c] += extra * 0.05
    return replace(model, rates=balanced(rates), comparisons=_tables(candidates, r, model, start))


def _tables(vectors: Vectors, r: np.ndarray, model: MatchModel, start: MatchModel) -> tuple[Comparison, ...]:
    out = []
    for j, comparison in enumerate(model.comparisons):
        believed = start.comparisons[start.index[comparison.attribute]].probabilities
        tables = dict(comparison.probabilities)
        for k, c in enumerate(CLASSES):
            if c == "stranger":
                continue
            if c != "match" and not _free(c, comparison.attribute):
                if c == "namesake" and comparison.attribute not in defaults.NAMESAKE:
                    tables[c] = comparison.probabilities["stranger"]
                continue
            tables[c] = level_table(vectors.levels[:, j], r[k], believed[c], PSEUDO)
        if comparison.attribute == "name_order":
            # Whoever writes surnames first does so for every customer: the order tells no two people apart.
            tables = dict.fromkeys(CLASSES, tables["match"])
        out.append(replace(comparison, probabilities=tables))
    return tuple(out)


def _free(c: str, attribute: str) -> bool:
    return attribute in defaults.FREE[c] or (attribute.startswith("attribute:") and c != "namesake")


def _strangers(random: Vectors, model: MatchModel, start: MatchModel) -> MatchModel:
    """The strangers' tables from random pairs, each counted by how likely it is one of strangers."""
    weights = responsibilities(random, model)[0]
    out = []
    for j, comparison in enumerate(model.comparisons):
        if comparison.attribute == "name_order":
            out.append(comparison)
            continue
        believed = start.comparisons[start.index[comparison.attribute]].probabilities["stranger"]
        table = level_table(random.levels[:, j], weights, believed, PSEUDO_STRANGERS)
        out.append(replace(comparison, probabilities={**comparison.probabilities, "stranger": table}))
    return replace(model, comparisons=tuple(out))


def _sample(table: Table, pairs: Pairs) -> tuple[np.ndarray, np.ndarray, float]:
    """At most ``CANDIDATES`` pairs, chosen by hash; and their share of all."""
    left, right = pairs
    if len(left) <= CANDIDATES:
        return left, right, 1.0
    mixed = (table.order[left] ^ table.order[right]) * np.uint64(0x9E3779B97F4A7C15)
    chosen = np.sort(np.argpartition(mixed, CANDIDATES)[:CANDIDATES])
    return left[chosen], right[chosen], CANDIDATES / len(left)


def _random_pairs(table: Table) -> Pairs:
    """Pairs of records drawn blindly, the same for the same set of records."""
    by_order = np.argsort(table.order, kind="stable")
    n = len(table)
    if n * (n - 1) // 2 <= RANDOM_PAIRS:
        i, j = np.triu_indices(n, 1)
    else:
        draw = np.random.default_rng(n)
        i = draw.integers(0, n, RANDOM_PAIRS)
        j = (i + draw.integers(1, n, RANDOM_PAIRS)) % n
    return by_order[i], by_order[j]


def frequencies(table: Table, model: MatchModel) -> dict[str, Frequencies]:
    """How common each value is, within each country that has enough records.

    Only values seen ``LEAST_SEEN`` times are named, so that a model holds nobody's rare name; the others share
    the average frequency of their kind.
    """
    found = dict(model.frequencies)
    for comparison in model.comparisons:
        name = comparison.attribute
        if not comparison.chance:
            continue
        counted = _count(table, _COLUMN.get(name, name))
        if counted:
            found[name] = counted
    return found


def _count(table: Table, column: str) -> Frequencies | None:
    codes = table.column(column)
    values = table.values(column)
    lands, names = table.column("country")[:, 0], table.values("country")
    counts = np.bincount(codes[codes >= 0], minlength=len(values)).astype(np.float64)
    total = counts.sum()
    if total < 2:
        return None
    rare = counts[counts < LEAST_SEEN]
    tail = (rare**2).sum() / (rare.sum() * total) if rare.sum() else 1.0 / total
    countries: dict[str, Mapping[str, float]] = {"": _named(counts, values)}
    for land in np.unique(lands[lands >= 0]).tolist():
        inside = codes[lands == land]
        local = np.bincount(inside[inside >= 0], minlength=len(values)).astype(np.float64)
        if local.sum() >= 50 * LEAST_SEEN:
            countries[names[land]] = _named(local, values)
    # Two records of one customer agree by more than chance: 1/N is taken off.
    collision = max(float(((counts / total) ** 2).sum()) - 1.0 / total, 1.0 / total)
    return Frequencies(max(float(tail), 1e-7), min(collision, 1.0), countries)


def _named(counts: np.ndarray, values: list[str]) -> dict[str, float]:
    total = counts.sum()
    return {values[i]: float(counts[i] / total) for i in np.flatnonzero(counts >= LEAST_SEEN).tolist()}


def shared_contacts(table: Table) -> frozenset[int]:
    """Fingerprints of e-mails and phones that many families use."""
    family = table.column("family")[:, 0]
    found = set()
    for column, (records, families) in SHARED.items():
        codes, values = table.column(column), table.values(column)
        flat = codes.ravel()
        owner = np.repeat(family, codes.shape[1])
        counts = np.bincount(flat[flat >= 0], minlength=len(values))
        for code in np.flatnonzero(counts >= records).tolist():
            names = np.unique(owner[flat == code])
            if (names >= 0).sum() >= families:
                found.add(contact_fingerprint(values[code]))
    return frozenset(found)


def without_shared(table: Table, model: MatchModel) -> tuple[Table, MatchModel]:
    """The table without contact points that many families use, and the model that knows them."""
    shared = shared_contacts(table)
    if not shared - model.shared_contacts:
        return table, model
    model = model.with_shared(shared)
    for column in SHARED:
        values = enumerate(table.values(column))
        codes = [code for code, value in values if contact_fingerprint(value) in model.shared_contacts]
        table = table.without(column, np.array(codes, dtype=np.int64))
    return table, model


__all__ = ["broadened", "estimated", "frequencies", "shared_contacts", "without_shared"]
