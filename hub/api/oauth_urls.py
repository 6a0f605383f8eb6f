from __future__ import annotations

from django.urls import path

from hub.api.tokens import TokenDoor

urlpatterns = [path("token/", TokenDoor.as_view(), name="oauth-token")]
