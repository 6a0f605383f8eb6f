"""Calling the hub over HTTP as a channel does: with a token, and again when it did not answer."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

PATIENCE_SECONDS = 90.0


class NoAnswerError(Exception):
    """The hub did not answer for a minute and a half, or refused what the demo sent."""


class Web:
    """The REST doors at ``address``; ``credentials`` of an OAuth2 client."""

    def __init__(self, address: str, credentials: Mapping[str, str]) -> None:
        self.address = address
        self._credentials = dict(credentials)
        self.token = ""

    def sign_in(self) -> str:
        """A token for everything that the client was granted."""
        form = urlencode({"grant_type": "client_credentials", **self._credentials}).encode()
        answer = self._send("/oauth/token/", form, {"Content-Type": "application/x-www-form-urlencoded"})
        self.token = str(answer["access_token"])
        return self.token

    def post(self, path: str, body: bytes, *, kind: str = "application/json", **headers: str) -> dict[str, Any]:
        """The decoded answer to a POST with the token. Whoever repeats names an Idempotency-Key, or need not."""
        return self._send(path, body, {"Content-Type": kind, "Authorization": f"Bearer {self.token}", **headers})

    def post_signed(self, path: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """As ``post``, as a vendor: no token."""
        return self._send(path, body, {"Content-Type": "application/json", **headers})

    def _send(self, path: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            request = urllib.request.Request(self.address + path, data=body, headers=dict(headers))  # noqa: S310
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                    return dict(json.load(answer))
            except urllib.error.HTTPError as error:
                if error.code < 500 and error.code != 429:
                    raise NoAnswerError(f"The hub answered {error.code} to POST {_route(path)}.") from None
            except (OSError, http.client.HTTPException, ValueError):
                pass
            if time.monotonic() > until:
                raise NoAnswerError(f"The hub at {self.address} does not answer: see its logs.") from None
            time.sleep(0.5)


def _route(path: str) -> str:
    return path.partition("?")[0]
