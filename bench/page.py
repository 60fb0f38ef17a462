"""The page in Chromium: when the first result is on screen, and how long the browser is busy with very many."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager

from playwright.sync_api import Browser, Page

from bench.measuring import in_turn, table
from bench.world import USER, environment, gists_of, tool
from tests.acceptance.conftest import environment_with
from tests.acceptance.serving import Server, serving
from tests.browser.chromium import launched
from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub

LINES_PER_FILE = 20  # as many as the page shows of a file at first
FILES_PER_GIST = 5
TIMEOUT_MS = 300_000

_WATCH = """
    const seen = (window.seen = { submitted: 0, longest: 0, gap: 0, last: 0 });
    seen.first = new Promise((resolve) => {
        new MutationObserver(() => {
            seen.last = performance.now() - seen.submitted;
            if (!resolve || !document.querySelector(".lines li")) return;
            const report = resolve;
            resolve = null;
            requestAnimationFrame(() => setTimeout(() => report(performance.now() - seen.submitted)));
        }).observe(document, { childList: true, subtree: true });
    });
    seen.all = new Promise((resolve) => {
        setInterval(() => {
            const isQuiet = performance.now() - seen.submitted - seen.last > 500;
            if (isQuiet && document.getElementById("status")?.dataset.state === "done") resolve(seen.last);
        }, 100);
    });
    new PerformanceObserver((list) => {
        for (const task of list.getEntries()) seen.longest = Math.max(seen.longest, task.duration);
    }).observe({ type: "longtask" });
    let last = performance.now();
    requestAnimationFrame(function frame(now) {
        seen.gap = Math.max(seen.gap, now - last);
        last = now;
        requestAnimationFrame(frame);
    });
    addEventListener("click", (click) => {
        seen.submitted = click.timeStamp;
        seen.longest = seen.gap = 0;
        last = performance.now();
    }, true);
"""
"""Notes when the first result has been painted and when the last one was added, the longest task (by the browser's own
entries, which begin at 50 ms), and the longest time between two frames."""

_TIMED = """async () => {
    const began = performance.now();
    ACTION;
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - began;
}"""
_TO_THE_END = "scrollTo(0, document.documentElement.scrollHeight)"
_PREVIOUS = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', bubbles: true }))"


def page(gists: int, latency_ms: float, lines: list[int], pairs: int) -> str:
    """Search in the page, over the server as it is shipped and a loopback GitHub.

    Args:
        gists: how many the user has whose first result is waited for.
        latency_ms: how long each of GitHub's answers takes to begin, in that search.
        lines: how many lines match, in searches without latency.
        pairs: how often the first search is repeated, in the page and by a plain HTTP client in turn.
    """
    with launched(tool("chromium-headless-shell", "chromium-headless-shell")) as browser:
        with gists_of(gists, latency_ms) as github, _serving(github) as server:
            first = in_turn(lambda: _first_in_page(browser, server), lambda: _first_by_client(server), pairs)
        rows = [_row(browser, number) for number in lines]
    figures = [f"{first.b:.0f} ms", f"{first.a:.0f} ms", f"{first.difference:.0f} ms"]
    return (
        f"### The page: first result, {gists} gists, {latency_ms:.0f} ms a request, {pairs} pairs\n\n"
        + table(["first match at an HTTP client", "from the click until it is painted", "difference"], [figures])
        + "\n\n### The page: very many lines\n\n"
        + table(["lines", "all on screen", "longest task", "longest frame", "to the end", "key k", "heap"], rows)
        + "\n"
    )


def _serving(github: LoopbackGitHub) -> AbstractContextManager[Server]:
    return serving(environment=environment_with(**environment(github, GISTSEARCH_RATE_LIMIT="off")))


def _first_in_page(browser: Browser, server: Server) -> float:
    """Return milliseconds from the click until the first result has been painted."""
    shown = _search(browser, server.url, "import")
    first_ms: float = shown.evaluate("seen.first")
    shown.close()
    return first_ms


def _first_by_client(server: Server) -> float:
    """Return milliseconds from the request until the first match has arrived."""
    began = time.perf_counter()
    answer = server.stream(username=USER, pattern="import", detail="lines")
    for part in answer.stream(1 << 12):
        if b'"type": "match"' in part:
            break
    first_ms = 1_000 * (time.perf_counter() - began)
    answer.close()
    return first_ms


def _row(browser: Browser, lines: int) -> list[str]:
    """Show so many lines, go to the last one, and press a key."""
    github = LoopbackGitHub({USER: _gists_with(lines)}, record=False)
    with github, _serving(github) as server:
        shown = _search(browser, server.url, "needle")
        took_ms = shown.evaluate("seen.all")  # Playwright's own ways to wait would keep the page busy.
        longest_ms, gap_ms = shown.evaluate("[seen.longest, seen.gap]")
        if shown.evaluate("document.querySelectorAll('.lines li').length") != lines:
            raise RuntimeError("the page does not show all lines")
        end_ms = _timed(shown, _TO_THE_END)
        shown.evaluate("[...document.querySelectorAll('.lines a')].at(-1).focus()")
        key_ms = _timed(shown, _PREVIOUS)
        heap = shown.evaluate("performance.memory.usedJSHeapSize")
        shown.close()
    longest = f"{longest_ms:.0f} ms" if longest_ms else "< 50 ms"
    figures = [
        f"{took_ms / 1_000:.1f} s",
        longest,
        f"{gap_ms:.0f} ms",
        f"{end_ms:.0f} ms",
        f"{key_ms:.0f} ms",
    ]
    return [f"{lines:,}", *figures, f"{heap / 1e6:.0f} MB"]


def _search(browser: Browser, url: str, pattern: str) -> Page:
    """Open the page, and click on Search."""
    shown = browser.new_page()
    shown.set_default_timeout(TIMEOUT_MS)
    shown.add_init_script(_WATCH)
    shown.goto(url)
    shown.get_by_label("GitHub user").fill(USER)
    shown.get_by_label("Pattern").fill(pattern)
    shown.get_by_role("button", name="Search").click()
    return shown


def _timed(shown: Page, action: str) -> float:
    """Return milliseconds from an action until its effect has been painted."""
    return shown.evaluate(_TIMED.replace("ACTION", action))


def _gists_with(lines: int) -> list[LoopbackGist]:
    """Return gists in which so many lines match."""
    content = b"".join(
        b"a line, and in it a needle, number %d, and what follows it\n" % at for at in range(LINES_PER_FILE)
    )
    files = [LoopbackFile(f"file-{at}.py", content) for at in range(lines // LINES_PER_FILE)]
    return [LoopbackGist(files[at : at + FILES_PER_GIST], f"Gist {at}") for at in range(0, len(files), FILES_PER_GIST)]
