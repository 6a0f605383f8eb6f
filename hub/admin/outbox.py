"""Events, endpoints, deliveries and their attempts. Event data, which is personal, is never loaded."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from hub.admin.base import ReadOnly
from hub.models import Attempt, Delivery, Endpoint, OutboxEvent


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnly):
    needs = ("operate",)
    list_display = ("public_id", "type", "subject", "sequence", "position", "time")
    list_filter = ("type",)
    search_fields = ("=public_id", "=subject")
    fields = ("public_id", "type", "subject", "sequence", "position", "time")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("data")


@admin.register(Endpoint)
class EndpointAdmin(ReadOnly):
    needs = ("operate",)
    list_display = ("public_id", "url", "state", "events", "created_at")
    list_filter = ("state",)
    # The secret is shown once, when the endpoint is made.
    fields = ("public_id", "url", "state", "events", "description", "created_at")
    readonly_fields = fields


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    needs = ("operate",)
    list_display = ("public_id", "event", "endpoint", "state", "attempts", "next_attempt_at", "delivered_at")
    list_filter = ("state",)
    search_fields = ("=public_id", "=event__public_id", "=endpoint__public_id")
    list_select_related = ("event", "endpoint")
    fields = ("public_id", "event", "endpoint", "state", "attempts", "next_attempt_at", "delivered_at", "tries")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("event__data")

    @admin.display(description="tries")
    def tries(self, delivery: Delivery) -> str:
        return "\n".join(_said(attempt) for attempt in delivery.tries.order_by("-id")[:20]) or "-"


def _said(attempt: Attempt) -> str:
    outcome = attempt.error or str(attempt.status_code)
    return f"{attempt.at:%Y-%m-%d %H:%M:%S} UTC  {outcome}  {attempt.milliseconds} ms"
