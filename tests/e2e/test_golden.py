"""A customer's page in a real browser: what is shown, pinned, taken back, asked for under privacy law, and erased."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import make_user, sign_in
from tests.e2e.looks import violations_in_both
from tests.servers import Stack

pytestmark = pytest.mark.browser
SECRETS = ("Ashworth", "Osgood", "ashworth@example.com", "1984-03-12", "Linden", "LS1")


def person(source_id: str, given: str, family: str, system: str = "crm", **more: Any) -> dict[str, Any]:
    return {
        "source_system": system, "source_id": source_id, "name": {"given": given, "family": family},
        "birth_date": "1984-03-12", "emails": [{"value": f"{given}.{family}@example.com".lower()}],
        "addresses": [{"street": "14 Linden Road", "city": "Leeds", "postal_code": "LS1 4AP", "country": "GB"}],
        "occurred_at": "2026-01-02T09:00:00Z", **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def loaded(hub: Stack, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Two customers, of two records and of one, and people of three roles."""
    said = {"purpose": "marketing", "channel": "email", "contact_point": "alice.ashworth@example.com"}
    consents = [{**said, "state": "granted", "captured_at": "2025-02-01T00:00:00Z"},
                {**said, "state": "withdrawn", "captured_at": "2025-03-01T00:00:00Z"}]  # fmt: skip
    records = [
        person("1", "Alice", "Ashworth", consents=consents),
        person("T-9", "Alice", "Ashworth", "pos", attributes={"shoe_size": 41}),
        person("2", "Bertram", "Osgood", birth_date="1961-10-30"),
    ]
    file: Path = tmp_path_factory.mktemp("people") / "people.ndjson"
    file.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    loading = hub.command("load", str(file))
    assert loading.returncode == 0, loading.stderr
    make_user(hub, "bob", "steward")
    make_user(hub, "petra", "privacy", "auditor")
    make_user(hub, "paul", "privacy")
    return hub


@pytest.fixture(scope="module")
def token(hub: Stack) -> str:
    made = hub.command("create_client", "trial", "--scope", "golden:read", "--json")
    client = json.loads(made.stdout.strip().splitlines()[-1])
    form = f"grant_type=client_credentials&client_id={client['client_id']}&client_secret={client['client_secret']}"
    with urllib.request.urlopen(f"{hub.url}/oauth/token/", data=form.encode(), timeout=30) as answer:
        return str(json.load(answer)["access_token"])


@pytest.fixture(autouse=True)
def nothing_personal_in_addresses_or_titles(page: Page) -> Any:
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("load", lambda loaded: seen.append(loaded.title()))
    yield
    assert not [text for text in seen for secret in SECRETS if secret.lower() in text.lower()]


def find(page: Page, name: str) -> str:
    """Find a customer as a steward does, and open the page; the golden id."""
    page.goto("/stewardship/")
    page.keyboard.press("/")
    page.keyboard.type(name)
    page.get_by_role("link", name=re.compile(name, re.IGNORECASE)).first.click()
    expect(page.locator("#golden")).to_be_visible()
    return page.url.rstrip("/").rsplit("/", 1)[-1]


def ask(hub: Stack, token: str, golden_id: str) -> tuple[int, Any]:
    return hub.get(f"/api/v1/golden/{golden_id}", Authorization=f"Bearer {token}")


def test_a_value_is_revealed_pinned_and_taken_back(loaded: Stack, page: Page, token: str) -> None:
    sign_in(page, "bob")
    golden_id = find(page, "Ashworth")
    table = page.locator(".golden-profile").first
    expect(table).not_to_contain_text("1984-03-12")
    expect(page.get_by_text("Not allowed: withdrawn on 2025-03-01")).to_be_visible()
    row = table.get_by_role("row").filter(has_text="Birth date")
    row.get_by_role("button", name="Birth date in clear").press("Enter")
    expect(row).to_contain_text("1984-03-12")
    expect(row.get_by_role("button", name="Birth date in clear")).to_be_focused()
    expect(table).not_to_contain_text("Ashworth")

    row.get_by_role("button", name="Pin or ignore Birth date").click()
    expect(page.locator("#pin-title")).to_be_focused()
    page.get_by_label("Birth date", exact=True).fill("1984-03-21")
    page.get_by_label("Pin what you typed").check()
    page.get_by_label("Why").fill("Her passport")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".changes ins")).to_have_text("1984-03-21")
    assert ask(loaded, token, golden_id)[1]["profile"]["birth_date"] == "1984-03-12"
    page.get_by_role("button", name="Do it").click()
    expect(page.locator("#toast")).to_contain_text("Pinned")
    expect(row).to_contain_text("pinned")
    assert ask(loaded, token, golden_id)[1]["profile"]["birth_date"] == "1984-03-21"

    row.get_by_role("button", name="Unpin").click()
    expect(page.locator("#toast")).to_contain_text("Taken back")
    assert ask(loaded, token, golden_id)[1]["profile"]["birth_date"] == "1984-03-12"


