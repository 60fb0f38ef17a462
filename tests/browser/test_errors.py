"""Errors stand where people look for them, and say what to do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, Route, expect

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.ports.gists import SourceError, SourceRateLimited, SourceUnavailable
from tests.browser.conftest import Visit, search, texts, wait_for_state

SOURCE = InMemoryGists({"octo": [MemoryGist({"a.txt": b"needle\n"}, "A gist")]})
STREAM = "**/api/v1/search"


def _error_at(page: Page, label: str) -> str:
    """Return the error of the field that has the focus, which has to be this one."""
    field = page.get_by_label(label)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    described_by = field.get_attribute("aria-describedby") or ""
    return page.locator(f"#{described_by.split()[-1]}").inner_text()


def test_an_unknown_user_is_an_error_of_the_user(visit: Visit) -> None:
    """It goes away with the next search."""
    page = visit(SOURCE)
    search(page, "nobody", "needle")
    expect(page.locator("#username-error")).to_be_visible()
    assert _error_at(page, "GitHub user") == "There is no user 'nobody'"
    search(page, "octo", "needle")
    wait_for_state(page, "done")
    expect(page.locator("#username-error")).to_be_hidden()
    assert page.locator("[aria-invalid]").count() == 0


def test_what_re2_says_of_a_pattern_is_an_error_of_the_pattern(visit: Visit) -> None:
    """The part that is wrong is selected."""
    page = visit(SOURCE)
    search(page, "octo", "a(?=look)ahead")
    expect(page.locator("#pattern-error")).to_be_visible()
    assert "look-around" in _error_at(page, "Pattern").lower()
    assert page.evaluate("getSelection().toString()") == "(?="


def test_empty_fields_are_asked_for(visit: Visit) -> None:
    """Without a question to the service."""
    page = visit(SOURCE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    page.get_by_role("button", name="Search").click()
    assert _error_at(page, "GitHub user") == "Whose gists? Enter the name of a GitHub user."
    assert page.locator("#pattern-error").inner_text() == "Enter what to search for."
    assert "POST" not in asked


def test_an_error_of_an_option_opens_the_options(visit: Visit) -> None:
    page = visit(SOURCE, "#username=octo&pattern=needle&languages=Pyhton")
    expect(page.locator("#languages-error")).to_be_visible()
    assert _error_at(page, "Languages").startswith("'Pyhton' is not the name of a language; did you mean Python")


def test_an_error_of_an_option_is_a_sentence(visit: Visit) -> None:
    """Whether the service begins with the value or not."""
    page = visit(SOURCE, "#username=octo&pattern=needle&files=[")
    expect(page.locator("#files-error")).to_be_visible()
    assert _error_at(page, "File names").startswith("This has a '[' without a ']'")


def test_one_unknown_user_of_two_leaves_the_results_of_the_other(visit: Visit) -> None:
    page = visit(SOURCE)
    search(page, "octo nobody", "needle")
    wait_for_state(page, "partial")
    assert texts(page, "#username-error") == ["There is no user 'nobody'"]
    assert texts(page, ".gist h2") == ["A gist"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            SourceRateLimited("GitHub's rate limit is used up", 600, datetime(2026, 1, 1, 14, 30, tzinfo=UTC)),
            ["Upstream rate limit reached.", "GitHub's rate limit is used up.", "Search again at"],
        ),
        (SourceUnavailable("api.github.com: the name is not known"), ["Upstream failed.", "Api.github.com: the name"]),
    ],
)
def test_a_failure_of_github_is_said_above_the_results(visit: Visit, error: SourceError, said: list[str]) -> None:
    page = visit(InMemoryGists({"octo": [error]}))
    search(page, "octo", "needle")
    banner = page.get_by_role("alert")
    for words in said:
        expect(banner).to_contain_text(words)


def test_a_limit_of_the_service_says_when_to_come_back(visit: Visit) -> None:
    page = visit(SOURCE, rate_limit="1/minute")
    search(page, "octo", "needle")
    wait_for_state(page, "done")
    search(page, "octo", "need")
    expect(page.get_by_role("alert")).to_contain_text("Too many requests")
    expect(page.get_by_role("alert")).to_contain_text("Search again in")
    assert texts(page, "#summary") == ["Not searched"]
    expect(page.get_by_role("button", name="Search again")).to_be_visible()


def test_a_service_that_is_gone_is_said(visit: Visit) -> None:
    """And the search can be repeated when it is back."""
    page = visit(SOURCE)
    page.route(STREAM, lambda route: route.abort("connectionrefused"))
    search(page, "octo", "needle")
    expect(page.get_by_role("alert")).to_have_text(
        "The service cannot be reached. Check the connection, and search again."
    )
    assert texts(page, "#summary") == ["The search failed"]
    assert page.locator("#counts").inner_text().startswith("Broken off after ")
    page.unroute(STREAM)
    page.get_by_role("button", name="Search again").click()
    wait_for_state(page, "done")
    expect(page.locator("#failure")).to_be_hidden()


def test_a_stream_that_is_cut_off_before_a_match_is_no_search_without_matches(visit: Visit) -> None:
    """Nothing was found because nothing arrived."""
    page = visit(SOURCE)
    begin = '{"type": "begin"}\n'
    page.route(STREAM, lambda route: route.fulfill(status=200, content_type="application/x-ndjson", body=begin))
    search(page, "octo", "needle")
    wait_for_state(page, "failed")
    assert texts(page, "#summary") == ["The search failed"]
    expect(page.get_by_role("button", name="Search again")).to_be_visible()


@pytest.mark.parametrize(
    ("address", "ignored"),
    [
        ("#username=octo&pattern=needle&context=many&colour=red", "context=many, colour=red"),
        ("?username=octo&pattern=needle&ignore_case=perhaps&pattern=other", "ignore_case=perhaps, pattern=other"),
        ("#username=octo", "username=octo"),
        ("#nonsense", "nonsense"),
    ],
)
def test_what_is_ignored_in_an_address_is_said(visit: Visit, address: str, ignored: str) -> None:
    """A search that is not quite the one that was shared must not look like it."""
    page = visit(SOURCE, address)
    expect(page.get_by_role("list", name="Warnings")).to_have_text(f"Ignored in the address: {ignored}")
    if "pattern" in address:
        wait_for_state(page, "done")
        assert texts(page, ".gist h2") == ["A gist"]


@pytest.mark.parametrize("cut", ["", '{"type": "progress"', "\n\n"])
def test_a_stream_without_an_end_was_cut_off(visit: Visit, cut: str) -> None:
    """It is never taken for a complete search; what had arrived stays."""
    page = visit(SOURCE)

    def cut_off(route: Route) -> None:
        body = route.fetch().text()
        first = "".join(line + "\n" for line in body.splitlines() if '"end"' not in line)
        route.fulfill(status=200, content_type="application/x-ndjson", body=first + cut)

    page.route(STREAM, cut_off)
    search(page, "octo", "needle")
    wait_for_state(page, "failed")
    expect(page.get_by_role("alert")).to_contain_text("broke off before the search had ended")
    assert texts(page, ".gist h2") == ["A gist"]


def test_an_answer_that_is_no_problem_is_said_by_its_status(visit: Visit) -> None:
    """A proxy in front of the service answers with a page of its own."""
    page = visit(SOURCE)
    page.route(STREAM, lambda route: route.fulfill(status=502, content_type="text/html", body="<h1>Bad Gateway</h1>"))
    search(page, "octo", "needle")
    expect(page.get_by_role("alert")).to_contain_text("The service answered with status 502.")


def test_a_service_with_keys_asks_for_one(visit: Visit) -> None:
    """A wrong key is said at its field; a right one lasts as long as the tab, and stands in no address."""
    page = visit(SOURCE, api_keys=("open sesame",))
    expect(page.get_by_label("API key")).to_be_hidden()
    search(page, "octo", "needle")
    expect(page.get_by_label("API key")).to_be_focused()
    expect(page.locator("#key-error")).to_be_hidden()
    for key, label in (("wrong", "The API key is not valid."), ("open sesame", "")):
        page.get_by_label("API key").fill(key)
        page.keyboard.press("Enter")
        if label:
            expect(page.locator("#key-error")).to_have_text(label)
    wait_for_state(page, "done")
    page.reload()
    wait_for_state(page, "done")
    assert "sesame" not in page.url
