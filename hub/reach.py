"""Whose customers a client reaches: those of the scopes (legal controllers, brand groups) that it was given.

    reach.golden(id), reach.message(id), …   the id, or where it is out of reach one that was never given out
    reach.record(address)                    likewise
    reach.goldens("g")                       (condition, parameters) of a statement that reads ``hub_goldenrecord g``

What is out of reach is not there: whoever asks for it is answered as for an id that nobody ever had, by the same
statements, because that is what is asked for in its stead. Nothing else decides this, and every door asks here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hub.sql import rows

ALL = "*"
# Valid, and before all time: none is ever given out.
_NOBODYS = "0" * 26
# No record has an empty source id.
_NO_RECORD = ""

# Of what an id names, the scope; no row where it names nothing.
_SCOPES = {
    "gr": "SELECT scope FROM hub_goldenrecord WHERE public_id = %s",
    "msg": "SELECT s.scope FROM hub_inboxmessage m JOIN hub_sourcesystem s ON s.id = m.system_id WHERE public_id = %s",
    "rv": "SELECT g.scope FROM hub_review v JOIN hub_goldenrecord g ON g.id = v.golden_a_id WHERE v.public_id = %s",
    "jd": """SELECT s.scope FROM hub_judgement j JOIN hub_sourcerecord r ON r.id = j.a_id
             JOIN hub_sourcesystem s ON s.id = r.system_id WHERE j.public_id = %s""",
}
# A request about a record that is not held yet, or not any more, is of no scope: its filer alone may follow it.
_REQUEST_SCOPE = """coalesce(
    (SELECT g.scope FROM hub_goldenrecord g WHERE g.id = p.golden_id),
    (SELECT s.scope FROM hub_sourcerecord r JOIN hub_sourcesystem s ON s.id = r.system_id
     WHERE r.id = ANY(p.records) LIMIT 1))"""

Condition = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Reach:
    """``scopes`` is None for a client that reaches everybody; ``client_id`` is its own."""

    scopes: frozenset[str] | None = None
    client_id: str = ""

    @classmethod
    def of(cls, within: Iterable[str], client_id: str = "") -> Reach:
        """From what ``ApiClient.within`` holds."""
        named = frozenset(within)
        return cls(None if ALL in named else named, client_id)

    def sees(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes

    def golden(self, public_id: str) -> str:
        return self._named("gr", public_id)

    def message(self, public_id: str) -> str:
        return self._named("msg", public_id)

    def review(self, public_id: str) -> str:
        return self._named("rv", public_id)

    def judgement(self, public_id: str) -> str:
        return self._named("jd", public_id)

    def _named(self, prefix: str, public_id: str) -> str:
        if self.scopes is None:
            return public_id
        found = rows(_SCOPES[prefix], public_id)
        return public_id if found and found[0][0] in self.scopes else f"{prefix}_{_NOBODYS}"

    def request(self, public_id: str) -> str:
        """A privacy request: of a customer in reach, or of the client's own filing."""
        if self.scopes is None:
            return public_id
        condition, params = self.requests("p")
        found = rows(f"SELECT 1 FROM hub_privacyrequest p WHERE p.public_id = %s AND {condition}", public_id, *params)
        return public_id if found else f"pr_{_NOBODYS}"

    def record(self, address: tuple[str, str]) -> tuple[str, str]:
        """(system, source id) of a source record."""
        if self.scopes is None:
            return address
        return address if self.system(address[0]) else (address[0], _NO_RECORD)

    def system(self, code: str) -> bool:
        """Whether the source system of this code sends records of customers in reach."""
        if self.scopes is None:
            return True
        found = rows("SELECT scope FROM hub_sourcesystem WHERE code = %s", code)
        return bool(found) and found[0][0] in self.scopes

    def systems(self) -> frozenset[str] | None:
        """Codes of the source systems in reach; None for all of them."""
        if self.scopes is None:
            return None
        return frozenset(row[0] for row in rows("SELECT code FROM hub_sourcesystem WHERE scope = ANY(%b::text[])",
                                                sorted(self.scopes)))  # fmt: skip

    def goldens(self, alias: str = "g") -> Condition:
        """Of a statement that reads ``hub_goldenrecord`` under this alias."""
        return ("true", []) if self.scopes is None else (f"{alias}.scope = ANY(%b::text[])", [sorted(self.scopes)])

    def requests(self, alias: str = "p") -> Condition:
        """Of a statement that reads ``hub_privacyrequest p``."""
        if self.scopes is None:
            return "true", []
        own = f"client:{self.client_id}"
        scope = _REQUEST_SCOPE.replace("p.", f"{alias}.")
        return f"({scope} = ANY(%s::text[]) OR {alias}.filed_by = %s)", [sorted(self.scopes), own]


EVERYBODY = Reach()
