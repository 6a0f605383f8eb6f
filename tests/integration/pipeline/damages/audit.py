"""Damages to the audit: the breaches of its chain."""

from __future__ import annotations

from hub.sql import rows
from tests.integration.pipeline.damages.breaking import breaks, one


def _tamper(sql: str) -> str:
    """What somebody with the database's own rights can do to the audit: its guard is switched off first."""
    rows("SET LOCAL session_replication_role = replica")
    return f"audit entry {one(sql)}"


@breaks(11, "does not say what it said")
def change_an_audit_entry() -> str:
    return _tamper("UPDATE hub_auditentry SET actor = 'user:1' WHERE position = 2 RETURNING id")


@breaks(11, "does not say what it said")
def take_the_words_without_saying_so() -> str:
    return _tamper("UPDATE hub_auditentry SET salt = NULL WHERE position = 2 RETURNING id")


@breaks(11, "2 is missing")
def take_an_audit_entry_out() -> str:
    _tamper("DELETE FROM hub_auditentry WHERE position = 2 RETURNING id")
    return f"audit entry {one('SELECT id FROM hub_auditentry WHERE position = 3')}"


@breaks(11, "does not follow")
def take_an_audit_entry_out_and_close_the_gap() -> str:
    _tamper("DELETE FROM hub_auditentry WHERE position = 2 RETURNING id")
    rows("UPDATE hub_auditentry SET position = -position WHERE position > 2")
    rows("UPDATE hub_auditentry SET position = -position - 1 WHERE position < 0")
    return f"audit entry {one('SELECT id FROM hub_auditentry WHERE position = 2')}"


@breaks(11, "does not follow")
def put_an_audit_entry_in_between() -> str:
    _tamper("SELECT 0")
    rows("UPDATE hub_auditentry SET position = -position WHERE position > 1")
    rows("UPDATE hub_auditentry SET position = 1 - position WHERE position < 0")
    return _tamper("INSERT INTO hub_auditentry (at, actor, action, subject, detail, salt, commitment, position, hash) "
                   "SELECT at, actor, action, subject, detail, salt, commitment, 2, hash FROM hub_auditentry "
                   "WHERE position = 1 RETURNING id")  # fmt: skip


@breaks(11, "does not follow")
def swap_two_audit_entries() -> str:
    _tamper("SELECT 0")
    for old, new in ((1, -1), (2, 1), (-1, 2)):
        rows("UPDATE hub_auditentry SET position = %s WHERE position = %s", new, old)
    return f"audit entry {one('SELECT id FROM hub_auditentry WHERE position = 1')}"
