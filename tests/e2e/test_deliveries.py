"""An operator helps a receiver in trouble, in a real browser, against a real receiver."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Receiver, endpoint, make_user, sign_in
from tests.e2e.looks import violations
from tests.e2e.test_golden import person
from tests.servers import Stack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def told(hub: Stack, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A receiver that knows another secret, so that it refuses what comes, and a customer whom it should hear of."""
    made = hub.command("create_client", "hooks", "--scope", "webhooks:manage", "--json")
    client = json.loads(made.stdout.strip().splitlines()[-1])
    form = f"grant_type=client_credentials&client_id={client['client_id']}&client_secret={client['client_secret']}"
    with urllib.request.urlopen(f"{hub.url}/oauth/token/", data=form.encode(), timeout=30) as answer:
        token = json.load(answer)["access_token"]
    with endpoint(hub, token, url=receiver.url, description="Newsletter", hidden=["birth_date"]):
        receiver.secret = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        file: Path = tmp_path_factory.mktemp("people") / "people.ndjson"
        file.write_text(json.dumps(person("d-1", "Delia", "Delaney", birth_date="1975-07-30", addresses=[])) + "\n")
        assert hub.command("load", str(file)).returncode == 0
        make_user(hub, "olga", "operator")
        yield hub


def picture(page: Page, name: str) -> None:
    """A picture for whoever wants to look (HUB_SHOTS names the folder)."""
    if folder := os.environ.get("HUB_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_receiver_that_refuses_is_tried_rekeyed_and_gets_everything(
    told: Stack, page: Page, receiver: Receiver
) -> None:
    sign_in(page, "olga")
    page.get_by_role("link", name="Deliveries").click()
    row = page.get_by_role("row").filter(has_text="Newsletter")
    until = time.monotonic() + 20
    while row.get_by_text("Failing").count() == 0 and time.monotonic() < until:
        page.reload()
    expect(row).to_contain_text("Failing")
    assert violations(page) == []
    picture(page, "receivers")
    page.get_by_role("link", name="Newsletter").click()
    expect(page.get_by_text("It refused the event (4xx)").first).to_be_visible()
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator("#tested")).to_contain_text("It refused the event (4xx) (400).")

    page.get_by_text("Another secret").click()
    page.get_by_label("The present one signs for").select_option(label="an hour")
    page.get_by_role("button", name="Make a new secret").click()
    secret = page.locator("#secret").inner_text()
    assert violations(page) == []
    picture(page, "receiver_secret")
    receiver.secret = secret
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator("#tested")).to_contain_text("It took the test: 204")
    assert receiver.of("endpoint.test")

    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#toast")).to_contain_text("Paused")
    expect(page.get_by_text("Paused", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#toast")).to_contain_text("Resumed")
    _until(lambda: bool(receiver.of("golden.created")))
    (event,) = receiver.of("golden.created")
    assert "birth_date" not in event["data"]["profile"]

    page.goto(page.url.partition("?")[0])
    expect(page.locator(".task-question .flag")).to_have_text("Well")
    page.get_by_role("button", name="Send again golden.created").press("Enter")
    expect(page.locator("#toast")).to_contain_text("They will be sent again")
    _until(lambda: len(receiver.of("golden.created")) == 2)
    first, again = receiver.of("golden.created")
    assert first == again
    page.goto(page.url.partition("?")[0])
    page.get_by_text("Send again", exact=True).last.click()
    assert violations(page) == []
    picture(page, "receiver")


def test_the_pages_are_clean_in_the_dark_and_on_a_narrow_screen(told: Stack, page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    sign_in(page, "olga")
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto("/deliveries/")
    assert violations(page) == []
    page.get_by_role("link", name="Newsletter").click()
    expect(page.locator(".task-question")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "receiver_narrow")


def _until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.1)
