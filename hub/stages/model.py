"""The match model that is in force."""

from __future__ import annotations

from functools import lru_cache

from django.db import transaction

from hub.errors import ModelSwitched, NoModel
from hub.models import MatchModelVersion
from hub.sql import lock_once, rows
from matching.model import MatchModel, ModelError, shipped


def active() -> tuple[int, MatchModel]:
    """(id, model) of the active version; a hub without any takes the one that ships with the project.

    Raises ``NoModel`` where the active document cannot be read.
    """
    found = rows("SELECT id FROM hub_matchmodelversion WHERE active")
    return (found[0][0], version(found[0][0])) if found else _take_shipped()


@lru_cache(maxsize=4)
def version(model_id: int) -> MatchModel:
    """A version never changes, so that a process reads each once."""
    document = MatchModelVersion.objects.only("document").get(pk=model_id).document
    try:
        return MatchModel.from_json(document)
    except ModelError as error:
        raise NoModel(f"The active match model cannot be read: {error}") from error


def hold(model_id: int, *, patience: str = "", durable: bool = True) -> None:
    """Keep the active model from being switched until the transaction ends; raises ``ModelSwitched`` where it
    is another by now.

    With ``patience`` (as PostgreSQL writes a time) the transaction waits for no lock any longer. One that is not
    ``durable`` does not wait for the disk at its end: the next that does flushes its commit too.
    """
    settings = "" if durable else "set_config('synchronous_commit', 'off', true), "
    settings += "set_config('lock_timeout', %s, true), " if patience else ""
    lock = "pg_advisory_xact_lock_shared(hashtextextended('match model', 0))"
    rows(f"SELECT {settings}{lock}", *([patience] if patience else []))
    if rows("SELECT id FROM hub_matchmodelversion WHERE active") != [(model_id,)]:
        raise ModelSwitched


def lock_for_switch() -> None:
    """Wait for every transaction that resolves under the present model, and keep new ones waiting."""
    lock_once("match model")


def _take_shipped() -> tuple[int, MatchModel]:
    model = shipped()
    with transaction.atomic():
        lock_once("match model")
        row, _ = MatchModelVersion.objects.get_or_create(name=model.name, defaults={"document": model.to_json()})
        if not MatchModelVersion.objects.filter(active=True).exists():
            row.active = True
            row.save(update_fields=["active"])
    return row.pk, version(row.pk)
