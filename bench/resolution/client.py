"""One client with one connection that stays open: how long each answer takes, from the first byte sent."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True)
class Latency:
    """Milliseconds at the median, the 99th percentile and the slowest of ``number`` answers."""

    number: int
    p50: float
    p99: float
    slowest: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Latency:
        found = sorted(s * 1000 for s in seconds)

        def at(share: float) -> float:
            return round(found[min(len(found) - 1, int(share * len(found)))], 1)

        return cls(len(found), at(0.5), at(0.99), round(found[-1], 1))


class Client:
    """``token`` is got for a client id and secret."""

    def __init__(self, port: int, *, client_id: str, client_secret: str) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        self._http.request(
            "POST", "/oauth/token/", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"}
        )
        self._token = json.loads(self._http.getresponse().read())["access_token"]

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, dict[str, Any], float]:
        """(status, decoded answer, seconds)."""
        data = json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", **headers}
        began = perf_counter()
        self._http.request("POST", path, data, sent)
        answer = self._http.getresponse()
        content = answer.read()
        spent = perf_counter() - began
        return answer.status, json.loads(content), spent

    def close(self) -> None:
        self._http.close()


def timed(asked: Iterable[Callable[[], tuple[int, dict[str, Any], float]]], *, warm: int) -> tuple[Latency, list[int]]:
    """Ask one after the other; the first ``warm`` answers are not counted. Also the statuses."""
    seconds: list[float] = []
    statuses: list[int] = []
    for ask in asked:
        status, _, spent = ask()
        seconds.append(spent)
        statuses.append(status)
    return Latency.of(seconds[warm:]), statuses[warm:]
