"""What axe finds wrong with a page, in its light and its dark colours."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Those of RULES that look at colours; what the others look at is the same in the dark.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
# Colours are measured when transitions have ended; what turns for ever is not waited for.
_SETTLED = """async () => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const ends = document.getAnimations().filter(a => a.effect.getComputedTiming().endTime !== Infinity);
  await Promise.all(ends.map(a => a.finished.catch(() => null)));
}"""
# All that a rule passes is not written out: that takes longer than to look.
_RUN = """async rules => (await axe.run({runOnly: rules, resultTypes: ["violations"]})).violations.map(
  v => ({id: v.id, nodes: v.nodes.map(n => ({target: n.target, html: n.html.slice(0, 120)}))}))"""
_DARK = "dark => document.documentElement.classList.toggle('dark', dark)"
_COLOURS = "() => getComputedStyle(document.body).backgroundColor"


def violations(page: Page) -> list[str]:
    """Of the page as it is."""
    return _run(page, {"type": "tag", "values": RULES})


def violations_in_both(page: Page) -> list[str]:
    """Of a page that was opened in the light, and of what its colours become in the dark: the theme decides on that
    once, when a page is loaded, by a class of the root."""
    found = violations(page)
    light = page.evaluate(_COLOURS)
    page.emulate_media(color_scheme="dark")
    page.evaluate(_DARK, True)
    found += [f"in the dark: {said}" for said in _run(page, {"type": "rule", "values": OF_COLOURS})]
    assert page.evaluate(_COLOURS) != light
    page.evaluate(_DARK, False)
    page.emulate_media(color_scheme="light")
    return found


def _run(page: Page, rules: dict[str, object]) -> list[str]:
    page.evaluate(_SETTLED)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(_RUN, rules)
    return [f"{page.url}: {v['id']}: {n['target']} {n['html']}" for v in found for n in v["nodes"]]
