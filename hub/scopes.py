"""OAuth2 scopes: what there are, and which of them a client was granted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oauth2_provider.scopes import BaseScopes

SCOPES: Mapping[str, str] = {
    "records:write": "Send records of the source systems that the client is bound to",
    "golden:read": "Read golden profiles, the crosswalk and explanations",
    "resolve": "Ask who somebody is, without storing anything",
    "events:read": "Read the feed of events",
    "consents:read": "Read consents and the statements behind them",
    "consents:write": "Record consent statements",
    "judgements:write": "Say that two source records are one customer or two",
    "reviews:write": "See and decide reviews",
    "privacy": "File privacy requests and follow them",
    "webhooks:manage": "Manage webhook endpoints",
    "operate": "See dead letters and have them tried again",
}


class GrantedScopes(BaseScopes):  # type: ignore[misc]
    """A client may ask for what ``ApiClient.scopes`` grants it, and gets all of that when it asks for nothing."""

    def get_all_scopes(self) -> dict[str, str]:
        return dict(SCOPES)

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        granted = getattr(application, "api_client", None) if application is not None else None
        return [scope for scope in granted.scopes if scope in SCOPES] if granted else []

    def get_default_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        return self.get_available_scopes(application, request)
