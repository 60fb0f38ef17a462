"""Searches in the page, from start to end."""

from __future__ import annotations

import json
import re

from playwright.sync_api import BrowserContext, Route, expect

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from tests.acceptance.conftest import environment_with
from tests.acceptance.serving import serving
from tests.browser.conftest import Visit, search, texts, wait_for_state
from tests.browser.gists import FLAWED, GISTS
from tests.browser.serving import GatedGists

KEYS = "AKIA[0-9A-Z]{16}"


def _many(count: int) -> bytes:
    return b"".join(b"needle %d\n" % number for number in range(1, count + 1))


def test_a_search_shows_gists_files_and_lines(visit: Visit) -> None:
    """With description, date, language and size, matches marked after emoji, and links to GitHub's anchors."""
    page = visit(InMemoryGists({"octocat": GISTS}))
    search(page, "octocat", KEYS)
    wait_for_state(page, "done")
    assert texts(page, "#summary") == ["52 lines in 4 files of 3 gists"]
    assert "Complete: 7 files in 6 gists searched" in page.locator("#counts").inner_text()
    gist = page.locator(".gist", has_text="Weather bot")
    assert gist.locator("time").inner_text() == "Dec 30, 2025"
    assert [" ".join(text.split()) for text in texts(page, ".file > header")] == [
        "backup.sh Shell · 246 bytes · 1 line",
        "DEPLOY.md Markdown · 231 bytes · 2 lines",
        "bucket.py Python · 252 bytes · 1 line",
        "accounts.log 1.7 kB · 48 lines",
    ]
    line = gist.locator(".lines li").first
    assert line.locator("code").inner_text() == "2. Put the key where the bot looks for it 👉 AKIAI44QH8DHBEXAMPLE"
    assert line.locator("mark").inner_text() == "AKIAI44QH8DHBEXAMPLE"
    address = "https://gist.github.com/octocat/c0ffee254729296a45a3885639ac7e10"
    assert gist.locator("h2 a").get_attribute("href") == address
    assert gist.locator("h3 a").first.get_attribute("href") == f"{address}#file-deploy-md"
    assert line.locator("a").get_attribute("href") == f"{address}#file-deploy-md-L4"
    assert page.title() == f"{KEYS} – octocat – gistsearch"


def test_the_examples_work_without_a_network(context: BrowserContext) -> None:
    """On the service as it is shipped, over its sample gists."""
    with serving(environment=environment_with(GISTSEARCH_BACKEND="memory")) as server:
        page = context.new_page()
        page.goto(server.url)
        for number in range(3):
            page.locator("#welcome a").nth(number).click()
            wait_for_state(page, "done")
            assert page.locator("mark").count() > 0
            page.go_back()
            expect(page.locator("#welcome")).to_be_visible()
        page.close()


def test_results_appear_while_the_search_goes_on(visit: Visit) -> None:
    """With progress, and in the order of the listing, although the first file comes last."""
    source = GatedGists({"octocat": GISTS}, held=["backup.sh"])
    page = visit(source)
    search(page, "octocat", KEYS)
    expect(page.locator(".gist")).to_have_count(2)
    wait_for_state(page, "running")
    expect(page.locator("#counts")).to_contain_text("5 of 6 gists · 6 of 7 files")
    progress = page.get_by_role("progressbar", name="Files searched")
    assert (progress.get_attribute("value"), progress.get_attribute("max")) == ("6", "7")
    source.release("backup.sh")
    wait_for_state(page, "done")
    expect(progress).to_be_hidden()
    assert texts(page, ".gist h2") == ["Nightly backup of my photos", "Weather bot", "No description"]


def test_stop_ends_the_search_at_the_service(visit: Visit) -> None:
    """What was found stays; the search can be repeated."""
    source = GatedGists({"octocat": GISTS}, held=["last.txt"])
    page = visit(source)
    search(page, "octocat", KEYS)
    expect(page.locator("#counts")).to_contain_text("5 of 6 gists")
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "stopped")
    assert page.locator("#counts").inner_text().startswith("Stopped: 5 of 6 gists")
    assert page.locator(".gist").count() == 3
    source.release("last.txt")
    page.get_by_role("button", name="Search again").click()
    wait_for_state(page, "done")
    assert page.locator(".gist").count() == 3


def test_a_new_search_replaces_the_one_that_goes_on(visit: Visit) -> None:
    """No result of the old one appears among those of the new one."""
    source = GatedGists({"octocat": GISTS}, held=["last.txt"])
    page = visit(source)
    search(page, "octocat", KEYS)
    expect(page.locator(".gist")).to_have_count(3)
    search(page, "octocat", "Fib|main")
    expect(page.locator(".gist")).to_have_count(1)
    assert texts(page, "mark") == ["main"]
    source.release("last.txt")
    wait_for_state(page, "done")
    assert texts(page, "mark") == ["main"]


