"""Source systems over HTTP. Each keeps its own record of what was acknowledged; that record is what the hub is held to.

What is not acknowledged is sent again under the same Idempotency-Key, as a source system would.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import aiohttp

from bench.day.people import Sent

_AGAIN = (408, 409, 425, 429, 500, 502, 503, 504)
_LONGEST_PAUSE = 5.0


class Book:
    """What the senders know: message ids by what they sent, and how often they were put off."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, Sent] = {}
        self.versions: dict[tuple[str, str], list[Sent]] = defaultdict(list)
        self.refused_as_erased: list[Sent] = []
        self.wrong: list[str] = []
        self.put_off: Counter[str] = Counter()
        self.repeated = 0

    def note(self, sent: Sent, message_id: str) -> None:
        if message_id not in self.acknowledged:
            self.acknowledged[message_id] = sent
            self.versions[sent.source, sent.source_id].append(sent)


class Sender:
    """One OAuth2 client."""

    def __init__(
        self, http: aiohttp.ClientSession, url: str, client: dict[str, str], book: Book, dice: random.Random
    ) -> None:
        self._http, self._url, self._client, self._book, self._dice = http, url, client, book, dice
        self._token = ""
        self._asking = asyncio.Lock()

    async def ready(self) -> None:
        """Get the token, so that the day begins with a request."""
        await self._get_token()

    async def batch(self, source: str, sent: Sequence[Sent], *, twice: bool = False) -> None:
        """Send records in one request, until each is acknowledged or refused for good. ``twice``: as a till that did
        not hear the answer, under a key of its own the second time."""
        for _ in range(1 + twice):
            body = "\n".join(json.dumps(one.record) for one in sent).encode()
            said = await self._until_taken(f"/api/v1/sources/{source}/records/batch", body, "application/x-ndjson")
            if "results" not in said:
                self._book.wrong.append(json.dumps(said))
            for result in said.get("results", ()):
                one = sent[result["index"]]
                if result["status"] == "accepted":
                    self._book.note(one, result["message_id"])
                elif result["problem"]["type"] == "/problems/erased":
                    self._book.refused_as_erased.append(one)
                else:
                    self._book.wrong.append(json.dumps(result["problem"]))
            self._book.repeated += len(sent) if twice else 0

    async def single(self, one: Sent, *, wait: bool) -> None:
        """Send one record, as a checkout does; ``wait`` for its golden id."""
        more = {"Prefer": "wait=2"} if wait else {}
        said = await self._until_taken(
            f"/api/v1/sources/{one.source}/records", json.dumps(one.record).encode(), "application/json", **more
        )
        if said.get("type") == "/problems/erased":
            self._book.refused_as_erased.append(one)
        elif "message_id" in said:
            self._book.note(one, said["message_id"])
        else:
            self._book.wrong.append(json.dumps(said))

    async def get(self, path: str, **parameters: str) -> dict[str, Any]:
        return await self._until_answered("GET", path, params=parameters)

    async def post(self, path: str, body: Any) -> dict[str, Any]:
        return await self._until_answered("POST", path, json=body, headers=self._key())

    async def _until_taken(self, path: str, body: bytes, kind: str, **more: str) -> dict[str, Any]:
        headers = {"Content-Type": kind, **self._key(), **more}
        return await self._until_answered("POST", path, data=body, headers=headers)

    def _key(self) -> dict[str, str]:
        return {"Idempotency-Key": str(UUID(int=self._dice.getrandbits(128)))}

    async def _until_answered(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """The decoded answer, whatever it says for good; what was put off is asked again."""
        given = options.pop("headers", {})
        while True:
            pause = 0.5
            try:
                headers = {**given, "Authorization": f"Bearer {await self._get_token()}"}
                async with self._http.request(method, self._url + path, headers=headers, **options) as answer:
                    said: dict[str, Any] = await answer.json(content_type=None)
                    if answer.status not in _AGAIN:
                        if answer.status == 401:
                            self._token = ""
                            continue
                        return said
                    self._book.put_off[str(answer.status)] += 1
                    pause = min(float(answer.headers.get("Retry-After", pause)), _LONGEST_PAUSE)
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                self._book.put_off[type(error).__name__] += 1
            await asyncio.sleep(pause * (0.5 + self._dice.random()))

    async def _get_token(self) -> str:
        async with self._asking:
            if not self._token:
                form = {"grant_type": "client_credentials", **self._client}
                async with self._http.post(f"{self._url}/oauth/token/", data=form) as answer:
                    answer.raise_for_status()
                    self._token = (await answer.json(content_type=None))["access_token"]
            return self._token
