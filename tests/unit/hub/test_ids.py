"""Public ids made by the thousand are what public ids made one by one are."""

from __future__ import annotations

from ulid import ULID

from hub.ids import new_id, new_ids


def test_many_ids_are_ulids_that_ascend() -> None:
    before = new_id("gr")
    made = new_ids("gr", 10_000)
    assert len(set(made)) == 10_000
    assert made == sorted(made)
    assert {len(public_id) for public_id in made} == {len(before)}
    then = [ULID.from_str(public_id[3:].upper()).datetime for public_id in (before, made[0], made[-1])]
    assert 0 <= (then[1] - then[0]).total_seconds() < 5
    assert then[1] == then[2]
    assert all(public_id == f"gr_{str(ULID.from_str(public_id[3:].upper())).lower()}" for public_id in made[:100])
    assert new_ids("gr", 0) == []
