"""``GET /api/v1/schema/``: the OpenAPI document, as JSON unless YAML is asked for."""

from __future__ import annotations

from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.openapi import SETTINGS
from hub.api.problems import handle


class SchemaDoor(SpectacularAPIView):
    permission_classes = [AllowAny]
    authentication_classes = []
    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]
    metadata_class = None
    custom_settings = SETTINGS
    serve_public = True

    def get_exception_handler(self):  # type: ignore[no-untyped-def]
        return handle

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        answer: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        return answer
