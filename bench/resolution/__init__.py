"""``make bench ARGS=resolution``: the hub itself, from the doors to the sealed outbox, beside its floors and a peer.

sample ─► inbox ─► worker processes ─► rates while it grows ─► latencies over HTTP, idle and under a load
       ─► a second, empty hub: the initial load ─► quality and ``verify`` ─► report

The servers are those that ``make up`` starts, with the durability of a real installation, in a folder that is
thrown away. Results are kept in ``var/bench/resolution``; the page and the picture are drawn from them.
"""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
STATE = CHECKOUT / "var" / "bench" / "resolution"
PAGES = CHECKOUT / "docs" / "benchmarks"
SEED = 471_109
SYSTEMS = ("crm", "loyalty", "ecommerce", "pos", "erp")
