"""Signing in as a person does, for the tests of accounts and sessions."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

HERE = "/admin/login/"
PASSWORD = "correct-horse-7-battery"
OTHER = "another-horse-8-battery"


def enter(http: Client, name: str = "alice", password: str = PASSWORD, **more: Any) -> Any:
    return http.post(HERE, {"username": name, "password": password, **more.pop("form", {})}, **more)


def inside(http: Client) -> bool:
    return http.get("/admin/").status_code == 200


def said(answer: Any) -> str:
    """The page without what differs each time: its token, and the name that was typed."""
    text = re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", answer.content.decode())
    return re.sub(r'name="username" value="[^"]*"', "", text)
