"""`python -m tools.screenshots`: take the pictures in docs/images, of the page and of the command line, in Chromium."""

from __future__ import annotations

import io
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from gistsearch.adapters.memory import MemoryGist
from tests.acceptance.conftest import environment_for
from tests.browser.chromium import chromium, launched
from tests.browser.conftest import search, wait_for_state
from tests.browser.gists import FLAWED, GISTS
from tests.browser.serving import GatedGists, page_over
from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub

FOLDER = Path(__file__).parents[1] / "docs" / "images"
USER = "octocat"
KEYS = "AKIA[0-9A-Z]{16}"

_COMMANDS = (
    f"gistsearch search '{KEYS}' {USER} --max-count 3",
    f"gistsearch search -wi 'todo|fixme' {USER} --type python -B 2",
)
_COLUMNS = 88
_THEME = TerminalTheme(
    (27, 29, 35),
    (228, 230, 235),
    [
        *((74, 77, 87), (255, 118, 112), (126, 211, 145), (240, 198, 116)),
        *((130, 170, 255), (199, 146, 234), (110, 210, 220), (228, 230, 235)),
    ],
)
_TERMINAL = """<!doctype html><meta charset="utf-8"><style>
body { margin: 0; padding: 20px; width: max-content; background: transparent; }
div { padding: 12px 20px 18px; border-radius: 10px; background: #1b1d23; box-shadow: 0 6px 18px rgb(0 0 0 / 35%); }
i { display: inline-block; width: 11px; height: 11px; margin: 0 7px 8px 0; border-radius: 50%; background: #4a4d57; }
pre { margin: 0; color: #e4e6eb; font: 13px/1.5 "DejaVu Sans Mono", monospace; }
a { color: inherit; text-decoration: none; }
</style><div><i></i><i></i><i></i><pre>CODE</pre></div>"""


def main() -> int:
    path = chromium()
    if path is None:
        sys.stderr.write(
            "Chromium is needed: apt-get install chromium-headless-shell fonts-dejavu fonts-noto-color-emoji\n"
        )
        return 2
    FOLDER.mkdir(exist_ok=True)
    with launched(path) as browser:
        for name, (width, height, dark, take) in _PICTURES.items():
            _picture_page(browser, name, (width, height), dark, take)
        _picture_terminal(browser)
    return 0


def _picture_page(
    browser: Browser, name: str, size: tuple[int, int], dark: bool, take: Callable[[Page, GatedGists], None]
) -> None:
    held = GatedGists({USER: GISTS}, held=["last.txt"])
    flawed = GatedGists({USER: FLAWED}, held=["last.txt"])
    source = flawed if "skipped" in name else held
    with page_over(source) as address:
        page = browser.new_page(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            device_scale_factor=1.5,
            locale="en-US",
        )
        page.goto(address)
        take(page, source)
        page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")
        page.close()


def _start(page: Page, _: GatedGists) -> None:
    expect(page.get_by_label("GitHub user")).to_be_focused()


def _running(page: Page, _: GatedGists) -> None:
    search(page, USER, KEYS)
    expect(page.locator("#counts")).to_contain_text("5 of 6 gists")


def _done(page: Page, source: GatedGists) -> None:
    source.release("last.txt")
    search(page, USER, KEYS)
    wait_for_state(page, "done")


def _skipped(page: Page, source: GatedGists) -> None:
    source.release("last.txt")
    search(page, USER, KEYS)
    wait_for_state(page, "partial")
    page.locator("[data-reason=download-failed] summary").click()


def _error(page: Page, _: GatedGists) -> None:
    search(page, USER, "password(?!s)")
    expect(page.locator("#pattern-error")).to_be_visible()


_PICTURES = {
    "page": (1_000, 640, False, _done),
    "page-start": (1_000, 560, False, _start),
    "page-running": (1_000, 640, False, _running),
    "page-skipped": (1_000, 640, False, _skipped),
    "page-error": (1_000, 400, False, _error),
    "page-dark": (1_000, 640, True, _done),
    "page-narrow": (360, 720, False, _done),
}
"""Width, height, whether in dark colours, and what happens before the picture is taken."""


def _picture_terminal(browser: Browser) -> None:
    with LoopbackGitHub({USER: [_loopback_gist(gist) for gist in GISTS if isinstance(gist, MemoryGist)]}) as github:
        shown = "\n".join(_session(command, environment_for(github)) for command in _COMMANDS)
    console = Console(record=True, file=io.StringIO(), width=_COLUMNS, force_terminal=True)
    console.print(Text.from_ansi(shown), soft_wrap=True)
    html = console.export_html(theme=_THEME, inline_styles=True, code_format="{code}")
    page = browser.new_page(device_scale_factor=1.5)
    page.set_content(_TERMINAL.replace("CODE", html))
    page.locator("body").screenshot(path=FOLDER / "terminal.png", omit_background=True)
    page.close()


def _session(command: str, environment: Mapping[str, str]) -> str:
    """Return a command after its prompt, with what it prints for a terminal."""
    words = [*shlex.split(command)[1:], "--pretty", "--sort", "listing"]
    ran = subprocess.run(  # noqa: S603  # the commands above
        [sys.executable, "-m", "gistsearch", *words], env=environment, capture_output=True, text=True, check=True
    )
    return f"\x1b[2m$\x1b[0m \x1b[1m{command}\x1b[0m\n{ran.stdout}"


def _loopback_gist(gist: MemoryGist) -> LoopbackGist:
    files = [
        LoopbackFile(name, content, gist.languages.get(name))
        for name, content in gist.files.items()
        if isinstance(content, bytes)
    ]
    return LoopbackGist(files, gist.description, gist.id)


if __name__ == "__main__":
    sys.exit(main())
