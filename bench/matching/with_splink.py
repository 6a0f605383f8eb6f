"""Splink from a file to a clusters file: ``python -m bench.matching.with_splink FAMILY RECORDS.csv CLUSTERS.csv``."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from pathlib import Path

import duckdb
from splink import DuckDBAPI, Linker, SettingsCreator

from bench.matching import SEED, cleaning
from bench.matching.splink_setups import THRESHOLD, setup


def match(family: str, records: Path, clusters: Path) -> dict[str, int]:
    """Writes ``source_system, source_id, cluster_id``; how many pairs reached the threshold."""
    chosen = setup(family)
    con = duckdb.connect()
    cleaning.retail(con, records) if chosen.retail else cleaning.read(con, records)
    con.execute(f"create table ready as {chosen.table}")
    tables = ["ready"]
    if chosen.link:
        systems = [row[0] for row in con.execute("select distinct source_system from ready order by 1").fetchall()]
        tables = [f"ready_{number}" for number in range(len(systems))]
        for table, system in zip(tables, systems, strict=True):
            con.execute(f"create table {table} as select * from ready where source_system = ?", [system])
    api = DuckDBAPI(connection=con)
    linker = Linker(
        [api.register(table) for table in tables],
        SettingsCreator(
            link_type="link_only" if chosen.link else "dedupe_only",
            blocking_rules_to_generate_predictions=list(chosen.blocking),
            comparisons=[*chosen.comparisons()],
            retain_matching_columns=False,
            retain_intermediate_calculation_columns=False,
        ),
    )
    training = linker.training
    training.estimate_probability_two_random_records_match(list(chosen.deterministic), recall=chosen.recall)
    training.estimate_u_using_random_sampling(max_pairs=chosen.u_pairs, seed=SEED)
    for block in chosen.training:
        training.estimate_parameters_using_expectation_maximisation(block, estimate_without_term_frequencies=True)
    predicted = linker.inference.predict(threshold_match_probability=THRESHOLD)
    found = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predicted, threshold_match_probability=THRESHOLD
    )
    con.execute(
        f"""copy (select raw.source_system, raw.source_id, found.cluster_id
            from {found.physical_name} found join raw using (unique_id)) to '{clusters}' (header)"""
    )
    counted = con.execute(f"select count(*) from {predicted.physical_name}").fetchone()
    return {"links": counted[0] if counted else 0}


def main() -> None:
    logging.getLogger("splink").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    family, records, clusters = sys.argv[1:4]
    print(json.dumps(match(family, Path(records), Path(clusters))))


if __name__ == "__main__":
    main()
