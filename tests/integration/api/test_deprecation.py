"""A route on its way out says so: since when, until when, and where it is written what to use instead."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from hub.api.deprecation import Deprecated
from hub.api.doors import Door, answer_json
from hub.api.openapi import describe
from hub.api.problems import Problem

SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC)


class OldDoor(Door):
    authentication_classes = []
    permission_classes = []
    deprecated = Deprecated(SINCE, UNTIL, "https://hub.example.com/docs/old")

    @describe("As it was", answers={200: {"type": "object"}})
    def get(self, request: Request) -> HttpResponse:
        return answer_json({})

    @describe("Never", answers={200: {"type": "object"}})
    def post(self, request: Request) -> HttpResponse:
        raise Problem("invalid-request", "No.")


class NewDoor(OldDoor):
    deprecated = None


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_answer_says_it(method: str) -> None:
    answer = OldDoor.as_view()(getattr(APIRequestFactory(), method)("/old"))
    assert answer["Deprecation"] == "@1793491200"
    assert answer["Sunset"] == "Sat, 01 May 2027 00:00:00 GMT"
    assert answer["Link"] == '<https://hub.example.com/docs/old>; rel="deprecation"; type="text/html"'


def test_what_stays_says_nothing() -> None:
    answer = NewDoor.as_view()(APIRequestFactory().get("/new"))
    assert not {"Deprecation", "Sunset", "Link"} & set(answer.headers)


def test_the_document_says_it_too() -> None:
    patterns = [path("api/v1/old", OldDoor.as_view()), path("api/v1/new", NewDoor.as_view())]
    found: dict[str, Any] = SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)
    assert found["paths"]["/api/v1/old"]["get"]["deprecated"] is True
    assert "deprecated" not in found["paths"]["/api/v1/new"]["get"]


def test_the_end_cannot_come_before_the_beginning() -> None:
    with pytest.raises(ValueError, match="cannot end before"):
        Deprecated(UNTIL, SINCE)
    assert Deprecated(SINCE).headers() == {"Deprecation": "@1793491200"}
