"""Who may do what: permissions named as in the stewardship guide, and roles as Django groups that hold them.

Permissions hang on no table row: they say what a person may do, not which rows. Views ask for them by name
(``hub.decide``); the sidebar only hides what is not granted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, router, transaction

from hub.models import Review, User

PERMISSIONS: Mapping[str, str] = {
    "view": "See the queue, reviews and golden records, values masked",
    "decide": "Decide reviews and reveal masked values",
    "split": "Split clusters",
    "unmerge_own": "Undo one's own decisions",
    "unmerge": "Undo anybody's decisions",
    "approve": "Give the second opinion",
    "lead": "Take tasks over, calibrate, see disagreements",
    "operate": "See inbox, dead letters, events and deliveries",
    "privacy": "Handle consent and privacy requests",
    "configure": "Set up source systems and match models",
    "manage_users": "Make users and give them roles",
    "audit": "Read who did and who saw what",
}

_STEWARD = ("view", "decide", "split", "unmerge_own")
ROLES: Mapping[str, tuple[str, ...]] = {
    "steward": _STEWARD,
    "approver": ("view", "approve"),
    "lead": (*_STEWARD, "unmerge", "approve", "lead"),
    "operator": ("operate",),
    "privacy": ("view", "privacy"),
    "configurer": ("view", "configure"),
    "auditor": ("audit",),
}


def create_roles(*, using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Bring groups and permissions in line with this file. Called after every migration; repeating it is harmless."""
    if not router.allow_migrate_model(using, Review):
        return  # the key store knows no people
    kind = ContentType.objects.db_manager(using).get_for_model(Review)
    with transaction.atomic(using=using):
        held = {
            code: Permission.objects.using(using).update_or_create(
                content_type=kind, codename=code, defaults={"name": name}
            )[0]
            for code, name in PERMISSIONS.items()
        }
        for role, codes in ROLES.items():
            group, _made = Group.objects.using(using).get_or_create(name=role)
            others = group.permissions.exclude(content_type=kind)
            group.permissions.set([*others, *(held[code] for code in codes)])


def give_role(*, user: User, role: str) -> None:
    """Put ``user`` into the group of ``role``; raises ``KeyError`` for a role that does not exist."""
    if role not in ROLES:
        raise KeyError(role)
    group = Group.objects.filter(name=role).first()
    if group is None:
        create_roles()  # a database whose groups somebody deleted
        group = Group.objects.get(name=role)
    user.groups.add(group)


def may(user: Any, permission: str) -> bool:
    """Whether ``user`` is signed in, active and holds ``permission`` (such as ``decide``)."""
    return bool(user.is_authenticated and user.is_active and user.has_perm(f"hub.{permission}"))
