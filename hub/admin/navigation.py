"""The sidebar. A link is shown to those whom its page lets in; the page asks again by itself."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from hub.roles import may

# (title, icon, URL name, permissions of which one is enough)
_GROUPS: tuple[tuple[str, tuple[tuple[str, str, str, tuple[str, ...]], ...]], ...] = (
    (
        "Stewardship",
        (
            ("Home", "space_dashboard", "admin:index", ()),
            ("Queue", "rule", "stewardship:queue", ("view",)),
            ("Golden records", "diamond", "admin:hub_goldenrecord_changelist", ("view",)),
            ("Privacy requests", "shield_person", "stewardship:requests", ("privacy",)),
        ),
    ),
    (
        "Pipeline",
        (
            ("Inbox", "inbox", "admin:hub_inboxmessage_changelist", ("operate",)),
            ("Dead letters", "dangerous", "admin:hub_inboxmessage_changelist?status__exact=3", ("operate",)),
            ("Events", "bolt", "admin:hub_outboxevent_changelist", ("operate",)),
            ("Deliveries", "local_shipping", "deliveries:receivers", ("operate",)),
        ),
    ),
    (
        "Set-up",
        (
            ("Source systems", "hub", "admin:hub_sourcesystem_changelist", ("configure", "operate", "view")),
            ("Survivorship", "emoji_events", "stewardship:policy", ("configure",)),
            ("Match models", "tune", "admin:hub_matchmodelversion_changelist", ("configure",)),
            ("Users", "group", "admin:hub_user_changelist", ("manage_users",)),
            ("Audit log", "policy", "admin:hub_auditentry_changelist", ("audit",)),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups with the links that this person may follow."""
    groups: list[dict[str, Any]] = []
    for title, entries in _GROUPS:
        items = [
            _item(request, label, icon, target)
            for label, icon, target, needed in entries
            if not needed or any(may(request.user, permission) for permission in needed)
        ]
        if items:
            groups.append({"title": title, "items": items, "separator": bool(groups), "collapsible": False})
    return groups


def _item(request: HttpRequest, title: str, icon: str, target: str) -> dict[str, Any]:
    name, _, query = target.partition("?")
    link = reverse(name)
    here = request.path == link if name == "admin:index" else request.path.startswith(link)
    if name == "stewardship:queue":
        here = request.path == link or request.path.startswith(f"{link}reviews/")
    if name == "admin:hub_goldenrecord_changelist":
        here = here or request.path.startswith("/stewardship/golden/")
    if name == "admin:hub_inboxmessage_changelist":
        # Two links to one list: the one whose filter is on is where the reader is.
        here = here and (request.GET.get("status__exact") == "3") == bool(query)
    return {
        "title": title,
        "icon": icon,
        "link": f"{link}?{query}" if query else link,
        "has_permission": True,
        "active": here,
    }
