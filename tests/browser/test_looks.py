"""The page in both colour schemes, on narrow screens, and for those who cannot see it."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from tests.browser.conftest import Visit, search, wait_for_state
from tests.browser.gists import FLAWED
from tests.browser.serving import GatedGists

SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
KEYS = "AKIA[0-9A-Z]{16}"
LONG = MemoryGist({"x" * 120 + ".txt": b"needle " + b"y" * 3_000 + b"\n"}, "z" * 250, languages={})


def _violations(page: Page, rules: list[str]) -> list[str]:
    options: dict[str, Any] = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{rule['id']}: {[node['html'] for node in rule['nodes']]}" for rule in found]


@pytest.mark.parametrize(("scheme", "rules"), [("light", []), ("dark", ["color-contrast"])])
def test_every_state_is_accessible(visit: Visit, scheme: Literal["light", "dark"], rules: list[str]) -> None:
    """By all rules of axe-core, and in the dark by its rule of contrast: start, options, running, partial with details,
    errors.
    """
    source = GatedGists({"octocat": FLAWED}, held=["last.txt"])
    page = visit(source)
    page.emulate_media(color_scheme=scheme)
    page.get_by_text("More options").click()
    assert _violations(page, rules) == []
    page.get_by_label("Ignore case").check()
    search(page, "octocat", KEYS)
    expect(page.locator(".gist")).to_have_count(3)
    assert _violations(page, rules) == []
    source.release("last.txt")
    wait_for_state(page, "partial")
    page.locator("#missing summary").first.click()
    page.keyboard.press("j")
    assert _violations(page, rules) == []
    search(page, "nobody", KEYS)
    expect(page.locator("#username-error")).to_be_visible()
    assert _violations(page, rules) == []
    page.route("**/api/v1/search", lambda route: route.abort())
    search(page, "octocat", KEYS)
    expect(page.get_by_role("alert")).to_be_visible()
    assert _violations(page, rules) == []


def test_colours_follow_the_scheme(visit: Visit) -> None:
    """Dark text on a light ground, and the other way round."""
    page = visit(InMemoryGists({"octocat": FLAWED}))
    brightness: dict[str, tuple[float, float]] = {}
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        ground, text = page.evaluate(
            """() => ["backgroundColor", "color"].map((name) => {
                const parts = getComputedStyle(document.body)[name].match(/[0-9.]+/g).map(Number);
                return (parts[0] + parts[1] + parts[2]) / 3;
            })"""
        )
        brightness[scheme] = ground, text
    assert brightness["light"][0] > 200 > 60 > brightness["light"][1]
    assert brightness["dark"][0] < 60 < 200 < brightness["dark"][1]


@pytest.mark.parametrize("width", [360, 768, 1_600])
def test_nothing_is_cut_off_at_any_width(visit: Visit, width: int) -> None:
    """In no state does the page scroll sideways, and no control lies outside of it."""
    page = visit(InMemoryGists({"octocat": [LONG, *FLAWED]}))
    page.set_viewport_size({"width": width, "height": 740})
    page.get_by_text("More options").click()
    _check_fits(page)
    search(page, "octocat", "needle|" + KEYS)
    wait_for_state(page, "partial")
    page.locator("#missing summary").last.click()
    _check_fits(page)
    search(page, "octocat" * 5, "(" * 60)
    expect(page.locator("#pattern-error")).to_be_visible()
    _check_fits(page)


def _check_fits(page: Page) -> None:
    width, needed = page.evaluate("[document.documentElement.clientWidth, document.documentElement.scrollWidth]")
    assert needed <= width
    outside = page.evaluate(
        """() => [...document.querySelectorAll("button, input, summary, a")]
            .filter((each) => each.checkVisibility())
            .map((each) => each.getBoundingClientRect())
            .filter((box) => box.left < 0 || box.right > document.documentElement.clientWidth).length"""
    )
    assert outside == 0