def test_the_address_holds_the_search(visit: Visit, context: BrowserContext) -> None:
    """Opened elsewhere, it shows the same search, and runs it. It may also be written as the API's parameters are."""
    page = visit(InMemoryGists({"octocat": GISTS}))
    page.get_by_label("Whole words").check()
    page.get_by_text("More options").click()
    page.get_by_label("File names").fill("*.{md,sh}, !x*")
    page.get_by_label("Lines around a match").fill("1")
    search(page, "octocat", "key|AWS_ACCESS_KEY_ID")
    wait_for_state(page, "done")
    shown = texts(page, ".lines li")
    assert len(shown) > 4
    page_address, _, query = page.url.partition("#")
    for address in (page.url, f"{page_address}?{query}"):
        other = context.new_page()
        other.goto(address)
        wait_for_state(other, "done")
        assert texts(other, ".lines li") == shown
        assert other.get_by_label("Pattern").input_value() == "key|AWS_ACCESS_KEY_ID"
        expect(other.get_by_label("File names")).to_be_visible()
        assert other.get_by_label("File names").input_value() == "*.{md,sh}, !x*"


def test_back_and_forward_go_from_search_to_search(visit: Visit) -> None:
    """And to the page without a search."""
    page = visit(InMemoryGists({"octocat": GISTS}))
    for pattern in (KEYS, "main"):
        search(page, "octocat", pattern)
        wait_for_state(page, "done")
    page.go_back()
    expect(page.locator("#summary")).to_have_text("52 lines in 4 files of 3 gists")
    assert page.get_by_label("Pattern").input_value() == KEYS
    page.go_back()
    expect(page.locator("#welcome")).to_be_visible()
    assert page.get_by_label("Pattern").input_value() == ""
    assert page.locator(".gist").count() == 0
    page.go_forward()
    page.go_forward()
    expect(page.locator("#summary")).to_have_text("1 line in 1 file of 1 gist")


def test_a_search_can_stay_out_of_the_address(visit: Visit) -> None:
    """Neither the address nor the title, which browsers keep, says what was searched; going back works all the same."""
    page = visit(InMemoryGists({"octocat": GISTS}))
    home = page.url
    page.get_by_text("More options").click()
    page.get_by_label("Put searches in the address").uncheck()
    for pattern in (KEYS, "main"):
        search(page, "octocat", pattern)
        wait_for_state(page, "done")
        assert (page.url, page.title()) == (home, "gistsearch")
    page.go_back()
    expect(page.locator("#summary")).to_have_text("52 lines in 4 files of 3 gists")
    page.reload()
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.get_by_label("Put searches in the address")).not_to_be_checked()


def test_the_form_asks_for_what_it_shows(visit: Visit) -> None:
    """The pattern travels in the body of a POST, and in no address that is requested."""
    page = visit(InMemoryGists({"octocat": GISTS, "octo": GISTS}))
    for label in ("Ignore case", "Whole words", "Plain text", "Across lines"):
        page.get_by_label(label).check()
    page.get_by_text("More options").click()
    page.get_by_label("Show lines of binary files").check()
    page.get_by_label("Languages").fill("python, Shell")
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    with page.expect_request("**/api/v1/search") as asked:
        search(page, "@octocat https://github.com/octo/repo", "s3cret")
    assert asked.value.method == "POST"
    assert asked.value.post_data_json == {
        "usernames": ["octocat", "octo"],
        "pattern": "s3cret",
        **dict.fromkeys(("ignore_case", "word", "fixed_strings", "multiline", "text"), True),
        "languages": ["python", "Shell"],
        "detail": "lines",
        "max_lines_per_file": 1_000,
    }
    wait_for_state(page, "done")
    assert not any("s3cret" in url for url in requested)


def test_many_lines_of_a_file_are_folded(visit: Visit) -> None:
    """A button shows the others; beyond what a search reports of a file, a note says that there are more."""
    page = visit(InMemoryGists({"octo": [MemoryGist({"a.txt": _many(1_005), "b.txt": _many(21)})]}))
    search(page, "octo", "needle")
    wait_for_state(page, "done")
    assert page.locator(".lines li").count() == 40
    page.get_by_role("button", name="Show 980 more lines").click()
    expect(page.locator(".lines li")).to_have_count(1_020)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Line 21"
    assert page.locator(".lines").first.locator("li").last.inner_text().split("\n") == ["1000", "needle 1000"]
    expect(page.get_by_text("More lines match than are shown here.")).to_have_count(1)
    page.get_by_role("button", name="Show 1 more line").click()
    expect(page.locator(".more")).to_have_count(0)


def test_the_page_keeps_a_bounded_number_of_lines(visit: Visit) -> None:
    """The others are counted, and their files say so. Here, the limit is 50 lines instead of 200,000."""
    page = visit(InMemoryGists({"octo": [MemoryGist({f"{name}.txt": _many(15)}) for name in "abcde"]}))

    def lower_limit(route: Route) -> None:
        response = route.fetch()
        assert "200_000" in response.text()
        route.fulfill(response=response, body=response.text().replace("200_000", "50"))

    page.route("**/page/results.js", lower_limit)
    page.reload()
    search(page, "octo", "needle")
    wait_for_state(page, "done")
    assert texts(page, "#summary") == ["75 lines in 5 files of 5 gists"]
    expect(page.locator(".lines li")).to_have_count(50)
    expect(page.get_by_text("More lines match than are shown here.")).to_have_count(2)


