"""What a restore asks before it touches anything; the way itself is in ``tests/faults/privacy``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from hub.privacy import backups

pytestmark = pytest.mark.django_db(transaction=True)


def refused(*arguments: str, capsys: Any) -> str:
    with pytest.raises(SystemExit) as ended:
        call_command(*arguments)
    assert ended.value.code == 2
    return str(capsys.readouterr().err)


def test_it_refuses_while_a_worker_is_connected(tmp_path: Path, capsys: Any) -> None:
    given = {**connection.get_connection_params(), "application_name": "concord worker 4711"}
    for extra in ("cursor_factory", "context", "prepare_threshold"):
        given.pop(extra, None)
    assert backups.workers() == 0
    with psycopg.connect(**given):
        assert backups.workers() == 1
        assert "stop the hub first" in refused("restore", str(tmp_path), capsys=capsys)


def test_keys_are_not_put_with_what_they_open(tmp_path: Path, capsys: Any) -> None:
    said = refused("backup", str(tmp_path / "a"), "--keys", str(tmp_path / "a" / "keys"), capsys=capsys)
    assert "protect nothing" in said
    assert not (tmp_path / "a").exists()


def test_what_is_no_backup_is_said(tmp_path: Path, capsys: Any) -> None:
    assert "no whole backup" in refused("restore", str(tmp_path), capsys=capsys)
    (tmp_path / "backup.json").write_text("{")
    assert "cannot be read" in refused("restore", str(tmp_path), capsys=capsys)
    (tmp_path / "backup.json").write_text(json.dumps({"format": 1, "of": "keystore"}))
    assert "of this form" in refused("restore", str(tmp_path), capsys=capsys)
    (tmp_path / "hub.dump").write_bytes(b"PGDMP")
    note = {"format": 1, "of": "default", "postgresql": 1, "migrations": ["hub.9999_from_the_future"]}
    (tmp_path / "backup.json").write_text(json.dumps(note))
    assert "newer version of Concord" in refused("restore", str(tmp_path), capsys=capsys)
    (tmp_path / "backup.json").write_text(json.dumps({**note, "postgresql": 999}))
    assert "server that is not older" in refused("restore", str(tmp_path), capsys=capsys)
    (tmp_path / "backup.json").write_text(json.dumps({**note, "migrations": [], "key_store": "00", "ledger": 0}))
    assert "not that of the backup" in refused("restore", str(tmp_path), capsys=capsys)
