"""Doors of the connectors, under /api/v1/."""

from __future__ import annotations

from django.urls import path

from connectors.api.deliveries import DeliveriesDoor, DeliveryDoor, ReplayDoor
from connectors.api.endpoints import (
    EndpointDoor,
    EndpointsDoor,
    HealthDoor,
    PauseDoor,
    ResumeDoor,
    RotateDoor,
    TestDoor,
)
from connectors.api.vendors import VendorWebhookDoor

_ONE = "webhook-endpoints/<str:endpoint_id>"

urlpatterns = [
    path("webhook-endpoints", EndpointsDoor.as_view(), name="webhook-endpoints"),
    path(_ONE, EndpointDoor.as_view(), name="webhook-endpoint"),
    path(f"{_ONE}/pause", PauseDoor.as_view(), name="webhook-endpoint-pause"),
    path(f"{_ONE}/resume", ResumeDoor.as_view(), name="webhook-endpoint-resume"),
    path(f"{_ONE}/rotate-secret", RotateDoor.as_view(), name="webhook-endpoint-rotate-secret"),
    path(f"{_ONE}/test", TestDoor.as_view(), name="webhook-endpoint-test"),
    path(f"{_ONE}/health", HealthDoor.as_view(), name="webhook-endpoint-health"),
    path(f"{_ONE}/deliveries", DeliveriesDoor.as_view(), name="webhook-deliveries"),
    path(f"{_ONE}/deliveries/<str:delivery_id>", DeliveryDoor.as_view(), name="webhook-delivery"),
    path(f"{_ONE}/replay", ReplayDoor.as_view(), name="webhook-endpoint-replay"),
    path("sources/<str:system>/webhooks/<path:topic>", VendorWebhookDoor.as_view(), name="vendor-webhook"),
]
