"""What the container makes of settings, and of what other packages register."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from textwrap import dedent

import pytest

from gistsearch import __version__
from gistsearch.adapters.github import GitHubGists
from gistsearch.adapters.memory import InMemoryGists
from gistsearch.adapters.memory_store import InMemoryStore
from gistsearch.adapters.offline import OfflineGists
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.container import make_compiler, make_members, make_source, search_setup
from gistsearch.settings import BadSetting, Settings


@pytest.fixture(autouse=True)
def _registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """Have a package on the path that registers a source, an engine, and what can't be made."""
    (tmp_path / "registered_shelves.py").write_text(
        dedent(
            """
            from gistsearch.adapters.memory import InMemoryGists as Shelf
            from gistsearch.adapters.re2 import Re2Compiler as Engine

            def shelf():
                return Shelf({})

            def broken():
                raise KeyError("no shelf")
            """
        )
    )
    information = tmp_path / "shelves-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: shelves\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(
        dedent(
            """
            [gistsearch.backends]
            shelf = registered_shelves:shelf
            broken = registered_shelves:broken
            gone = registered_shelves:gone
            missing = no_such_module:shelf
            github = registered_shelves:shelf
            [gistsearch.matchers]
            engine = registered_shelves:Engine
            missing = no_such_module:Engine
            """
        )
    )
    monkeypatch.delitem(sys.modules, "registered_shelves", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])


@pytest.mark.parametrize(
    ("name", "kind"), [("github", GitHubGists), ("memory", InMemoryGists), ("shelf", InMemoryGists)]
)
def test_backend_is_the_one_that_is_named(name: str, kind: type) -> None:
    """One of ours, which nobody can take the place of, or one that was registered."""
    assert type(make_source(Settings(backend=name))) is kind


@pytest.mark.parametrize("name", ["re2", "engine"])
def test_matcher_is_the_one_that_is_named(name: str) -> None:
    """Ours, or one that was registered."""
    assert type(make_compiler(Settings(matcher=name))) is Re2Compiler


def test_name_that_nobody_registered_is_refused_with_those_that_are_there() -> None:
    """Backends and matchers apart, by the variable that holds the name."""
    with pytest.raises(BadSetting) as backend:
        make_source(Settings(backend="engine"))
    assert str(backend.value) == (
        "GISTSEARCH_BACKEND: there is no 'engine', only github, memory, broken, gone, missing, shelf"
    )
    with pytest.raises(BadSetting) as matcher:
        make_compiler(Settings(matcher="shelf"))
    assert str(matcher.value) == "GISTSEARCH_MATCHER: there is no 'shelf', only re2, engine, missing"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("missing", "ModuleNotFoundError"), ("gone", "AttributeError"), ("broken", r"KeyError\('no shelf'\)")],
)
def test_backend_that_cannot_be_made_is_named(name: str, reason: str) -> None:
    """With the place that it was to come from, and why it did not."""
    with pytest.raises(BadSetting, match=rf"GISTSEARCH_BACKEND: '{name}' \(\w+:\w+\) can't be made: {reason}"):
        make_source(Settings(backend=name))


def test_matcher_that_cannot_be_made_is_named() -> None:
    """As a backend is."""
    with pytest.raises(BadSetting, match=r"GISTSEARCH_MATCHER: 'missing' \(no_such_module:Engine\) can't be made"):
        make_compiler(Settings(matcher="missing"))


@pytest.mark.parametrize(
    "settings", [Settings(github_api_url="https://x..y"), Settings(github_api_url="https://h/%20")]
)
def test_what_only_the_adapter_can_refuse_is_a_bad_setting_too(settings: Settings) -> None:
    """It names the variables that it can come from."""
    with pytest.raises(BadSetting, match=r"^GISTSEARCH_GITHUB_API_URL, "):
        make_source(settings)


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        (Settings(https_proxy="socks5://user:pa55word@proxy"), "HTTPS_PROXY"),
        (Settings(http_proxy="http://user:pa55word@proxy/path"), "http_proxy"),
        (Settings(all_proxy="socks5h://user:pa55word@proxy"), "ALL_PROXY: SOCKS is not supported"),
        (Settings(ssl_cert_file="/nowhere/ca.pem"), "SSL_CERT_FILE"),
    ],
)
def test_proxy_or_authority_that_cannot_be_used_is_a_bad_setting(settings: Settings, variable: str) -> None:
    """It names its variable, and no password."""
    with pytest.raises(BadSetting, match=f"^{variable}") as refused:
        make_source(settings)
    assert "pa55word" not in str(refused.value)


@pytest.mark.parametrize(
    "settings",
    [
        Settings(all_proxy="http://proxy:3128"),
        Settings(all_proxy="socks5://proxy", https_proxy="http://proxy:3128"),
        Settings(
            all_proxy="socks5://proxy",
            http_proxy="http://proxy:3128",
            github_api_url="http://127.0.0.1:1",
            github_raw_origins=("http://127.0.0.1:2",),
        ),
    ],
)
def test_a_proxy_for_everything_that_is_not_needed_is_not_refused(settings: Settings) -> None:
    """Nor is one that can be used, as with curl."""
    make_source(settings)


def test_version_is_that_of_the_project() -> None:
    """It stands in two places, since reading it from metadata takes longer than printing it."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__


@pytest.mark.parametrize("backend", ["github", "memory", "shelf"])
def test_source_of_gists_lists_members_as_well(backend: str) -> None:
    """So both share its connections, its limits and its tokens."""
    settings = Settings(backend=backend)
    source = make_source(settings)
    assert make_members(settings, source) is source


def test_backend_without_members_is_named() -> None:
    """Other packages' sources need not list members."""
    with pytest.raises(BadSetting, match="GISTSEARCH_BACKEND: 'shelf' does not list the members of organizations"):
        make_members(Settings(backend="shelf"), OfflineGists(InMemoryStore()))


@pytest.mark.parametrize(
    ("settings", "lacks_token"),
    [
        (Settings(store="off"), True),
        (Settings(store="off", github_token="a"), False),
        (Settings(store="off", github_tokens=("a", "b")), False),
        (Settings(store="off", backend="memory"), False),
    ],
)
def test_command_knows_whether_a_token_would_help(settings: Settings, lacks_token: bool) -> None:
    """It advises to set one only then."""
    assert search_setup(settings).lacks_token is lacks_token
