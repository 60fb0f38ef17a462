"""What the environment may say."""

from __future__ import annotations

import sys
from pathlib import Path

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
        store="",
        cache_home=None,
        store_max_bytes=1 << 30,
        store_max_file_bytes=4 << 20,
        store_memory_bytes=128 << 20,
        fresh_s=0,
        concurrency=32,
        timeout_s=60,
        connect_timeout_s=5,
        read_timeout_s=15,
        max_wait_s=10,
        host="127.0.0.1",
        port=9876,
        workers=1,
        max_searches=64,
        max_searches_per_client=8,
        rate_limit="60/minute",
        rate_limit_storage="memory://",
        api_keys=(),
        trusted_proxies=0,
        cors_origins=(),
        drain_s=10,
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
            "GISTSEARCH_STORE": "/srv/gists",
            "GISTSEARCH_STORE_MAX_BYTES": "0",
            "GISTSEARCH_STORE_MAX_FILE_BYTES": "1",
            "GISTSEARCH_STORE_MEMORY_BYTES": "2",
            "GISTSEARCH_FRESH_S": "0.5",
            "XDG_CACHE_HOME": "/srv/cache",
            "GISTSEARCH_CONCURRENCY": "64",
            "GISTSEARCH_WINDOW_BYTES": "65536",
            "GISTSEARCH_TIMEOUT_S": "7.5",
            "GISTSEARCH_CONNECT_TIMEOUT_S": "1",
            "GISTSEARCH_READ_TIMEOUT_S": "2",
            "GISTSEARCH_MAX_WAIT_S": "0",
            "GISTSEARCH_HOST": "::1",
            "GISTSEARCH_PORT": "0",
            "GISTSEARCH_WORKERS": "4",
            "GISTSEARCH_MAX_SEARCHES": "100",
            "GISTSEARCH_MAX_SEARCHES_PER_CLIENT": "10",
            "GISTSEARCH_RATE_LIMIT": "5/second",
            "GISTSEARCH_RATE_LIMIT_STORAGE": f"redis://:{TOKEN}@redis.example:6379",
            "GISTSEARCH_API_KEYS": f"{TOKEN}1, {TOKEN}2",
            "GISTSEARCH_TRUSTED_PROXIES": "2",
            "GISTSEARCH_CORS_ORIGINS": "https://a.example,http://localhost:3000",
            "GISTSEARCH_DRAIN_S": "0.5",
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
        store="/srv/gists",
        store_max_bytes=0,
        store_max_file_bytes=1,
        store_memory_bytes=2,
        fresh_s=0.5,
        cache_home="/srv/cache",
        concurrency=64,
        window_bytes=65_536,
        timeout_s=7.5,
        connect_timeout_s=1,
        read_timeout_s=2,
        max_wait_s=0,
        host="::1",
        port=0,
        workers=4,
        max_searches=100,
        max_searches_per_client=10,
        rate_limit="5/second",
        rate_limit_storage=f"redis://:{TOKEN}@redis.example:6379",
        api_keys=(f"{TOKEN}1", f"{TOKEN}2"),
        trusted_proxies=2,
        cors_origins=("https://a.example", "http://localhost:3000"),
        drain_s=0.5,
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
        ("GISTSEARCH_STORE", "cache"),
        ("GISTSEARCH_STORE", "none"),
        ("GISTSEARCH_STORE_MAX_BYTES", "1G"),
        ("GISTSEARCH_STORE_MAX_BYTES", "-1"),
        ("GISTSEARCH_FRESH_S", "-1"),
        ("GISTSEARCH_FRESH_S", "inf"),
        ("GISTSEARCH_PORT", "70000"),
        ("GISTSEARCH_WORKERS", "0"),
        ("GISTSEARCH_MAX_SEARCHES", "0"),
        ("GISTSEARCH_TRUSTED_PROXIES", "-1"),
        ("GISTSEARCH_CORS_ORIGINS", "app.example"),
        ("GISTSEARCH_CORS_ORIGINS", "https://app.example/path"),
        ("GISTSEARCH_API_KEYS", "one two"),
        ("GISTSEARCH_API_KEYS", ","),
        ("GISTSEARCH_API_KEYS", "@/no/such/file"),
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


