"""recordlinkage from a file to a clusters file.

``python -m bench.matching.with_recordlinkage FAMILY RECORDS.csv CLUSTERS.csv``: blocks joined, comparisons that say
yes or no, its ECMClassifier (Fellegi-Sunter by expectation/conditional maximisation) at its own decision, and
clusters as connected components, since the package has none.
"""

from __future__ import annotations

import json
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import recordlinkage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from bench.matching import cleaning


@dataclass(frozen=True)
class Setup:
    """``strings`` are compared by Jaro-Winkler at 0.85, ``exact`` for equality; each entry of ``blocks`` is a key."""

    blocks: tuple[tuple[str, ...], ...]
    strings: tuple[str, ...]
    exact: tuple[str, ...]
    table: str = "raw"
    link: bool = False


_FEBRL: dict[str, Any] = {
    "blocks": (("given_name",), ("surname",), ("date_of_birth",), ("soc_sec_id",), ("postcode",)),
    "strings": ("given_name", "surname", "address_1", "suburb"),
    "exact": ("date_of_birth", "soc_sec_id", "postcode", "state"),
}
SETUPS = {
    "febrl3": Setup(**_FEBRL),
    "febrl4": Setup(**_FEBRL, link=True),
    "fake": Setup(
        blocks=(("first_name",), ("surname",), ("dob",), ("email",)),
        strings=("first_name", "surname", "email"),
        exact=("dob", "city"),
    ),
    "retail": Setup(
        blocks=(
            ("email",), ("phone",), ("loyalty_id",), ("given_name", "family_name"), ("family_name", "birth_date"),
            ("given_name", "birth_date"), ("family_name", "postal_code"), ("birth_date", "postal_code"),
        ),
        strings=("given_name", "family_name"),
        exact=("birth_date", "email", "phone", "postal_code", "loyalty_id"),
        table="retail",
    ),
}  # fmt: skip


def match(family: str, records: Path, clusters: Path) -> dict[str, int]:
    """Writes ``source_system, source_id, cluster_id``; how many pairs were compared and linked."""
    chosen = SETUPS[family]
    con = duckdb.connect()
    cleaning.retail(con, records) if chosen.table == "retail" else cleaning.read(con, records)
    rows = con.execute("select unique_id, source_system, source_id from raw order by 1").df().set_index("unique_id")
    used = sorted({*chosen.strings, *chosen.exact, *(column for key in chosen.blocks for column in key)})
    frame = con.execute(f"select unique_id, {', '.join(used)} from {chosen.table} order by 1").df()
    frame = frame.set_index("unique_id")
    sides = _sides(frame, rows, chosen.link)
    indexer = recordlinkage.Index()
    for key in chosen.blocks:
        indexer.block(list(key))
    pairs = indexer.index(*sides)
    compare = recordlinkage.Compare()
    for column in chosen.strings:
        compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
    for column in chosen.exact:
        compare.exact(column, column, label=column)
    links = recordlinkage.ECMClassifier().fit_predict(compare.compute(pairs, *sides))
    at = {identifier: number for number, identifier in enumerate(rows.index)}
    left, right = (np.array([at[i] for i in links.get_level_values(level)], dtype=np.int64) for level in (0, 1))
    edges = coo_matrix((np.ones(len(left)), (left, right)), shape=(len(rows), len(rows)))
    rows["cluster_id"] = connected_components(edges, directed=False)[1]
    rows.to_csv(clusters, index=False)
    return {"pairs": len(pairs), "links": len(links)}


def _sides(frame: Any, rows: Any, link: bool) -> tuple[Any, ...]:
    """The frame by itself, or one per source system."""
    if not link:
        return (frame,)
    return tuple(frame[rows["source_system"] == system] for system in sorted(set(rows["source_system"])))


def main() -> None:
    warnings.simplefilter("ignore")
    family, records, clusters = sys.argv[1:4]
    print(json.dumps(match(family, Path(records), Path(clusters))))


if __name__ == "__main__":
    main()
