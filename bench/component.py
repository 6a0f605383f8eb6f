"""How long one large component takes to resolve, by its shape: 10,000 records that hang together by 100,000 edges.

Components over ``matching.parts.LARGEST`` lose their weakest edges first; what is left is compared pair by pair.
"""

from __future__ import annotations

from time import process_time

import numpy as np

from matching.canonical import from_flat
from matching.cluster import Edges, resolve_component
from matching.model import MatchModel, shipped
from matching.normalise import normalise
from matching.table import Table

SHAPES = ("random", "chain", "dense", "equal", "crowds")
GIVEN = ("Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Ines", "Jonas")
CROWD = 40
FAMILY = ("Meyer", "Schmidt", "Fischer", "Weber", "Wagner", "Becker", "Hoffmann", "Koch", "Bauer", "Richter")


def run(records: int = 10_000, edges: int = 100_000, seed: int = 1) -> dict[str, float]:
    """Prints and returns the seconds of CPU for each shape."""
    model = shipped()
    table = _people(records, np.random.default_rng(seed), model)
    resolve_component(table.rows(np.arange(2)), _edges("chain", 2, 1, np.random.default_rng(seed)), (), model)
    found = {}
    for shape in SHAPES:
        links = _edges(shape, records, edges, np.random.default_rng(seed))
        began = process_time()
        outcome = resolve_component(table, links, (), model)
        found[shape] = process_time() - began
        largest = max(map(len, outcome.clusters))
        print(
            f"component of {records:,} records, {len(links[0]):,} edges, {shape:7} {found[shape]:7.3f} s of CPU,"
            f" {len(outcome.clusters):,} clusters, the largest of {largest}"
        )
    return found


def _people(records: int, random: np.random.Generator, model: MatchModel) -> Table:
    """Many who share a switchboard's number: some hundred names, birth dates of ten thousand days."""
    rows = zip(
        random.integers(0, len(GIVEN), records).tolist(),
        random.integers(0, len(FAMILY), records).tolist(),
        random.integers(0, 10_000, records).tolist(),
        strict=True,
    )
    return Table.of(
        normalise(
            from_flat(
                {
                    "source_system": "crm", "source_id": str(n), "given_name": GIVEN[g], "family_name": FAMILY[f],
                    "birth_date": str(np.datetime64("1950-01-01") + day), "phone": "+49 30 5550123", "country": "DE",
                }
            ),
            model,
        )
        for n, (g, f, day) in enumerate(rows)
    )  # fmt: skip


def _edges(shape: str, records: int, edges: int, random: np.random.Generator) -> Edges:
    """Edges (left row, right row, weight in milli-bits) that hold all records together.

    ``random``: anybody with anybody; ``chain``: each with those next to it; ``dense``: most edges among few
    records; ``equal``: as random, every weight the same; ``crowds``: hundreds of dense groups, weak between them.
    """
    path = np.arange(records - 1)
    left, right = path, path + 1
    more = max(edges - len(path), 0)
    if shape == "chain":
        a = np.arange(more) % max(records - 1, 1)
        b = np.minimum(a + 2 + np.arange(more) // max(records - 1, 1), records - 1)
    else:
        # Twice as many as are needed, since some come twice.
        most = int((3 * more) ** 0.5) + 2 if shape == "dense" else records
        a, b = random.integers(0, most, 2 * more), random.integers(0, most, 2 * more)
        if shape == "crowds":
            b = np.minimum(a // CROWD * CROWD + b % CROWD, records - 1)
    a, b = np.minimum(a, b), np.maximum(a, b)
    new = np.setdiff1d((a * records + b)[b > a + 1], left * records + right)
    packed = np.sort(np.append(left * records + right, random.permutation(new)[:more]))
    left, right = packed // records, packed % records
    weight = random.integers(100, 12_000, len(packed))
    if shape == "equal":
        weight[:] = 5_000
    elif shape == "crowds":
        weight = np.where(left // CROWD == right // CROWD, 8_000 + weight // 3, 100 + weight // 12)
    return left, right, weight


if __name__ == "__main__":
    run()
