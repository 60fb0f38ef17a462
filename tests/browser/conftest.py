"""The page in the system's Chromium."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, expect

from gistsearch.ports.gists import GistSource
from tests.browser.chromium import chromium, launched
from tests.browser.serving import page_over

TIMEOUT_MS = 20_000
"""How long something may take that has to happen at all."""

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser, for one file of tests: as long as Playwright runs, its event loop does, and `asyncio.run` fails."""
    path = chromium()
    if path is None:
        pytest.skip("Chromium is not installed")
    with launched(path) as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Generator[BrowserContext, None, None]:
    """A browser without a past. In every test, the page breaks no policy, raises nothing and asks nobody else."""
    context = browser.new_context(viewport={"width": 1100, "height": 760}, reduced_motion="reduce", locale="en-US")
    context.set_default_timeout(TIMEOUT_MS)
    problems: list[str] = []
    hosts: set[str | None] = set()

    def dismiss(dialog: Dialog) -> None:
        problems.append(dialog.message)
        dialog.dismiss()

    def read(message: ConsoleMessage) -> None:
        if not message.text.startswith("Failed to load resource"):  # Chromium says so of every refusal.
            problems.append(message.text)

    context.on("dialog", dismiss)
    context.on("console", read)
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    yield context
    context.close()
    assert problems == []
    assert hosts <= {"127.0.0.1"}


class Visit(Protocol):
    """Opens the page over a source."""

    def __call__(self, source: GistSource, address: str = "", **options: Any) -> Page:
        """Serve the page, and open it at an address relative to it."""
        raise NotImplementedError


@pytest.fixture
def visit(context: BrowserContext) -> Iterator[Visit]:
    """Open the page over sources that are served until the test ends."""
    with ExitStack() as stack:

        def open_page(source: GistSource, address: str = "", **options: Any) -> Page:
            page = context.new_page()
            page.goto(stack.enter_context(page_over(source, **options)) + address)
            return page

        yield open_page
        for page in context.pages:
            page.close()


def search(page: Page, username: str, pattern: str) -> None:
    """Fill in the form, and press Enter."""
    page.get_by_label("GitHub user").fill(username)
    page.get_by_label("Pattern").fill(pattern)
    page.keyboard.press("Enter")


def wait_for_state(page: Page, state: str) -> None:
    """Wait until the search is `running`, `done`, `partial`, `stopped` or `failed`, and what was found is on screen."""
    page.locator(f"#status[data-state={state}]").wait_for()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def texts(page: Page, selector: str) -> list[str]:
    """Return the text of each element that matches, as it is shown."""
    return [text.strip() for text in page.locator(selector).all_inner_texts()]
