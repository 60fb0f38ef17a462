"""The page without a mouse."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from tests.browser.conftest import Visit, wait_for_state
from tests.browser.gists import GISTS
from tests.browser.serving import GatedGists


def _focused(page: Page) -> str:
    """Return what has the focus: the name of a file, or the file and a line."""
    return page.evaluate(
        """() => {
            const at = document.activeElement;
            const file = at.closest(".file")?.querySelector("h3 a").textContent;
            return [file, at.getAttribute("aria-label") ?? at.textContent].join(" / ");
        }"""
    )


def _press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_search_needs_no_mouse(visit: Visit) -> None:
    """The first field has the focus; Tab leads to the pattern, Enter searches, and j and k go from match to match."""
    page = visit(InMemoryGists({"octocat": GISTS}))
    expect(page.get_by_label("GitHub user")).to_be_focused()
    page.keyboard.type("octocat")
    _press(page, "Tab")
    page.keyboard.type("AKIA[0-9A-Z]{16}")
    _press(page, "Enter")
    wait_for_state(page, "done")
    _press(page, "Escape", "j")
    assert _focused(page) == "backup.sh / Line 5"
    _press(page, "j", "ArrowDown")
    assert _focused(page) == "DEPLOY.md / Line 7"
    _press(page, "k")
    assert _focused(page) == "DEPLOY.md / Line 4"
    _press(page, "ArrowUp")
    assert _focused(page) == "backup.sh / Line 5"
    _press(page, "j")
    page.evaluate(
        """() => document.addEventListener("click", (click) => {
            document.title = click.target.href;
            click.preventDefault();
        })"""
    )
    _press(page, "Enter")
    assert page.title().endswith("/octocat/c0ffee254729296a45a3885639ac7e10#file-deploy-md-L4")


def test_lines_that_are_folded_are_reached(visit: Visit) -> None:
    """Enter on the button shows them, and the focus goes on to the first of them."""
    page = visit(InMemoryGists({"octocat": GISTS}), "#username=octocat&pattern=login")
    wait_for_state(page, "done")
    _press(page, *["j"] * 21)
    assert _focused(page) == "accounts.log / Show 28 more lines"
    _press(page, "Enter")
    assert _focused(page) == "accounts.log / Line 21"
    _press(page, "k")
    assert _focused(page) == "accounts.log / Line 20"


def test_a_slash_leads_to_the_pattern(visit: Visit) -> None:
    """From anywhere but a field, where it is typed."""
    page = visit(InMemoryGists({"octocat": GISTS}), "#username=octocat&pattern=main")
    wait_for_state(page, "done")
    _press(page, "/")
    expect(page.get_by_label("Pattern")).to_be_focused()
    page.keyboard.type("a/b j k")
    assert page.get_by_label("Pattern").input_value() == "a/b j k"  # The old pattern was selected.
    _press(page, "ArrowDown")
    assert _focused(page) == "fib.c / Line 1"


def test_escape_stops_a_search(visit: Visit) -> None:
    """Wherever the focus is; the next one leaves the field."""
    page = visit(GatedGists({"octocat": GISTS}, held=["last.txt"]), "#username=octocat&pattern=main")
    wait_for_state(page, "running")
    expect(page.locator(".gist")).to_have_count(1)
    page.get_by_label("Pattern").focus()
    _press(page, "Escape")
    wait_for_state(page, "stopped")
    expect(page.get_by_label("Pattern")).to_be_focused()
    _press(page, "Escape")
    expect(page.get_by_label("Pattern")).not_to_be_focused()


def test_the_focus_is_not_lost_with_the_button_that_had_it(visit: Visit) -> None:
    page = visit(GatedGists({"octocat": GISTS}, held=["last.txt"]), "#username=octocat&pattern=main")
    page.get_by_role("button", name="Stop").focus()
    _press(page, "Enter")
    wait_for_state(page, "stopped")
    expect(page.get_by_role("button", name="Search", exact=True)).to_be_focused()


def test_the_focus_goes_from_search_again_to_stop(visit: Visit) -> None:
    """As the button that had it is gone while the search goes on."""
    page = visit(GatedGists({"octocat": GISTS}, held=["last.txt"]), "#username=octocat&pattern=main")
    wait_for_state(page, "running")
    _press(page, "Escape")
    wait_for_state(page, "stopped")
    page.get_by_role("button", name="Search again").focus()
    _press(page, "Enter")
    wait_for_state(page, "running")
    expect(page.get_by_role("button", name="Stop")).to_be_focused()


def test_a_file_without_lines_is_a_place_to_stop_at(visit: Visit) -> None:
    """Its name is: that a binary file matches is a match, too."""
    source = InMemoryGists({"octo": [MemoryGist({"a.bin": b"main\0", "b.txt": b"main\n"})]})
    page = visit(source, "#username=octo&pattern=main")
    wait_for_state(page, "done")
    _press(page, "j")
    assert _focused(page) == "a.bin / a.bin"
    _press(page, "j")
    assert _focused(page) == "b.txt / Line 1"


def test_what_happens_is_announced(visit: Visit) -> None:
    """A screen reader says that a search goes on, and what it found in the end."""
    source = GatedGists({"octocat": GISTS}, held=["last.txt"])
    page = visit(source, "#username=octocat&pattern=main")
    announced = page.get_by_role("status")
    expect(announced).to_have_text("Searching")
    source.release("last.txt")
    expect(announced).to_contain_text("1 line in 1 file of 1 gist. Complete: 7 files in 6 gists searched")
