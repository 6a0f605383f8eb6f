"""Source systems and match models."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from hub.admin.base import Guarded, ReadOnly
from hub.models import MatchModelVersion, SourceSystem


@admin.register(SourceSystem)
class SourceSystemAdmin(Guarded):
    needs = ("configure", "operate", "view")
    changes = ("configure",)
    list_display = ("code", "name", "kind", "connector", "scope", "region", "active")
    fields = ("code", "name", "kind", "connector", "scope", "region", "active")

    def get_readonly_fields(self, request: HttpRequest, obj: object | None = None) -> tuple[str, ...]:
        # Records are addressed by the code and compared within the scope: neither can be changed under them.
        return ("code", "scope") if obj else ()


@admin.register(MatchModelVersion)
class MatchModelVersionAdmin(ReadOnly):
    needs = ("configure",)
    list_display = ("name", "active", "created_at")
    fields = ("name", "active", "created_at")
