"""The keys of source records, and the blind tokens that stand for what must be found but not be read.

    address(system, source id)  how a source record is known: a keyed hash, because a source id can be anything
    take(addresses)             keys for writing, made where there are none; says which were destroyed
    keys(addresses), keys_of(record ids), unsealed(…)   keys for reading

Each key is random, wrapped by the newest master key of ``HUB_MASTER_KEY``, and kept in the key store alone. A key that
was destroyed comes back by nothing. Keys are remembered by the process that read them, never written elsewhere.
"""

from __future__ import annotations

from hub.keyring.hashes import address, blind, query_tokens, term_hash, tokens, whole_tokens
from hub.keyring.master import lasting_key, masters, rotate
from hub.keyring.reading import joint_of, opened, unsealed, unsealed_by
from hub.keyring.store import Taken, destroy, forgotten, keys, keys_of, memory, remember, take, usable

__all__ = [
    "Taken",
    "address",
    "blind",
    "destroy",
    "forget_all",
    "forgotten",
    "joint_of",
    "keys",
    "keys_of",
    "lasting_key",
    "memory",
    "opened",
    "query_tokens",
    "remember",
    "rotate",
    "take",
    "tokens",
    "unsealed",
    "unsealed_by",
    "usable",
    "whole_tokens",
]


def forget_all() -> None:
    """Drop what this process remembers, for a key store that was exchanged under it."""
    memory.clear()
    lasting_key.cache_clear()
    term_hash.cache_clear()
    masters.cache_clear()
