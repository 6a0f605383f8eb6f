"""Blind tokens: keyed hashes that stand for what must be found but not be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b

from hub.keyring.master import lasting_key
from hub.sealing import blinded


def _index_key() -> bytes:
    """The key of all blind tokens."""
    return lasting_key("index")


def address(system: str, source_id: str) -> bytes:
    """16 bytes by which the source record ``source_id`` of the source system with this code is known."""
    return blinded(_index_key(), f"{system}\0{source_id}", use="address")


def blind(text: str, *, use: str, size: int = 16) -> bytes:
    """``size`` bytes that stand for ``text`` in a look-up by equality; see ``hub.sealing.blinded``."""
    return blinded(_index_key(), text, use=use, size=size)


# Names and e-mails (by the letter of matching.values.search_terms) are found by their first letters, so many at least;
# numbers and ids, which people copy, are found whole.
_PREFIX = {"n": 3, "e": 3}
_NEVER = 1 << 30


def tokens(terms: Iterable[str]) -> list[int]:
    """Numbers that a customer with these search terms is found by: of each term, of a name's first word, and of the
    first letters of names and e-mails."""
    found = set()
    for term in terms:
        found.add(term)
        kind = term[0]
        if kind == "n" and " " in term:
            found.add(term.partition(" ")[0])
        if len(term) - 2 >= _PREFIX.get(kind, _NEVER):
            found.add(_first_letters(term))
    return _tokens(found)


def query_tokens(terms: Iterable[str]) -> list[int]:
    """Numbers to look for where somebody typed something that may mean these terms. Those found by the first letters
    have still to be compared with all of it."""
    wanted = {term for term in terms if term[2:]}
    wanted |= {_first_letters(term) for term in wanted if len(term) - 2 >= _PREFIX.get(term[0], _NEVER)}
    return sorted(_tokens(wanted))


def whole_tokens(terms: Sequence[str]) -> list[int]:
    """The number of each of these terms, for a look-up of the whole of it."""
    return _tokens(terms)


def _first_letters(term: str) -> str:
    return f"{term[: 2 + _PREFIX[term[0]]]}\0"


def _tokens(texts: Iterable[str]) -> list[int]:
    """Each text as ``blind`` gives it, in 64 bits. Every arrival asks for a dozen: the keyed hash is begun once."""
    begun, out = term_hash(), []
    for text in texts:
        each = begun.copy()
        each.update(text.encode("utf-8", "surrogatepass"))
        out.append(int.from_bytes(each.digest(), signed=True))
    return out


@lru_cache(maxsize=1)
def term_hash() -> blake2b:
    return blake2b(digest_size=8, key=_index_key(), person=b"term")