def test_keys_may_be_in_a_file(tmp_path: Path) -> None:
    """As secrets are mounted: one on each line."""
    path = tmp_path / "keys"
    path.write_text("alice\nbob\n")
    assert Settings.from_environment({"GISTSEARCH_API_KEYS": f"@{path}"}).api_keys == ("alice", "bob")


def test_a_file_without_keys_is_refused(tmp_path: Path) -> None:
    """It must not open the service to everybody."""
    path = tmp_path / "keys"
    path.write_text("\n")
    with pytest.raises(BadSetting, match="GISTSEARCH_API_KEYS contains no value"):
        Settings.from_environment({"GISTSEARCH_API_KEYS": f"@{path}"})


def test_tokens_are_in_a_file(tmp_path: Path) -> None:
    """One on each line; they win over a single one, which other tools may have set."""
    path = tmp_path / "tokens"
    path.write_text("# Ours\r\nghp_a\n\n  ghp_b  # of the bot\n#ghp_c\n", newline="")
    environment = {"GISTSEARCH_GITHUB_TOKENS": str(path), "GISTSEARCH_GITHUB_TOKEN": "d", "GH_TOKEN": "e"}
    assert Settings.from_environment(environment).all_github_tokens == ("ghp_a", "ghp_b")


def test_single_token_is_used_without_such_a_file() -> None:
    """And there may be none at all."""
    assert Settings.from_environment({"GH_TOKEN": "e"}).all_github_tokens == ("e",)
    assert Settings.from_environment({}).all_github_tokens == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "contains no value"),
        (b"# ghp_a\n \n", "contains no value"),
        (f"{TOKEN} {TOKEN}\n".encode(), "holds a character that no token holds"),
        (f"{TOKEN}\0".encode(), "holds a character that no token holds"),
        (TOKEN.encode() + b"\xff", "names a file that cannot be read: it is not text"),
        (None, "names a file that cannot be read: No such file or directory"),
    ],
)
def test_tokens_that_cannot_be_used_are_refused_and_not_shown(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    """Nor is a token that was taken for the name of a file."""
    path = tmp_path / TOKEN
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadSetting, match=f"^GISTSEARCH_GITHUB_TOKENS {reason}$") as refused:
        Settings.from_environment({"GISTSEARCH_GITHUB_TOKENS": str(path)})
    assert TOKEN not in str(refused.value)


def test_none_of_several_tokens_goes_over_the_network_in_the_clear(tmp_path: Path) -> None:
    """Plain http with tokens is for this machine alone."""
    (tmp_path / "tokens").write_text(TOKEN)
    environment = {
        "GISTSEARCH_GITHUB_TOKENS": str(tmp_path / "tokens"),
        "GISTSEARCH_GITHUB_API_URL": "http://ghe.example",
    }
    with pytest.raises(BadSetting, match="GISTSEARCH_GITHUB_TOKENS"):
        Settings.from_environment(environment)


@pytest.mark.parametrize(
    ("environment", "token"),
    [
        ({"GITHUB_TOKEN": "c"}, "c"),
        ({"GITHUB_TOKEN": "c", "GH_TOKEN": "b"}, "b"),
        ({"GITHUB_TOKEN": "c", "GH_TOKEN": "b", "GISTSEARCH_GITHUB_TOKEN": "a"}, "a"),
        ({"GITHUB_TOKEN": "c", "GH_TOKEN": "", "GISTSEARCH_GITHUB_TOKEN": " "}, "c"),
        ({}, None),
    ],
)
def test_token_of_other_tools_is_used_if_there_is_no_own_one(environment: dict[str, str], token: str | None) -> None:
    """In the order of GitHub's command line."""
    assert Settings.from_environment(environment).github_token == token


