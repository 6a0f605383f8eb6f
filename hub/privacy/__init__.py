"""What customers may ask of those who hold their data: requests, bundles, restriction, erasure.

    requests   filed, worked off step by step, acknowledged by those who hold copies
    bundle     all that is held about a customer, made on demand
    restrict   kept, but neither released nor processed
    erase      forgotten: keys destroyed first, then every row

A room of its own, above the pipeline and below the doors.
"""
