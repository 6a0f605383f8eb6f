"""What clients read is written within a second, and by a stop in good order."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.servers import Stack

pytestmark = pytest.mark.servers


def _reads(stack: Stack, out: Path) -> list[int]:
    """How many reads each entry of the exported audit tells of."""
    done = stack.manage("audit", "export", "--out", str(out))
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in out.read_text().splitlines()[1:]]
    return [line["detail"]["reads"] for line in lines if line["action"] == "profiles.read"]


def test_a_stop_loses_no_read(stack: Stack, tmp_path: Path) -> None:
    made = json.loads(stack.manage("create_client", "till", "--scope", "golden:read", "--json").stdout)
    form = urllib.parse.urlencode({"grant_type": "client_credentials", **made}).encode()
    with urllib.request.urlopen(stack.url + "/oauth/token/", data=form) as answer:
        bearer = {"Authorization": f"Bearer {json.load(answer)['access_token']}"}
    assert stack.get("/api/v1/golden", **bearer)[0] == 200
    time.sleep(2.5)  # written every second, whoever stops or not
    assert sum(_reads(stack, tmp_path / "before.ndjson")) == 1
    for _ in range(20):
        assert stack.get("/api/v1/golden", **bearer)[0] == 200
    assert stack.stop() == 0
    stack.start()
    assert sum(_reads(stack, tmp_path / "after.ndjson")) == 21
    assert stack.manage("verify").returncode == 0
