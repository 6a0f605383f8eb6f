"""Lists that nobody edits by hand, each behind permissions of ``hub.roles``."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from hub.roles import may


class Guarded(ModelAdmin):  # type: ignore[misc]
    """``needs`` names permissions of which one lets a person in; ``changes`` those that let a person edit."""

    needs: ClassVar[tuple[str, ...]] = ()
    changes: ClassVar[tuple[str, ...]] = ()
    list_fullwidth = True
    list_filter_submit = False

    def _may(self, request: HttpRequest, permissions: tuple[str, ...]) -> bool:
        return any(may(request.user, permission) for permission in permissions)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request, self.needs)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, (*self.needs, *self.changes))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, self.changes)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, self.changes)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnly(Guarded):
    """A big table: paged without counting it, and without bulk actions."""

    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    ordering: ClassVar[Any] = ("-id",)
    actions = None
    # The change list's search box is sent in the URL, which logs keep: ids are looked up in it, people are not.
    search_help_text: Any = "By public id"
