"""Consents of a golden record, and the statements behind them."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from hub import selectors
from hub.api.access import note_read
from hub.api.doors import Door, answer_json, public_id
from hub.api.openapi import describe, ref
from hub.errors import NotFound
from hub.models import ConsentStatement


class ConsentsDoor(Door):
    """``GET /golden/{golden_id}/consents``"""

    required_scopes = ["consents:read"]

    @describe("What a customer agreed to", answers={200: ref("Consents")}, problems=["not-found"])
    def get(self, request: Request, golden_id: str) -> HttpResponse:
        found = selectors.golden(public_id(golden_id, "gr"))
        if found.state != "live" or found.body is None:
            raise NotFound("The golden record is not live: ask for it to see where its records are now.")
        statements = ConsentStatement.objects.filter(record__crosswalk__golden__public_id=golden_id).order_by(
            "captured_at", "id"
        )
        effective = json.loads(bytes(found.body)).get("consents", [])
        said = list(statements)
        names = selectors.names_of({statement.record_id for statement in said})
        note_read(request, "consents.read", [golden_id])
        return answer_json({"effective": effective, "statements": [_statement(s, names[s.record_id]) for s in said]})


def _statement(statement: ConsentStatement, record: str) -> dict[str, Any]:
    shown = {
        "statement_id": statement.public_id,
        "record": record,
        "purpose": statement.purpose,
        "channel": statement.channel,
        "contact_point": statement.contact_point or None,
        "state": statement.state,
        "brand": statement.brand or None,
        "jurisdiction": statement.jurisdiction or None,
        "legal_basis": statement.legal_basis or None,
        "proof": statement.proof or None,
        "captured_at": statement.captured_at.isoformat().replace("+00:00", "Z"),
        "recorded_at": statement.recorded_at.isoformat().replace("+00:00", "Z"),
    }
    return {key: value for key, value in shown.items() if value is not None}
