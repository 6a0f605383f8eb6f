"""What stands in the databases, in one value for each table: a refused request leaves every one of them as it was."""

from __future__ import annotations

from hub.sql import rows

# A session is renewed by being used, also for a page that is refused.
_RENEWED = frozenset({"django_session"})


def contents() -> dict[str, str]:
    """(database, table) → a hash of all its rows, whatever their order."""
    found = {}
    for alias in ("default", "keystore"):
        tables = [
            name for (name,) in rows("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'", using=alias)
        ]
        for name in sorted(set(tables) - _RENEWED):
            ((value,),) = rows(
                f"SELECT md5(coalesce(string_agg(h, '' ORDER BY h), '')) FROM (SELECT md5(t::text) h FROM {name} t) x",
                using=alias,
            )
            found[f"{alias}.{name}"] = value
    return found


def changed(before: dict[str, str]) -> list[str]:
    """The tables that differ from then."""
    now = contents()
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
