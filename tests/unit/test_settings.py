"""What the environment may say."""

from __future__ import annotations

import pytest

from gistsearch.settings import BadSetting, LogFormat, LogLevel, Settings

TOKEN = "ghp_canary"


def test_an_empty_environment_gives_the_defaults() -> None:
    """The defaults are those of the contract, and an empty variable counts as one that is not set."""
    settings = Settings.from_environment({"GISTSEARCH_CONCURRENCY": "", "GISTSEARCH_GITHUB_TOKEN": " "})
    assert settings == Settings(
        backend="github",
        github_api_url="https://api.github.com",
        github_raw_origins=("https://gist.githubusercontent.com",),
        github_token=None,
        concurrency=32,
        timeout_s=60,
        connect_timeout_s=5,
        read_timeout_s=15,
        max_wait_s=10,
        log_level=LogLevel.INFO,
        log_format=LogFormat.CONSOLE,
    )


def test_every_variable_is_read() -> None:
    """Numbers, lists and names come in their types."""
    settings = Settings.from_environment(
        {
            "GISTSEARCH_BACKEND": "memory",
            "GISTSEARCH_MATCHER": "other",
            "GISTSEARCH_GITHUB_API_URL": "https://ghe.example/api/v3",
            "GISTSEARCH_GITHUB_RAW_ORIGINS": "https://a.example, https://b.example:8443",
            "GISTSEARCH_GITHUB_TOKEN": TOKEN,
            "GISTSEARCH_CONCURRENCY": "64",
            "GISTSEARCH_WINDOW_BYTES": "65536",
            "GISTSEARCH_TIMEOUT_S": "7.5",
            "GISTSEARCH_CONNECT_TIMEOUT_S": "1",
            "GISTSEARCH_READ_TIMEOUT_S": "2",
            "GISTSEARCH_MAX_WAIT_S": "0",
            "GISTSEARCH_LOG_LEVEL": "debug",
            "GISTSEARCH_LOG_FORMAT": "json",
        }
    )
    assert settings == Settings(
        backend="memory",
        matcher="other",
        github_api_url="https://ghe.example/api/v3",
        github_raw_origins=("https://a.example", "https://b.example:8443"),
        github_token=TOKEN,
        concurrency=64,
        window_bytes=65_536,
        timeout_s=7.5,
        connect_timeout_s=1,
        read_timeout_s=2,
        max_wait_s=0,
        log_level=LogLevel.DEBUG,
        log_format=LogFormat.JSON,
    )
    assert TOKEN not in repr(settings)


def test_an_override_wins_unless_it_is_none() -> None:
    """Flags win over variables."""
    environment = {"GISTSEARCH_BACKEND": "github", "GISTSEARCH_TIMEOUT_S": "5"}
    settings = Settings.from_environment(environment, backend="memory", timeout_s=None)
    assert (settings.backend, settings.timeout_s) == ("memory", 5)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GISTSEARCH_CONCURRENCY", "many"),
        ("GISTSEARCH_CONCURRENCY", "0"),
        ("GISTSEARCH_CONCURRENCY", "1.5"),
        ("GISTSEARCH_WINDOW_BYTES", "100"),
        ("GISTSEARCH_TIMEOUT_S", "-1"),
        ("GISTSEARCH_TIMEOUT_S", "nan"),
        ("GISTSEARCH_TIMEOUT_S", "inf"),
        ("GISTSEARCH_READ_TIMEOUT_S", "soon"),
        ("GISTSEARCH_GITHUB_API_URL", "api.github.com"),
        ("GISTSEARCH_GITHUB_API_URL", "https://user@api.github.com"),
        ("GISTSEARCH_GITHUB_API_URL", "https://api.github.com:99999"),
        ("GISTSEARCH_GITHUB_API_URL", "https://[::1"),
        ("GISTSEARCH_GITHUB_API_URL", "https://api.github.com/?q"),
        ("GISTSEARCH_GITHUB_RAW_ORIGINS", "ftp://x.example"),
        ("GISTSEARCH_GITHUB_RAW_ORIGINS", "https://x.example/raw"),
        ("GISTSEARCH_GITHUB_TOKEN", "two words"),
        ("GISTSEARCH_GITHUB_TOKEN", "a\nb"),
        ("GISTSEARCH_GITHUB_TOKEN", "é"),
        ("GISTSEARCH_GITHUB_RAW_ORIGINS", ","),
        ("GISTSEARCH_LOG_LEVEL", "loud"),
        ("GISTSEARCH_LOG_FORMAT", "xml"),
    ],
)
def test_a_bad_value_is_refused_by_its_variable(variable: str, value: str) -> None:
    """The message names the variable."""
    with pytest.raises(BadSetting, match=variable):
        Settings.from_environment({variable: value})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GISTSEARCH_GITHUB_TOKEN", f"{TOKEN} {TOKEN}"),
        ("GISTSEARCH_GITHUB_API_URL", f"https://user:{TOKEN}@api.github.com"),
        ("GISTSEARCH_GITHUB_RAW_ORIGINS", f"https://user:{TOKEN}@x.example"),
    ],
)
def test_a_refusal_tells_no_secret(variable: str, value: str) -> None:
    """A bad value may hold one."""
    with pytest.raises(BadSetting) as refused:
        Settings.from_environment({variable: value})
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("http://ghe.example", False),
        ("http://127.0.0.1:1", True),
        ("http://localhost", True),
        ("https://x.example", True),
    ],
)
def test_a_token_never_goes_over_the_network_in_the_clear(url: str, fits: bool) -> None:
    """Plain http with a token is for this machine alone; the message does not hold the token."""
    environment = {"GISTSEARCH_GITHUB_TOKEN": TOKEN, "GISTSEARCH_GITHUB_API_URL": url}
    if fits:
        assert Settings.from_environment(environment).github_token == TOKEN
        return
    with pytest.raises(BadSetting, match="GISTSEARCH_GITHUB_TOKEN") as refused:
        Settings.from_environment(environment)
    assert TOKEN not in str(refused.value)