def test_context_is_shown_once(visit: Visit) -> None:
    """Lines around two matches overlap; a gap is marked."""
    content = b"1\nneedle\n3\nneedle\n5\n6\n7\nneedle\n9\n"
    page = visit(InMemoryGists({"octo": [MemoryGist({"a.txt": content})]}), "#username=octo&pattern=needle&context=1")
    wait_for_state(page, "done")
    rows = [re.sub(r"\s+", " ", row) for row in texts(page, ".lines li")]
    assert rows == ["1 1", "2 needle", "3 3", "4 needle", "5 5", "⋯", "7 7", "8 needle", "9 9"]


def test_what_was_not_searched_is_grouped_by_reason(visit: Visit) -> None:
    """In words, with each file and what happened to it."""
    page = visit(InMemoryGists({"octocat": FLAWED}))
    search(page, "octocat", KEYS)
    wait_for_state(page, "partial")
    assert page.locator("#counts").inner_text().startswith("Partial: 8 of 11 files searched")
    missing = page.get_by_role("region", name="Not searched")
    assert missing.get_by_role("heading").inner_text() == "4 items were not searched"
    failed = missing.locator("details[data-reason=download-failed]")
    assert failed.locator("summary").inner_text() == "3 × The download failed. A second search often succeeds."
    failed.locator("summary").click()
    assert sorted(texts(page, "[data-reason=download-failed] li a")) == [f"photo-{n}.svg" for n in range(3)]
    assert "the connection was reset" in failed.locator("li").first.inner_text()
    expect(page.get_by_role("button", name="Search again")).to_be_visible()


def test_finding_nothing_is_said(visit: Visit) -> None:
    """A user without gists is another thing than gists without a match."""
    page = visit(InMemoryGists({"octocat": GISTS, "empty": []}))
    search(page, "octocat", "nowhere to be found")
    wait_for_state(page, "done")
    assert texts(page, "#summary") == ["No matches"]
    assert "7 files in 6 gists" in page.locator("#counts").inner_text()
    search(page, "empty", "needle")
    expect(page.locator("#counts")).to_have_text("There are no public gists here.")


def test_binary_files_and_warnings_are_said(visit: Visit) -> None:
    """A binary file matches without its lines; a language that nobody uses is a warning."""
    page = visit(InMemoryGists({"octo": [MemoryGist({"a.bin": b"\0needle\n"})]}))
    search(page, "octo", "needle")
    wait_for_state(page, "done")
    expect(page.get_by_text("This binary file matches.")).to_be_visible()
    page.get_by_text("More options").click()
    page.get_by_label("Languages").fill("COBOL")
    search(page, "octo", "needle")
    wait_for_state(page, "done")
    expect(page.get_by_role("list", name="Warnings")).to_contain_text("COBOL")


def test_a_link_to_the_search_can_be_copied(visit: Visit, context: BrowserContext) -> None:
    """Also if the search is not in the address."""
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit(InMemoryGists({"octocat": GISTS}))
    page.get_by_text("More options").click()
    page.get_by_label("Put searches in the address").uncheck()
    search(page, "octocat", "a b&c")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url + "#username=octocat&pattern=a+b%26c"


def test_a_stopped_search_has_searched_what_it_found(visit: Visit) -> None:
    """However long ago the service said how far it had come."""
    page = visit(InMemoryGists({"octo": []}))

    def match(number: int) -> str:
        file: dict[str, object] = {
            "filename": "a.txt",
            "language": None,
            "size": 1,
            "binary": False,
            "line_count": 1,
            "lines": [],
            "part": 0,
        }
        gist = {"username": "octo", "position": number, "url": f"https://gist.github.com/octo/{number}"}
        return json.dumps(
            {"type": "match", **gist, "description": "", "updated_at": "2026-01-01T00:00:00Z", "file": file}
        )

    body = "\n".join(['{"type": "begin"}', *map(match, range(3)), ""])
    page.route("**/api/v1/search", lambda route: route.fulfill(content_type="application/x-ndjson", body=body))
    search(page, "octo", "needle")
    wait_for_state(page, "failed")
    assert page.locator("#counts").inner_text().startswith("Broken off: 3 of 3 gists · 3 of 3 files")


def test_a_partial_search_says_why_if_every_file_was_searched(visit: Visit) -> None:
    """Here a gist has more files than are listed."""
    gist = MemoryGist({"a.txt": b"needle\n"}, "A gist", files_truncated=True)
    page = visit(InMemoryGists({"octo": [gist]}), "#username=octo&pattern=needle")
    wait_for_state(page, "partial")
    expected = "Partial, as not everything could be listed: 1 of 1 files searched"
    assert page.locator("#counts").inner_text().startswith(expected)
