"""The admin site: Unfold under a strict content security policy, with a search that forgets."""

from __future__ import annotations

import json
import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import Favicon
from unfold.sites import UnfoldAdminSite

from hub import audit, selectors
from hub.admin import second
from hub.admin.navigation import navigation
from hub.roles import may
from hub.signin import tries
from hub.signin.forms import SignInForm, too_often

SEARCH_LIMIT = 20


class ConcordSite(UnfoldAdminSite):
    site_title = site_header = "Concord"
    index_title = _("Desk")
    enable_nav_sidebar = True
    login_form = SignInForm

    def _get_colors(self, key: str, *args: Any) -> dict[str, dict[str, str]]:
        # Unfold would write them into an inline style element, which the policy forbids: theme.css has them.
        return {}

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        return navigation(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        return context | {
            "styles": [static("hub/theme.css")],
            "scripts": [static("hub/shim.js")],
            "site_symbol": "join",
            "site_favicons": [Favicon(href=static("hub/favicon.svg"), rel="icon", type="image/svg+xml")],
            "site_url": None,
            "sidebar_show_search": may(request.user, "view"),
            "sidebar_command_search": False,
            "show_history": False,
        }

    def extra_urls(self) -> list[URLPattern]:
        return [path("second-factor/", self.admin_view(self.second_factor), name="second_factor")]

    def second_factor(self, request: HttpRequest) -> TemplateResponse:
        return second.show(request, self.each_context(request))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Asks for the present password: no place to guess it from a session that was left open."""
        if request.method != "POST":
            return super().password_change(request, extra_context)  # type: ignore[no-any-return]
        keys = tries.keys_of(request, request.user.get_username())
        if wait := tries.begin(keys, now=timezone.now()):
            messages.error(request, too_often(wait))
            return HttpResponseRedirect(request.path)
        answer: HttpResponse = super().password_change(request, extra_context)
        if answer.status_code == 302:
            tries.succeeded(keys)
            audit.note("user.password_changed", actor=audit.user(request.user), subject=audit.user(request.user))
        return answer

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        answer: HttpResponse = super().login(request, extra_context)
        if request.method == "POST" and answer.status_code == 302 and request.user.is_authenticated:
            tries.remember(answer, username=request.user.get_username(), device=secrets.token_hex(16))
        return answer

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        counts = selectors.progress() if may(request.user, "view") or may(request.user, "operate") else {}
        if may(request.user, "operate"):
            counts = {**counts, "troubled": selectors.troubled_receivers()}
        own = {"counts": counts, "may_view": may(request.user, "view"), "may_operate": may(request.user, "operate")}
        answer: TemplateResponse = super().index(request, {**own, **(extra_context or {})})
        return answer

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """At most ``SEARCH_LIMIT`` golden records by the start of a name, e-mail, phone or id.

        Asked by POST, so that what is searched for is in no URL and no log; nothing is cached, so that no
        personal data outlives an erasure. Whose names were shown is written down; what was typed is not.
        """
        term = request.POST.get("s", "").strip()
        if not may(request.user, "view"):
            return HttpResponse(status=403)  # type: ignore[return-value]
        found = selectors.search_golden(term, limit=SEARCH_LIMIT) if len(term) >= 2 else []
        hits = [_hit(body) for body in found]
        if hits:
            audit.note("customers.found", actor=audit.user(request.user), subject="search",
                       golden_ids=[hit["golden_id"] for hit in hits])  # fmt: skip
        # The admin itself forbids caches to keep its answers.
        return TemplateResponse(
            request, "hub/search_results.html", {"results": hits, "term": term, "limit": SEARCH_LIMIT}
        )


def _hit(body: bytes) -> dict[str, Any]:
    golden = json.loads(body)
    profile = golden["profile"]
    name = profile.get("name") or {}
    label = " ".join(v for k in ("given", "middle", "family") if (v := name.get(k))) or name.get("full")
    label = label or (profile.get("organisation") or {}).get("name") or golden["golden_id"]
    systems = sorted({entry["source_system"] for entry in golden.get("crosswalk", [])})
    return {
        "golden_id": golden["golden_id"],
        "label": label,
        "systems": systems,
        "records": len(golden.get("crosswalk", [])),
        "link": reverse("stewardship:golden", args=[golden["golden_id"]]),
    }
