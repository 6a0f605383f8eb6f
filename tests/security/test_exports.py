"""What commands write as CSV is harmless in a spreadsheet and exact for whoever reads it again."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from hub import pipeline
from hub.models import SourceSystem
from hub.models.inbox import Lane
from matching.flatfiles import rows

pytestmark = [pytest.mark.servers, pytest.mark.django_db]
NASTY = '=HYPERLINK("http://evil.example","look")'
PHONE = "+442079460991"


@pytest.fixture
def nasty(db: None) -> None:
    SourceSystem.objects.get_or_create(code="crm", defaults={"kind": "crm"})
    record = {"source_id": "=1+1", "name": {"given": "@SUM(A1)", "family": "+cmd|' /C calc'!A0"},
              "organisation": {"name": NASTY}, "phones": [{"value": PHONE}]}  # fmt: skip
    receipts = pipeline.receive(source=SourceSystem.objects.get(code="crm"), payloads=[record], lane=Lane.BULK)
    assert receipts[0].problem is None
    pipeline.drain()


@pytest.mark.parametrize("what", ["golden", "crosswalk"])
def test_exports_hold_no_formula_and_are_read_as_they_were(what: str, nasty: None, tmp_path: Path) -> None:
    guarded, exact = tmp_path / "guarded.csv", tmp_path / "exact.csv"
    call_command("export", what, "--out", str(guarded), stdout=io.StringIO())
    call_command("export", what, "--out", str(exact), "--exact", stdout=io.StringIO())
    with guarded.open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell[:1] in "=@\t\r" and cell]
    assert [cell for cell in cells if cell[:1] in "+-" and cell] == ([PHONE] if what == "golden" else [])
    with exact.open(newline="") as file:
        written = [dict(row) for row in csv.DictReader(file)]
    assert [row for _, row in rows(guarded)] == written
    assert any(cell[:1] == "=" for cell in written[0].values())


def test_a_file_of_rejects_holds_no_formula(db: None, tmp_path: Path) -> None:
    SourceSystem.objects.get_or_create(code="crm", defaults={"kind": "crm"})
    file, out = tmp_path / "crm.csv", tmp_path / "rejects.csv"
    file.write_text('source_system,source_id,birth_date\ncrm,"=1+cmd|x",1984-99-99\ncrm,2,1984-01-01\n')
    with pytest.raises(SystemExit) as ended:
        call_command("load", str(file), "--rejects", str(out), "--json", stdout=io.StringIO(), stderr=io.StringIO())
    assert ended.value.code == 1
    with out.open(newline="") as found:
        (row,) = csv.DictReader(found)
    assert row["source_id"] == "'=1+cmd|x"
    assert json.dumps(row)
