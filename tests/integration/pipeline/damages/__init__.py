"""Damages to a hub, one for each breach that ``verify`` can name."""

from tests.integration.pipeline.damages import audit, clusters, feed, ids, judging, records, values
from tests.integration.pipeline.damages.breaking import DAMAGES

__all__ = ["DAMAGES", "audit", "clusters", "feed", "ids", "judging", "records", "values"]
