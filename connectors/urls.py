"""Doors of the connectors, under /api/v1/."""

from __future__ import annotations

from django.urls import path

from connectors.api.endpoints import EndpointDoor, EndpointsDoor
from connectors.api.vendors import VendorWebhookDoor

urlpatterns = [
    path("webhook-endpoints", EndpointsDoor.as_view(), name="webhook-endpoints"),
    path("webhook-endpoints/<str:endpoint_id>", EndpointDoor.as_view(), name="webhook-endpoint"),
    path("sources/<str:system>/webhooks/<path:topic>", VendorWebhookDoor.as_view(), name="vendor-webhook"),
]
