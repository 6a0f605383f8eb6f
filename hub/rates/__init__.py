"""How much each client may ask: limits, buckets, and the budget that all web processes share."""