def test_why_its_records_are_one_and_who_saw_it_open_on_demand(loaded: Stack, page: Page) -> None:
    make_user(loaded, "dana", "lead", "auditor")
    sign_in(page, "dana")
    find(page, "Ashworth")
    page.get_by_role("button", name="Why one customer?").click()
    expect(page.locator("#why")).to_contain_text("Same e-mail")
    page.locator("#seen").get_by_role("button", name="Show").click()
    expect(page.locator("#seen")).to_contain_text("Dana looked at it")
    page.keyboard.press("r")
    expect(page.locator("#golden .hidden-value")).to_have_count(0)
    page.get_by_role("button", name="Hide all").click()
    expect(page.locator("#golden")).not_to_contain_text("Linden")


@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_of_a_customer_has_an_accessibility_violation(loaded: Stack, browser: Any, width: int) -> None:
    context = browser.new_context(base_url=loaded.url, viewport={"width": width, "height": 900})
    context.set_default_timeout(15_000)
    page = context.new_page()
    name = f"axe-{width}"
    make_user(loaded, name, "steward", "privacy", "auditor", "configurer")
    sign_in(page, name)
    page.goto("/admin/search/")
    golden_id = _golden_id(page, "Ashworth")
    page.goto(f"/stewardship/golden/{golden_id}/")
    found = violations_in_both(page)
    page.locator(".losers summary, .statements summary").first.click()
    page.get_by_role("button", name="Why one customer?").click()
    expect(page.locator("#why")).to_contain_text("Same e-mail")
    page.locator("#seen").get_by_role("button", name="Show").click()
    page.locator(".icon-only").first.click()
    expect(page.locator("#pin-form")).to_be_visible()
    page.get_by_label("Why (kept sealed)").fill("As the customer says")
    page.locator("input[name=choice]").nth(1).check()
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview-title")).to_be_visible()
    found += violations_in_both(page)
    page.goto(f"/stewardship/golden/{golden_id}/request")
    found += violations_in_both(page)
    page.get_by_label("Erasure").check()
    page.get_by_role("button", name="File the request").click()
    expect(page.get_by_text("Nobody can undo this")).to_be_visible()
    found += violations_in_both(page)
    page.goto(f"/stewardship/golden/{golden_id}/request")
    page.get_by_label("Access").check()
    page.get_by_role("button", name="File the request").click()
    expect(page.get_by_role("button", name="Download to read")).to_be_visible()
    for summary in page.locator("details.card summary").all():
        summary.click()
    found += violations_in_both(page)
    for address in ("/stewardship/requests/", "/stewardship/requests/?view=closed", "/stewardship/policy/"):
        page.goto(address)
        found += violations_in_both(page)
    context.close()
    assert found == []


def _golden_id(page: Page, name: str) -> str:
    """By the search's own door: on a narrow page its box is behind the menu."""
    token = page.context.cookies()
    csrf = next(cookie["value"] for cookie in token if cookie["name"] == "csrftoken")
    answer = page.request.post("/admin/search/", form={"s": name}, headers={"X-CSRFToken": csrf})
    found = re.search(r"/stewardship/golden/(gr_[0-9a-z]{26})/", answer.text())
    assert found, answer.status
    return found[1]


def test_a_customer_asks_to_be_erased_and_is_gone_for_ever(loaded: Stack, page: Page, token: str) -> None:
    """Last, because afterwards there is nobody."""
    sign_in(page, "petra")
    golden_id = find(page, "Osgood")
    page.get_by_role("link", name="New request").click()
    page.get_by_label("Erasure").check()
    page.get_by_label("Your reference").fill("DSR-1")
    page.get_by_role("button", name="File the request").click()
    expect(page.get_by_text("Its 1 source record is forgotten")).to_be_visible()
    assert ask(loaded, token, golden_id)[0] == 200
    page.get_by_label("Type erase to confirm").fill("erase")
    page.get_by_role("button", name="Erase").click()
    expect(page.get_by_text("A second person confirms")).to_be_visible()
    expect(page.get_by_text("You filed it")).to_be_visible()
    assert ask(loaded, token, golden_id)[0] == 200
    request = page.url

    page.context.clear_cookies()
    sign_in(page, "paul")
    page.goto(request)
    page.get_by_label("Type erase to confirm").fill("erase")
    page.get_by_role("button", name="Erase", exact=True).click()
    expect(page.locator(".steps .is-done")).to_have_count(2)
    assert ask(loaded, token, golden_id)[0] == 410
    page.get_by_label("Proof").first.fill("Deleted in the CRM, job 88")
    page.get_by_role("button", name=re.compile("It is done")).first.click()
    expect(page.get_by_text("Proof of erasure")).to_be_visible()
    expect(page.get_by_text("DSR-1")).to_have_count(0)
    assert page.request.get(f"/stewardship/golden/{golden_id}/").status == 410
    logs = "".join(
        file.read_text(errors="replace") for file in (loaded.state.root / "log").rglob("*") if file.is_file()
    )
    assert not [secret for secret in (*SECRETS, "DSR-1", "Her passport") if secret in logs]
