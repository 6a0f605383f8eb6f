"""Lists that nobody edits by hand, each behind permissions of ``hub.roles``."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from hub import audit
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

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Beside the administration's own log, which names objects in words, the audit, which does not."""
        self._note(request, obj, "created", message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._note(request, obj, "changed", message)
        return super().log_change(request, obj, message)

    def _note(self, request: HttpRequest, obj: Model, what: str, message: Any) -> None:
        fields = [
            name
            for part in (message if isinstance(message, list) else [])
            for name in part.get("changed", {}).get("fields", [])
        ]
        audit.note(f"{obj._meta.model_name}.{what}", actor=audit.user(request.user), subject=self.audited(obj),
                   fields=[name.replace(" ", "_") for name in fields])  # fmt: skip

    def audited(self, obj: Model) -> str:
        """What the audit calls ``obj``: no words of people's."""
        return f"{obj._meta.model_name}:{obj.pk}"

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
