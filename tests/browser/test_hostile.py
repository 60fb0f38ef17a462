"""What strangers put into gists is shown as text, and deceives nobody."""

from __future__ import annotations

import pytest

from gistsearch.adapters.cli.hyperlinks import file_anchor
from gistsearch.adapters.cli.terminal import escape_controls
from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from tests.browser.conftest import Visit, texts, wait_for_state

PAYLOADS = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</code></li></ol><svg onload=alert(1)>",
    '"><a href="javascript:alert(1)">x</a>',
    "{{constructor.constructor('alert(1)')()}}",
    "&lt;b&gt;&amp;#x202e;",
    "javascript:alert(1)",
]
CONTROLS = [
    "\x1b[31mred\x1b]0;title\x07",
    "\x00\x07\x08\x7f\x85\x9b",
    "access\u202egnp.exe",
    "a\u2066b\u2069c\u200e\u200f\u061c",
    "zero\u200bwidth\ufeffjoin\u2060er",
    "line\u2028and\u2029paragraph",
    "tag\U000e0041\U000e007f",
    "private \ue000 and unassigned \U0003ffff",
    "emoji 👩‍💻 ok\tand a tab",
]
NAMES = ["Hello World.py", ".bashrc", "Straße Æther.md", "é\u0301clair.txt", "a__b--c.py", "日本.txt", "İx.c", "ﬁ.txt"]


@pytest.mark.parametrize("place", ["filename", "description", "line", "language", "username"])
def test_markup_is_text_wherever_it_stands(visit: Visit, place: str) -> None:
    """No element comes of it, and nothing runs: the fixture fails on any error, policy violation or dialog."""
    username = PAYLOADS[0] if place == "username" else "octo"
    gists = [
        MemoryGist(
            {payload if place == "filename" else "a.txt": f"needle {payload if place == 'line' else ''}\n".encode()},
            payload if place == "description" else "A gist",
            languages={"a.txt": payload} if place == "language" else {},
        )
        for payload in PAYLOADS
    ]
    page = visit(InMemoryGists({username.replace(" ", ""): gists}))
    page.goto(f"{page.url}#username={username.replace(' ', '')}&pattern=needle")
    page.reload()
    wait_for_state(page, "done")
    assert page.locator("#results").locator("img, script, b, svg").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0
    shown = page.locator("#results").inner_text()
    if place != "username":
        assert all(payload in shown for payload in PAYLOADS)


def test_control_characters_are_spelled_out_as_on_the_command_line(visit: Visit) -> None:
    """In lines, names and descriptions; a match in their midst is marked where it is."""
    gists = [
        MemoryGist({f"{text.replace(chr(0), '')}.txt": f"{text} needle".encode()}, text, id=str(number))
        for number, text in enumerate(CONTROLS)
    ]
    page = visit(InMemoryGists({"octo": gists}), "#username=octo&pattern=needle&text=true")
    wait_for_state(page, "done")
    lines = page.locator(".lines code").all_text_contents()
    # The search itself splits at no other character than LF.
    assert lines == [f"{escape_controls(text)} needle" for text in CONTROLS]
    assert page.locator(".gist h2").all_text_contents() == [escape_controls(text) for text in CONTROLS]
    names = [f"{escape_controls(text.replace(chr(0), ''))}.txt" for text in CONTROLS]
    assert page.locator(".file h3 bdi").all_text_contents() == names
    assert set(page.locator("mark").all_text_contents()) == {"needle"}


def test_a_match_is_marked_by_code_points(visit: Visit) -> None:
    """After emoji, whose code units are twice as many, and with characters in it that are spelled out."""
    content = "👉👩‍💻 né\u202eedle, 🦀needle🦀, né\u202eedle\n".encode()
    page = visit(InMemoryGists({"octo": [MemoryGist({"a.txt": content})]}))
    page.goto(page.url + "#username=octo&pattern=n.*%3Fedle")
    page.reload()
    wait_for_state(page, "done")
    assert texts(page, "mark") == ["né\\u202eedle", "needle", "né\\u202eedle"]


def test_an_address_that_would_run_is_no_link(visit: Visit) -> None:
    """A service that lies about addresses gets nobody to run anything."""
    source = InMemoryGists({"octo": [MemoryGist({"a.txt": b"needle\n"}, "A gist")]}, origin="javascript:alert(1)//")
    page = visit(source, "#username=octo&pattern=needle")
    wait_for_state(page, "done")
    assert texts(page, ".gist h2") == ["A gist"]
    assert page.locator("#results a").count() == 0


def test_anchors_are_those_of_the_command_line(visit: Visit) -> None:
    """The page and the command line link to the same places."""
    page = visit(InMemoryGists({"octo": []}))
    anchors = page.evaluate(
        """async (names) => {
            const { fileAnchor } = await import(new URL("page/addresses.js", document.baseURI));
            return names.map(fileAnchor);
        }""",
        [*NAMES, *PAYLOADS, *CONTROLS],
    )
    assert anchors == [file_anchor(name) for name in [*NAMES, *PAYLOADS, *CONTROLS]]
