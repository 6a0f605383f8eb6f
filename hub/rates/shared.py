"""The budget of one client over all web processes, without a round trip for each request.

The bucket is in Valkey. A process takes a portion of it, a twentieth of a second's worth, and spends that by itself;
what it did not spend within half a second is forfeited, so that nobody hoards. Where Valkey is away, each process
keeps to its own share of the limit. A FLUSHALL fills every bucket, which is harmless.

Nothing personal is in Valkey: the names of buckets are hashed.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b
from time import monotonic
from typing import cast

import redis
from django.conf import settings

from hub.rates.bucket import Bucket, Limit

log = logging.getLogger("hub.rates")

PORTION_SECONDS = 0.05
KEEPS_SECONDS = 0.5
_ANSWER_SECONDS = 0.25
_AWAY_SECONDS = 2.0
# More buckets than this in one process are those of an attack with many addresses: the least used goes.
MOST_SHARES = 20_000

# Its clock is the server's, for the processes' own differ. ``owed`` is taken whether it is there or not.
_TAKE = """
local rate, burst, least, wanted, owed = unpack(ARGV)
rate, burst, least, wanted, owed = tonumber(rate), tonumber(burst), tonumber(least), tonumber(wanted), tonumber(owed)
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local held = redis.call('HMGET', KEYS[1], 'level', 'at')
local level, at = tonumber(held[1]) or burst, tonumber(held[2]) or now
level = math.min(burst, level + math.max(0, now - at) * rate)
local given = 0
if level >= least then given = math.min(wanted, math.floor(level)) end
level = level - given - owed
redis.call('HSET', KEYS[1], 'level', string.format('%.6f', level), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - level) / rate * 1000) + 1000)
return {given, string.format('%.6f', level)}
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass. ``wait``: seconds until it could, 0.0 when it may; ``left``: about how many tokens
    there are still, over all processes; ``name`` and ``limit`` say of what."""

    name: str
    limit: Limit
    wait: float
    left: int

    @property
    def passed(self) -> bool:
        return self.wait == 0.0

    @property
    def retry_after(self) -> int:
        """Whole seconds, at least 1."""
        return max(1, math.ceil(self.wait))

    def headers(self) -> dict[str, str]:
        """``RateLimit`` and ``RateLimit-Policy`` (draft-ietf-httpapi-ratelimit-headers): structured fields, where ``t``
        is the time in which the whole quota is there again."""
        limit = self.limit
        full = max(0, math.ceil((limit.burst - self.left) / limit.per_second))
        return {
            "RateLimit-Policy": f'"{self.name}";q={limit.burst};w={limit.window}',
            "RateLimit": f'"{self.name}";r={self.left};t={full}',
        }


@dataclass(slots=True, eq=False)
class _Share:
    """What this process holds of one bucket."""

    key: str
    limit: Limit
    own: Bucket
    lock: threading.Lock = field(default_factory=threading.Lock)
    held: float = 0.0
    until: float = 0.0
    elsewhere: float = 0.0
    closed_until: float = 0.0
    looked: float = 0.0
    alone: bool = False

    def take(self, cost: float) -> tuple[float, int]:
        """(seconds to wait, tokens left); with 0.0 they were taken."""
        with self.lock:
            now = monotonic()
            if now > self.until:
                self.held = 0.0
            if self.held < cost and now >= self.closed_until:
                self._fetch(cost, now)
            if self.alone:
                return self.own.take(cost, now), max(0, int(self.own.level))
            if self.held >= cost:
                self.held -= cost
                return 0.0, int(max(0.0, self.held + self.elsewhere))
            return max(self.closed_until - now, 0.001), 0

    def _fetch(self, cost: float, now: float) -> None:
        portion = max(1.0, min(self.limit.per_second * PORTION_SECONDS, self.limit.burst / 10))
        least = cost - self.held
        found = _ask(self.key, self.limit, least=least, wanted=math.ceil(max(portion, least)), owed=0.0)
        self.alone = found is None
        if found is None:
            return
        given, level = found
        self.elsewhere = max(0.0, level)
        self.held += given
        self.until = now + KEEPS_SECONDS
        if self.held < cost:
            # No more round trips until there can be something, nor for the sake of some thousandths of a second.
            self.closed_until = now + max(0.005, (cost - self.held - level) / self.limit.per_second)

    def look(self) -> float:
        """The seconds until there is a token; 0.0 where there is one. Takes none, and asks Valkey at most ten times a
        second."""
        with self.lock:
            now = monotonic()
            if self.held >= 1 and now <= self.until:
                return 0.0
            if now >= self.looked + 0.1:
                self.looked = now
                found = _ask(self.key, self.limit, least=0.0, wanted=0, owed=0.0)
                self.alone = found is None
                self.elsewhere = found[1] if found is not None else 0.0
            level = self.own.seen(now) if self.alone else self.elsewhere
            return 0.0 if level >= 1 else (1 - level) / self.limit.per_second

    def owe(self, cost: float) -> None:
        with self.lock:
            now = monotonic()
            self.own.owe(cost / max(1, settings.HUB_WEB_PROCESSES), now)
            found = _ask(self.key, self.limit, least=0.0, wanted=0, owed=cost)
            if found is not None:
                self.elsewhere = max(0.0, found[1])
                if found[1] < 1:
                    self.held = 0.0


_shares: OrderedDict[tuple[str, Limit], _Share] = OrderedDict()
_guard = threading.Lock()
_client: redis.Redis | None = None
_script = ""
_away_until = 0.0


def take(name: str, whose: str, limit: Limit, *, cost: float = 1.0) -> Verdict:
    """Take ``cost`` tokens, at most the burst, of the bucket ``name`` of ``whose`` (a client, an address)."""
    wait, left = _share(name, whose, limit).take(min(cost, float(limit.burst)))
    return Verdict(name, limit, wait, left)


def owe(name: str, whose: str, limit: Limit, cost: float) -> None:
    """Charge what is known only now, whether it is there or not; those who come next wait for it."""
    if cost > 0:
        _share(name, whose, limit).owe(cost)


def look(name: str, whose: str, limit: Limit) -> Verdict:
    """As ``take`` of one token, but none is taken."""
    wait = _share(name, whose, limit).look()
    return Verdict(name, limit, wait, 0)


def forget() -> None:
    """Forget what this process holds of every bucket, as a process that starts anew."""
    global _client, _away_until
    with _guard:
        _shares.clear()
        _client, _away_until = None, 0.0


def _share(name: str, whose: str, limit: Limit) -> _Share:
    place = (f"{name}\0{whose}", limit)
    with _guard:
        found = _shares.get(place)
        if found is None:
            secret = blake2b(f"{settings.SECRET_KEY}\0{settings.DATABASES['default']['NAME']}".encode()).digest()
            hashed = blake2b(place[0].encode("utf-8", "replace"), digest_size=12, key=secret).hexdigest()
            own = Bucket(limit.divided(max(1, settings.HUB_WEB_PROCESSES)))
            found = _shares[place] = _Share(f"concord:rate:{hashed}", limit, own)
            if len(_shares) > MOST_SHARES:
                _shares.popitem(last=False)
        else:
            _shares.move_to_end(place)
        return found


def _ask(key: str, limit: Limit, *, least: float, wanted: int, owed: float) -> tuple[float, float] | None:
    """(tokens given, tokens left) by the bucket in Valkey; None where it does not answer in time."""
    global _away_until
    if monotonic() < _away_until:
        return None
    numbers = (limit.per_second, limit.burst, least, wanted, owed)
    try:
        given, level = _run(key, *(repr(number) for number in numbers))
        return float(given), float(level)
    except redis.RedisError as error:
        _away_until = monotonic() + _AWAY_SECONDS
        log.warning("rate limits are kept by each process for itself: %s", type(error).__name__)
        return None


def _run(key: str, *numbers: str) -> tuple[int, bytes]:
    global _client, _script
    if _client is None:
        _client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=_ANSWER_SECONDS, socket_connect_timeout=_ANSWER_SECONDS
        )
    try:
        if not _script:
            _script = str(_client.script_load(_TAKE))
        answer = _client.evalsha(_script, 1, key, *numbers)
    except redis.exceptions.NoScriptError:  # a server that was started anew
        answer = _client.eval(_TAKE, 1, key, *numbers)
    given, level = cast("tuple[int, bytes]", answer)
    return given, level
