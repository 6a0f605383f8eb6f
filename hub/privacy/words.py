"""Texts that people type about a request, sealed under a key of the request's own.

Not under the customer's: a proof that comes in after an erasure must stay readable for whoever accounts for it (GDPR
Art. 5(2)), while the reference, which may be a name, goes with the customer.
"""

from __future__ import annotations

from hub import keyring, sealing

# No source system can have these codes: see ``hub.ids.source_code_validator``. What is said after an erasure has a key
# of its own, because that of what was said before is destroyed by it.
_SYSTEMS = {"reference": "_privacy", "reason": "_privacy"}
_AFTER = "_privacy_proof"


def _address(request_id: str, what: str) -> bytes:
    return keyring.address(_SYSTEMS.get(what, _AFTER), request_id)


def seal(request_id: str, text: str, what: str) -> bytes:
    """``text`` as it is stored; nothing stays nothing, and so does what comes after its key was destroyed.
    ``request_id`` is ``pr_…``, ``what`` reference, reason or proof."""
    if not text:
        return b""
    address = _address(request_id, what)
    key = keyring.take([address]).keys.get(address)
    return b"" if key is None else sealing.seal(key, text.encode(), _kind(what))


def read(request_id: str, blob: bytes | memoryview, what: str) -> str | None:
    """The text; None where there is none or its key is gone."""
    if not blob:
        return None
    (text,) = keyring.opened([(_address(request_id, what), bytes(blob))], _kind(what))
    return text.decode() if text is not None else None


def addresses(request_id: str, *, proofs: bool) -> list[bytes]:
    """Where the keys of a request's texts are kept; with ``proofs`` that of what targets said, too."""
    systems = [*sorted(set(_SYSTEMS.values())), *([_AFTER] if proofs else [])]
    return [keyring.address(system, request_id) for system in systems]


def _kind(what: str) -> bytes:
    return sealing.REQUEST + b":" + what.encode()
