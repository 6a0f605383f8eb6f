"""The second factor: one-time codes by time (TOTP, RFC 6238), and recovery codes for whoever lost the device.

The key is random, sealed (``hub.secrets``) and shown while it is set up. A code counts once, and so does a recovery
code, of which keyed hashes are kept.
"""

from __future__ import annotations

import base64
import os
import re
import secrets as random
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from hub import keyring, secrets
from hub.models import User
from hub.sql import count

STEP_SECONDS = 30
_KEY_BYTES = 20
_RECOVERY = 10
# A clock may be one step off, and so may a slow hand.
_DRIFT = (0, -1, 1)
_ISSUER = "Concord"


def new_key() -> str:
    """A key in base32, as authenticators take it."""
    return base64.b32encode(os.urandom(_KEY_BYTES)).decode()


def link(key: str, user: User) -> str:
    """``otpauth://…`` for an authenticator on the same device."""
    return _totp(key).get_provisioning_uri(user.get_username(), _ISSUER)


def _totp(key: str) -> TOTP:
    # SHA-1 is what authenticators know; nothing here hangs on its collisions (RFC 6238, section 1.2).
    return TOTP(base64.b32decode(key), 6, SHA1(), STEP_SECONDS)  # noqa: S303


def code_at(key: str, when: datetime) -> str:
    return _totp(key).generate(when.timestamp()).decode()


def step_of(key: str, code: str, *, now: datetime) -> int:
    """The step whose code this is, within the drift; 0 where it is none."""
    totp, here, found = _totp(key), int(now.timestamp()) // STEP_SECONDS, 0
    for drift in _DRIFT:  # all of them, so that the time taken says nothing
        if random.compare_digest(totp.generate((here + drift) * STEP_SECONDS), code.encode("utf-8", "replace")):
            found = here + drift
    return found


def set_up(user: User, key: str, code: str, *, now: datetime) -> list[str] | None:
    """Make ``key`` the user's second factor, where ``code`` shows that they have it; their recovery codes, shown this
    once. None where the code is not of it. Nothing is saved then."""
    step = step_of(key, code, now=now)
    if not step:
        return None
    codes = [base64.b32encode(os.urandom(10)).decode().lower() for _ in range(_RECOVERY)]
    user.second_factor = secrets.keep(key, of=_of(user))
    user.second_step = step
    user.recovery = [_hash(user, code) for code in codes]
    user.save(update_fields=["second_factor", "second_step", "recovery"])
    return codes


def take_away(user: User) -> None:
    user.second_factor, user.second_step, user.recovery = b"", 0, []
    user.save(update_fields=["second_factor", "second_step", "recovery"])


def proves(user: User, said: str, *, now: datetime) -> bool:
    """Whether ``said`` is the user's code of now, or a recovery code; it does not count again."""
    said = re.sub(r"[\s-]", "", said).lower()
    if len(said) > 6:
        mine = _hash(user, said)
        return bool(count(
            "UPDATE hub_user SET recovery = array_remove(recovery, %s::bytea) "
            "WHERE id = %s AND %s::bytea = ANY(recovery)",
            mine, user.pk, mine,
        ))  # fmt: skip
    step = step_of(secrets.shown(user.second_factor, of=_of(user)), said, now=now)
    return bool(step) and bool(
        count("UPDATE hub_user SET second_step = %s WHERE id = %s AND second_step < %s", step, user.pk, step)
    )


def _of(user: User) -> str:
    return f"second factor of user {user.pk}"


def _hash(user: User, code: str) -> bytes:
    return keyring.blind(f"{user.pk}\0{code}", use="recovery")
