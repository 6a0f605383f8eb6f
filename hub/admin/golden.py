"""Golden records: the list here, the record itself on the steward's page, where values are masked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince

from hub.admin.base import ReadOnly
from hub.models import AuditEntry, GoldenRecord


@admin.register(GoldenRecord)
class GoldenRecordAdmin(ReadOnly):
    needs = ("view",)
    list_display = ("public_id", "kind", "scope", "state", "version", "updated_at")
    list_filter = ("state", "kind")
    search_fields = ("=public_id",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("body", "provenance", "last_members")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_object(request, object_id)
        if found is None:
            return HttpResponseRedirect(reverse("admin:hub_goldenrecord_changelist"))
        return HttpResponseRedirect(reverse("stewardship:golden", args=[found.public_id]))


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    needs = ("audit",)
    list_display = ("position", "at", "ago", "actor", "action", "subject", "detail")
    list_filter = ("action",)
    search_fields = ("=subject", "=actor")
    search_help_text = "By subject (a public id) or actor (user:ID)"
    list_display_links = None

    @admin.display(description="ago")
    def ago(self, entry: AuditEntry) -> str:
        return timesince(entry.at, timezone.now(), depth=1)
