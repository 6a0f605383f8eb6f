"""Inbox messages and dead letters. The payload, which is personal data, is never loaded."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from hub.admin.base import ReadOnly
from hub.models import InboxMessage


@admin.register(InboxMessage)
class InboxMessageAdmin(ReadOnly):
    needs = ("operate",)
    list_display = ("public_id", "system", "status", "lane", "attempts", "received_at", "resolved_at", "cause")
    list_filter = ("status", "lane", "system")
    search_fields = ("=public_id",)
    list_select_related = ("system",)
    fields = ("public_id", "system", "status", "lane", "mapping", "part", "attempts", "received_at", "resolved_at",
              "next_attempt_at", "cause")  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("payload")

    @admin.display(description="cause")
    def cause(self, message: InboxMessage) -> str:
        problem = message.problem or {}
        return ": ".join(str(problem[key]) for key in ("title", "detail") if problem.get(key)) or "-"
