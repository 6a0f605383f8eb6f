"""Role × page of the desk and the administration: who is let in. Nobody else is: without a session they are sent to
sign in, with one they are told 403, and nothing changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DESK = "/stewardship"
ADMIN = "/admin"

EVERYBODY = ("steward", "approver", "lead", "operator", "privacy", "configurer", "auditor", "no role")
VIEW = ("steward", "approver", "lead", "privacy", "configurer")
DECIDE = ("steward", "lead")


@dataclass(frozen=True, slots=True)
class Page:
    """One page and method. ``roles`` are let in, a superuser too; ``ok`` is what they are answered. None: nobody."""

    route: str
    method: str
    path: str
    roles: tuple[str, ...] | None
    ok: int = 200
    body: Any = None
    refused: int = 403

    def lets_in(self, role: str) -> bool:
        return self.roles is not None and (role == "superuser" or role in self.roles)

    @property
    def name(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"


_RV, _GR, _PR = f"{DESK}/reviews/{{review}}", f"{DESK}/golden/{{golden}}", f"{DESK}/requests/{{request}}"
_WE = "/deliveries/{endpoint}"
_PIN = {"attribute": "birth_date"}
_FAULTY = {"text": "name: [", "keep": "1"}

PAGES = (
    Page("queue", "GET", f"{DESK}/", VIEW),
    Page("count", "GET", f"{DESK}/count", VIEW),
    Page("preferences", "GET", f"{DESK}/preferences", VIEW),
    Page("preferences", "POST", f"{DESK}/preferences", VIEW, 302),
    Page("undo", "POST", f"{DESK}/undo", DECIDE, 302),
    Page("review", "GET", f"{_RV}/", VIEW),
    Page("decide", "POST", f"{_RV}/decision", DECIDE, 200, {"judgement": "different"}),
    Page("reveal", "POST", f"{_RV}/reveal", DECIDE),
    Page("evidence", "POST", f"{_RV}/evidence", VIEW),
    Page("hold", "POST", f"{_RV}/hold", DECIDE),
    Page("next", "GET", f"{_RV}/next", VIEW),
    Page("previous", "GET", f"{_RV}/previous", VIEW),
    Page("golden", "GET", f"{_GR}/", VIEW),
    Page("reveal_golden", "POST", f"{_GR}/reveal", DECIDE),
    Page("why_golden", "GET", f"{_GR}/why", VIEW),
    Page("seen_golden", "GET", f"{_GR}/seen", ("auditor",)),
    Page("timeline_golden", "GET", f"{_GR}/timeline", VIEW),
    Page("pin", "POST", f"{_GR}/pin", DECIDE, 422, _PIN),
    Page("pin_choose", "POST", f"{_GR}/pin/choose", DECIDE, 200, _PIN),
    Page("pin_preview", "POST", f"{_GR}/pin/preview", DECIDE, 422, _PIN),
    Page("unpin", "POST", f"{_GR}/unpin", DECIDE, 200, {"pin": "{pin}"}),
    Page("make_request", "GET", f"{_GR}/request", ("privacy",)),
    Page("make_request", "POST", f"{_GR}/request", ("privacy",), 302, {"kind": "access", "jurisdiction": "EU"}),
    Page("requests", "GET", f"{DESK}/requests/", ("privacy",)),
    Page("request", "GET", f"{_PR}/", ("privacy",)),
    Page("request_acknowledge", "POST", f"{_PR}/acknowledge", ("privacy",), 302, {"target": "requester"}),
    Page("request_confirm", "POST", f"{_PR}/confirm", ("privacy",), 400, {}),
    Page("request_extend", "POST", f"{_PR}/extend", ("privacy",), 302, {"reason": "many records"}),
    Page("request_refuse", "POST", f"{_PR}/refuse", ("privacy",), 302, {"reason": "unfounded"}),
    Page("request_lift", "POST", f"{DESK}/requests/{{restriction}}/lift", ("privacy",), 302, {"reason": "settled"}),
    Page("request_bundle", "POST", f"{_PR}/bundle.json", ("privacy",)),
    Page("request_bundle", "POST", f"{_PR}/bundle.html", ("privacy",)),
    Page("policy", "GET", f"{DESK}/policy/", ("configurer",)),
    Page("policy", "POST", f"{DESK}/policy/", ("configurer",), 422, _FAULTY),
    Page("policy_version", "GET", f"{DESK}/policy/{{policy}}/", ("configurer",)),
    Page("policy_version", "POST", f"{DESK}/policy/{{policy}}/", ("configurer",), 422, _FAULTY),
    Page("receivers", "GET", "/deliveries/", ("operator",)),
    Page("receiver", "GET", f"{_WE}/", ("operator",)),
    Page("receiver_pause", "POST", f"{_WE}/pause", ("operator",), 302),
    Page("receiver_resume", "POST", f"{_WE}/resume", ("operator",), 302),
    Page("receiver_rotate", "POST", f"{_WE}/rotate", ("operator",), 200, {"overlap": "86400"}),
    Page("receiver_test", "POST", f"{_WE}/test", ("operator",)),
    Page("receiver_replay", "POST", f"{_WE}/replay", ("operator",), 302, {"delivery": "{delivery}"}),
    Page("index", "GET", f"{ADMIN}/", EVERYBODY),
    Page("search", "POST", f"{ADMIN}/search/", VIEW, 200, {"s": "ashworth"}),
    Page("search", "GET", f"{ADMIN}/search/?s=ashworth", VIEW),
    Page("password_change", "GET", f"{ADMIN}/password_change/", EVERYBODY),
    Page("password_change", "POST", f"{ADMIN}/password_change/", EVERYBODY),
    Page("password_change_done", "GET", f"{ADMIN}/password_change/done/", EVERYBODY),
    Page("second_factor", "GET", f"{ADMIN}/second-factor/", EVERYBODY),
    Page("second_factor", "POST", f"{ADMIN}/second-factor/", EVERYBODY, 422, {"do": "begin"}),
    Page("jsi18n", "GET", f"{ADMIN}/jsi18n/", EVERYBODY),
    Page("autocomplete", "GET", f"{ADMIN}/autocomplete/", None),
    Page("view_on_site", "GET", f"{ADMIN}/r/1/1/", EVERYBODY, 404),
    Page("app_list", "GET", f"{ADMIN}/hub/", ("steward", "approver", "lead", "operator", "privacy", "configurer",
                                               "auditor"), refused=404),
)  # fmt: skip

# The administration's tables: (model, key of an object, who sees it, who changes it). Nobody deletes there.
TABLES: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...] | None], ...] = (
    ("goldenrecord", "{golden_pk}", VIEW, None),
    ("auditentry", "{audit_pk}", ("auditor",), None),
    ("inboxmessage", "{message_pk}", ("operator",), None),
    ("outboxevent", "{event_pk}", ("operator",), None),
    ("endpoint", "{endpoint_pk}", ("operator",), None),
    ("delivery", "{delivery_pk}", ("operator",), None),
    ("user", "{user_pk}", (), ()),
    ("sourcesystem", "{source_pk}", (*VIEW, "operator"), ("configurer",)),
    ("matchmodelversion", "{model_pk}", ("configurer",), None),
)


def _table(model: str, key: str, sees: tuple[str, ...], changes: tuple[str, ...] | None) -> list[Page]:
    base, one = f"hub_{model}", f"{ADMIN}/hub/{model}/{key}"
    away = 302 if model == "goldenrecord" else 200  # it is shown at the desk, where values are masked
    return [
        Page(f"{base}_changelist", "GET", f"{ADMIN}/hub/{model}/", sees),
        Page(f"{base}_changelist", "POST", f"{ADMIN}/hub/{model}/", sees),
        Page(f"{base}_add", "GET", f"{ADMIN}/hub/{model}/add/", changes),
        Page(f"{base}_add", "POST", f"{ADMIN}/hub/{model}/add/", changes, 200, {}),
        Page(f"{base}_change", "GET", f"{one}/change/", sees, away),
        Page(f"{base}_change", "POST", f"{one}/change/", sees if model == "goldenrecord" else changes, away, {}),
        Page(f"{base}_delete", "GET", f"{one}/delete/", None),
        Page(f"{base}_delete", "POST", f"{one}/delete/", None, 200, {"post": "yes"}),
        Page(f"{base}_history", "GET", f"{one}/history/", sees),
    ]


ADMIN_PAGES = (
    *[page for table in TABLES for page in _table(*table)],
    Page("auth_user_password_change", "GET", f"{ADMIN}/hub/user/{{user_pk}}/password/", ()),
    Page("auth_user_password_change", "POST", f"{ADMIN}/hub/user/{{user_pk}}/password/", (), 200, {}),
)
# Answered without a session: the sign-in itself, its end, and what leads to another page by its address alone.
WITHOUT_ROWS = frozenset({"login", "logout", ""})
