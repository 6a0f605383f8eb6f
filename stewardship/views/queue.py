"""The queue page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from hub.admin.frame import asked_by_htmx, needs, page, who
from stewardship import queue


@require_GET
@needs("view")
def show(request: HttpRequest) -> HttpResponse:
    """Open reviews in the order of the view chosen; with ``after``, the rows that follow."""
    chosen = queue.view(request.GET.get("view", ""))
    entries, more = queue.page(chosen, user=who(request), now=timezone.now(), after=request.GET.get("after", ""))
    context = {"entries": entries, "more": more, "chosen": chosen, "views": queue.VIEWS}
    if asked_by_htmx(request):
        return render(request, "stewardship/_queue_rows.html", context)
    return page(request, "stewardship/queue.html", title="Queue", **context)


@require_GET
@needs("view")
def count(request: HttpRequest) -> HttpResponse:
    """The exact total, for whoever asks."""
    total = queue.count(queue.view(request.GET.get("view", "")), user=who(request))
    more = "or more" if total >= queue.COUNT_LIMIT else ""
    return HttpResponse(f"{total:,} open {more}".strip())


@require_http_methods(["GET", "POST"])
@needs("view")
def preferences(request: HttpRequest) -> HttpResponse:
    """Single-letter keys on or off (WCAG 2.1.4)."""
    if request.method == "POST":
        user = who(request)
        user.single_key_shortcuts = request.POST.get("single_key_shortcuts") == "on"
        user.save(update_fields=["single_key_shortcuts"])
        return redirect("stewardship:preferences")
    return page(request, "stewardship/preferences.html", title="Keyboard")
