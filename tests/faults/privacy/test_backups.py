"""Backup, erasure, restore: what comes back has forgotten again before anybody may use it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import Stack
from tests.verified import assert_verified

pytestmark = pytest.mark.faults

ROWS = """source_system,source_id,given_name,family_name,birth_date,email,updated_at
crm,1,Alice,Ashworth,1984-03-12,alice@example.com,2026-01-02T09:00:00Z
pos,9,Alice,Ashworth,1984-03-12,alice@example.com,2026-01-02T09:00:00Z
erp,5,Bob,Okonkwo,1961-11-30,bob@example.org,2026-01-02T09:00:00Z
"""
ERASE = """
import django; django.setup()
from hub.models import PrivacyRequest
from hub.privacy import requests, targets, work
made = requests.file(kind="erasure", subject=targets.of_record("crm", "1"), by="system")
print(work.begin(made).state)
"""
STATE = """
import django; django.setup()
from hub.api.health import readyz
from django.test import RequestFactory
print(readyz(RequestFactory().get("/readyz")).content.decode())
"""


class Shell:
    """Commands on servers that nothing else uses."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def run(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        done = self.stack.manage(*arguments, "--json")
        assert done.returncode == code, (arguments, done.stdout[-1500:], done.stderr[-1500:])
        return {"said": done.stderr + done.stdout, **(json.loads(done.stdout.splitlines()[-1]) if not code else {})}

    def python(self, program: str) -> str:
        environ = {**self.stack.environ, "DJANGO_SETTINGS_MODULE": "hub.conf.settings"}
        done = subprocess.run([sys.executable, "-c", program], cwd=self.stack.checkout, env=environ,
                              capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout.strip().splitlines()[-1]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with Stack(what="servers", begun=True) as stack:
        shell = Shell(stack)
        file = tmp_path / "rows.csv"
        file.write_text(ROWS)
        shell.run("load", str(file))
        yield shell


def test_a_restored_hub_forgets_again(shell: Shell, tmp_path: Path) -> None:
    main, keys = tmp_path / "main", tmp_path / "keys"
    told = shell.run("backup", str(main), "--keys", str(keys))
    assert told["ledger"] == 0
    assert stat.S_IMODE(main.stat().st_mode) == 0o700
    assert stat.S_IMODE((main / "hub.dump").stat().st_mode) == 0o600
    assert shell.run("backup", str(main), code=2)["said"].count("not empty")
    assert shell.python(ERASE) == "waiting_for_targets"
    assert_verified(shell.stack)

    told = shell.run("restore", str(main))
    assert told["erasures_repeated"] == 1
    found = assert_verified(shell.stack)
    assert found["records"] == 1
    refused = shell.run("restore", str(main), "--keys", str(keys), code=2)
    assert "would be readable again" in refused["said"]

    # Put back by somebody else's hand, it says itself that it is not ready, and a worker makes it so.
    from hub.privacy.backups import find

    url = shell.stack.runtime()["DATABASE_URL"]
    subprocess.run([str(find("pg_restore")), "--clean", "--if-exists", "--no-owner", f"--dbname={url}",
                    str(main / "hub.dump")], check=True)  # fmt: skip
    said = json.loads(shell.python(STATE))
    assert said["status"] == "not ready"
    assert "erasures" in said["not_ready"]
    assert shell.stack.manage("verify", "--json").returncode == 1
    assert shell.python("import django; django.setup()\nfrom hub.privacy import work\nprint(work.go_on())") == "1"
    assert "erasures" not in json.loads(shell.python(STATE))["not_ready"]
    assert_verified(shell.stack)


def test_a_key_store_that_is_older_or_of_another_hub_is_noticed(shell: Shell, tmp_path: Path) -> None:
    early, keys, late = tmp_path / "early", tmp_path / "keys", tmp_path / "late"
    shell.run("backup", str(early), "--keys", str(keys))
    assert shell.python(ERASE) == "waiting_for_targets"
    shell.run("backup", str(late))
    # The keys of before, put back by hand: they could read what was erased.
    from hub.privacy.backups import find

    url = shell.stack.runtime()["DATABASE_URL"].replace("/concord?", "/concord_keys?")
    subprocess.run([str(find("pg_restore")), "--clean", "--if-exists", "--no-owner", f"--dbname={url}",
                    str(keys / "keys.dump")], check=True)  # fmt: skip
    said = json.loads(shell.python(STATE))
    assert "older than the database" in said["checks"]["erasures"]
    assert "older than the backup" in shell.run("restore", str(late), code=2)["said"]
    note = json.loads((early / "backup.json").read_text())
    (early / "backup.json").write_text(json.dumps({**note, "key_store": "00" * 16}))
    assert "not that of the backup" in shell.run("restore", str(early), code=2)["said"]
    (early / "backup.json").write_text(json.dumps({**note, "migrations": ["hub.9999_from_the_future"]}))
    assert "newer version of Concord" in shell.run("restore", str(early), code=2)["said"]
    assert "no whole backup" in shell.run("restore", str(tmp_path), code=2)["said"]


def test_keys_are_wrapped_anew_and_the_old_master_key_opens_nothing(shell: Shell) -> None:
    import base64

    kept = json.loads(shell.stack.state.secrets.read_text())
    fresh = base64.urlsafe_b64encode(os.urandom(32)).decode()
    shell.stack.environ["HUB_MASTER_KEY"] = f"{fresh},{kept['HUB_MASTER_KEY']}"
    assert shell.run("rotate_keys")["rotated"] >= 3
    assert shell.run("rotate_keys")["rotated"] == 0
    shell.stack.environ["HUB_MASTER_KEY"] = fresh
    assert_verified(shell.stack)
    shell.stack.environ["HUB_MASTER_KEY"] = kept["HUB_MASTER_KEY"]
    assert shell.stack.manage("verify", "--json").returncode != 0
