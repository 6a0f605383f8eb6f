"""The whole path: records in, a steward decides by keyboard, the golden record changes, the webhook arrives."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Receiver, endpoint, make_user, sign_in
from tests.e2e.looks import violations_in_both
from tests.servers import Stack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def token(hub: Stack) -> str:
    scopes = ["webhooks:manage", "golden:read", "reviews:write", "events:read"]
    arguments = [part for scope in scopes for part in ("--scope", scope)]
    made = hub.command("create_client", "review", *arguments, "--json")
    assert made.returncode == 0, made.stderr
    client = json.loads(made.stdout.strip().splitlines()[-1])
    form = f"grant_type=client_credentials&client_id={client['client_id']}&client_secret={client['client_secret']}"
    with urllib.request.urlopen(f"{hub.url}/oauth/token/", data=form.encode(), timeout=30) as answer:
        return str(json.load(answer)["access_token"])


@pytest.fixture(scope="module")
def loaded(hub: Stack, receiver: Receiver, token: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The hub with a small sample in it, two stewards, and the receiver registered before anything happened."""
    with endpoint(hub, token, url=receiver.url, events=[]) as receiver.secret:
        folder: Path = tmp_path_factory.mktemp("sample")
        subprocess.run([sys.executable, "-m", "samples", "--out", str(folder), "--format", "flat", "--persons", "250"],
                       cwd=hub.checkout, env=hub.environ, check=True, capture_output=True, timeout=120)  # fmt: skip
        loading = hub.command("load", str(folder / "records.csv"))
        assert loading.returncode == 0, loading.stderr
        for name in ("alice", "ben"):
            make_user(hub, name, "steward")
        yield hub


def soon(what: Callable[[], Any], *, seconds: float = 30) -> Any:
    """The first true answer of ``what``, asked until the time is up."""
    until = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < until:
        time.sleep(0.1)
    return found


def golden(hub: Stack, token: str, golden_id: str) -> tuple[int, Any]:
    return hub.get(f"/api/v1/golden/{golden_id}", Authorization=f"Bearer {token}")


def open_first(page: Page) -> None:
    page.goto("/stewardship/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".task")).to_be_visible()


def open_undisputed(page: Page) -> str:
    """Open the first review of the queue, by keyboard, and go on to one of two single records that no hard
    conflict keeps apart; its id."""
    open_first(page)
    task = page.locator(".task")
    seen: set[str | None] = set()
    while page.locator("form[data-needs-reason]").count() or page.locator(".side .records li").count() != 2:
        here = task.get_attribute("data-review")
        assert here not in seen, "no review of two single records without a conflict is in the sample"
        seen.add(here)
        page.keyboard.press("j")
        expect(task).not_to_have_attribute("data-review", here or "")
    return task.get_attribute("data-review") or ""


def test_a_decision_by_keyboard_reaches_the_golden_record_and_the_receiver_and_is_undone(
    loaded: Stack, page: Page, receiver: Receiver, token: str
) -> None:
    sign_in(page, "alice")
    review = open_undisputed(page)
    versions: dict[str, int] = json.loads(page.locator("#decision input[name=versions]").input_value())
    assert len(versions) == 2
    merged_before = len(receiver.of("golden.merged"))

    page.keyboard.press("m")
    expect(page.locator("#toast")).to_contain_text("Undone with Z")
    expect(page.locator(".task")).not_to_have_attribute("data-review", review)  # the next task is there at once

    merged = soon(lambda: receiver.of("golden.merged")[merged_before:])
    assert merged, "no golden.merged arrived"
    (event,) = merged
    winner = event["subject"]
    assert {winner, *event["data"]["merged_from"]} == set(versions)
    assert event["data"]["cause"]["type"] == "judgement"
    status, profile = golden(loaded, token, winner)
    assert (status, profile["version"]) == (200, event["data"]["version"])
    assert profile["version"] > versions[winner]
    assert len(profile["crosswalk"]) == len(event["data"]["crosswalk"]) >= 2

    page.goto(f"/stewardship/golden/{winner}/")
    expect(page.get_by_text("two records were judged same").first).to_be_visible()

    open_first(page)
    page.keyboard.press("z")
    expect(page.locator("#toast")).to_contain_text("was taken back")
    split = soon(lambda: receiver.of("golden.split") or receiver.of("golden.unmerged"))
    assert split, f"no split arrived: {sorted({e['type'] for e in receiver.events})}"
    after = json.loads(page.locator("#decision input[name=versions]").input_value())
    assert len(after) == 2
    assert winner in after
    assert len(golden(loaded, token, winner)[1]["crosswalk"]) < len(profile["crosswalk"])
    assert receiver.forged == 0


def test_two_stewards_see_one_another(loaded: Stack, page: Page, browser: Any) -> None:
    sign_in(page, "alice")
    open_first(page)
    other = browser.new_context(base_url=loaded.url).new_page()
    sign_in(other, "ben")
    other.goto(page.url)
    expect(other.get_by_text("Alice is at this review")).to_be_visible()
    expect(other.locator("button.verdict")).to_have_count(0)
    other.context.close()


def test_keys_can_be_switched_off(loaded: Stack, page: Page) -> None:
    sign_in(page, "ben")
    page.goto("/stewardship/preferences")
    page.get_by_label("Use single-letter keys").uncheck()
    page.get_by_role("button", name="Save").click()
    page.goto("/stewardship/")
    page.locator(".queue-row").first.click()
    expect(page.locator(".task")).to_be_visible()
    before = page.url
    for key in "mnujr":
        page.keyboard.press(key)
    page.wait_for_timeout(400)
    assert page.url == before
    assert page.locator(".hidden-value").count() > 0
    page.get_by_role("button", name="Next").click()
    page.wait_for_url(lambda url: url != before)
    page.goto("/stewardship/preferences")
    page.get_by_label("Use single-letter keys").check()
    page.get_by_role("button", name="Save").click()


@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_has_an_accessibility_violation(loaded: Stack, browser: Any, width: int) -> None:
    context = browser.new_context(base_url=loaded.url, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto("/admin/login/")
    found = violations_in_both(page)
    sign_in(page, "alice")
    found += violations_in_both(page)
    page.goto("/stewardship/")
    found += violations_in_both(page)
    page.locator(".queue-row").first.click()
    expect(page.locator(".task")).to_be_visible()
    found += violations_in_both(page)
    page.keyboard.press("r")
    expect(page.locator(".hidden-value")).to_have_count(0)
    page.keyboard.press("e")
    expect(page.locator("#waterfall-body")).to_be_visible()
    found += violations_in_both(page)
    page.get_by_role("link", name="Golden record", exact=True).first.click()
    page.wait_for_url("**/golden/**")
    found += violations_in_both(page)
    context.close()
    assert found == []