@pytest.mark.skipif(sys.platform == "win32", reason="paths of POSIX")
@pytest.mark.parametrize(
    ("environment", "directory"),
    [
        ({}, "/home/octo/.cache/gistsearch"),
        ({"XDG_CACHE_HOME": "/var/cache/octo"}, "/var/cache/octo/gistsearch"),
        ({"XDG_CACHE_HOME": "cache"}, "/home/octo/.cache/gistsearch"),
        ({"GISTSEARCH_STORE": "/srv/gists", "XDG_CACHE_HOME": "/var/cache"}, "/srv/gists"),
        ({"GISTSEARCH_STORE": "~/gists"}, "/home/octo/gists"),
        ({"GISTSEARCH_STORE": "off"}, None),
        ({"GISTSEARCH_STORE": "OFF"}, None),
    ],
)
def test_store_is_in_the_cache_directory(
    environment: dict[str, str], directory: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless another place is named, or none. A cache directory that is not absolute is ignored, as XDG asks for."""
    monkeypatch.setenv("HOME", "/home/octo")
    assert Settings.from_environment(environment).store_directory == (Path(directory) if directory else None)


def test_user_without_a_home_directory_has_no_place_for_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is as if it were off."""

    def fail(_: type[Path]) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", classmethod(fail))
    assert Settings().store_directory is None


@pytest.mark.parametrize("variable", ["GITHUB_TOKEN", "GH_TOKEN"])
def test_bad_token_of_other_tools_is_refused_by_its_variable(variable: str) -> None:
    """And not by ours, which is not set."""
    with pytest.raises(BadSetting, match=f"^{variable} "):
        Settings.from_environment({variable: "two words"})


@pytest.mark.parametrize(
    ("environment", "https", "http", "exceptions"),
    [
        ({"HTTPS_PROXY": "a", "NO_PROXY": "c"}, "a", None, "c"),
        ({"https_proxy": "a", "http_proxy": "b", "no_proxy": "c"}, "a", "b", "c"),
        ({"https_proxy": "a", "HTTPS_PROXY": "A", "no_proxy": "c", "NO_PROXY": "C"}, "a", None, "c"),
        ({"https_proxy": "", "HTTPS_PROXY": "A"}, "A", None, ""),
        ({"HTTP_PROXY": "b"}, None, None, ""),  # A CGI script gets it from a request's header.
    ],
)
def test_proxies_are_read_from_the_variables_that_curl_reads(
    environment: dict[str, str], https: str | None, http: str | None, exceptions: str
) -> None:
    """Lower case first; `http_proxy` in lower case alone."""
    settings = Settings.from_environment(environment)
    assert (settings.https_proxy, settings.http_proxy, settings.no_proxy) == (https, http, exceptions)


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [({"ALL_PROXY": "a"}, "a"), ({"all_proxy": "a", "ALL_PROXY": "A"}, "a"), ({"HTTPS_PROXY": "a"}, None)],
)
def test_proxy_for_everything_is_read_as_curl_reads_it(environment: dict[str, str], proxy: str | None) -> None:
    """In lower case first."""
    assert Settings.from_environment(environment).all_proxy == proxy


def test_authorities_are_read_from_the_variable_that_openssl_reads() -> None:
    """As other programs do."""
    assert Settings.from_environment({"SSL_CERT_FILE": "/etc/ca.pem"}).ssl_cert_file == "/etc/ca.pem"


def test_secrets_do_not_show() -> None:
    """A proxy's address may contain a password."""
    shown = repr(Settings(https_proxy=f"http://u:{TOKEN}@p", http_proxy=f"http://u:{TOKEN}@p", github_token=TOKEN))
    assert TOKEN not in shown
    assert TOKEN not in repr(Settings(github_tokens=(TOKEN,)))
