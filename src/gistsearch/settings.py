"""Settings: what the environment says, checked, in one frozen value."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, Self, get_type_hints
from urllib.parse import urlsplit

from attrs import Attribute, field, fields, frozen
from attrs.validators import and_, deep_iterable, ge, gt, le, optional

PREFIX = "GISTSEARCH_"

_VARIABLES = "variables"
"""Metadata of a field that is read from other variables than its own: see `variables_of`."""
_MAY_BE_FILE = "may be a file"
"""Metadata of a field whose variable may name a file instead (`@FILE`) that contains its values, one a line."""
_IS_FILE = "is a file"
"""Metadata of a field whose variable names a file that contains its values, one a line, and comments after `#`."""


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a log line looks."""

    CONSOLE = "console"
    JSON = "json"


class BadSetting(Exception):
    """Indicates that a setting can't be used. The message names its variable, and never a secret."""


def _address(_: object, __: Attribute[Any], value: str) -> None:
    if not _is_address(value):
        raise ValueError("is no address such as https://api.github.com")


def _origins(_: object, __: Attribute[Any], values: tuple[str, ...]) -> None:
    if not values:
        raise ValueError("names no origin")
    if not all(_is_address(value) and not urlsplit(value).path for value in values):
        raise ValueError("holds something that is no origin such as https://gist.githubusercontent.com")


def _cors_origins(_: object, __: Attribute[Any], values: tuple[str, ...]) -> None:
    if not all(value == "*" or (_is_address(value) and not urlsplit(value).path) for value in values):
        raise ValueError("contains something that is neither * nor an origin such as https://example.org")


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return (
            value.isascii()
            and value.isprintable()
            and parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and not (parts.username or parts.query or parts.fragment)
        )
    except ValueError:  # Its port is no port, its IPv6 address none.
        return False


def _token(_: object, __: Attribute[Any], value: str) -> None:
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise ValueError("holds a character that no token holds")


def _directory_or_off(_: object, __: Attribute[Any], value: str) -> None:
    if value and value.lower() != "off" and not value.startswith("~") and not Path(value).is_absolute():
        raise ValueError("is neither off nor an absolute path")


def _seconds(longest: float) -> Callable[[object, Attribute[Any], float], None]:
    return and_(gt(0), le(longest))


@frozen
class Settings:
    """All that an operator can set. Durations are in seconds."""

    backend: str = "github"
    """Where gists come from: `github`, `memory`, or a name that another package registered."""
    matcher: str = "re2"
    """What finds patterns: `re2`, or a name that another package registered."""
    github_api_url: str = field(default="https://api.github.com", validator=_address)
    github_raw_origins: tuple[str, ...] = field(default=("https://gist.githubusercontent.com",), validator=_origins)
    github_token: str | None = field(
        default=None,
        repr=False,
        validator=optional(_token),
        metadata={_VARIABLES: (f"{PREFIX}GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN")},  # the last two in the order of gh
    )
    github_tokens: tuple[str, ...] = field(
        default=(), repr=False, validator=deep_iterable(_token), metadata={_IS_FILE: True}
    )
    """Several tokens, used instead of `github_token`."""
    store: str = field(default="", validator=_directory_or_off)
    """The directory of the store, or `off`; empty for `gistsearch` in the user's cache directory."""
    cache_home: str | None = field(default=None, metadata={_VARIABLES: ("XDG_CACHE_HOME",)})
    """The user's cache directory, if it is an absolute path; see https://specifications.freedesktop.org/basedir."""
    store_max_bytes: int = field(default=1 << 30, validator=ge(0))
    """The space that the store may take up."""
    store_max_file_bytes: int = field(default=4 << 20, validator=and_(ge(0), le(1 << 28)))
    """Larger files are searched, but not kept."""
    store_memory_bytes: int = field(default=128 << 20, validator=ge(0))
    """How much of the store a process may keep in memory between searches."""
    fresh_s: float = field(default=0.0, validator=and_(ge(0), le(366 * 86_400)))
    """How old a stored listing may be to be believed without asking the source."""
    https_proxy: str | None = field(default=None, repr=False, metadata={_VARIABLES: ("https_proxy", "HTTPS_PROXY")})
    """This one and the next two may contain a password."""
    http_proxy: str | None = field(default=None, repr=False, metadata={_VARIABLES: ("http_proxy",)})
    """Only read in lower case, as by curl: the other one may come from a request's `Proxy` header (CVE-2016-5388)."""
    all_proxy: str | None = field(default=None, repr=False, metadata={_VARIABLES: ("all_proxy", "ALL_PROXY")})
    """The proxy where neither of those two says another one."""
    no_proxy: str = field(default="", metadata={_VARIABLES: ("no_proxy", "NO_PROXY")})
    ssl_cert_file: str | None = field(default=None, metadata={_VARIABLES: ("SSL_CERT_FILE",)})
    """A file (PEM) of authorities to trust besides the system's."""
    concurrency: int = field(default=32, validator=and_(ge(1), le(256)))
    """Files fetched at once in one search."""
    window_bytes: int = field(default=1 << 20, validator=and_(ge(1 << 14), le(1 << 26)))
    """The longest line (with `multiline`, the largest file) that is searched as a whole."""
    timeout_s: float = field(default=60.0, validator=and_(ge(0.001), le(86_400)))
    connect_timeout_s: float = field(default=5.0, validator=_seconds(3_600))
    read_timeout_s: float = field(default=15.0, validator=_seconds(3_600))
    max_wait_s: float = field(default=10.0, validator=and_(ge(0), le(3_600)))
    """The longest pause for an upstream rate limit."""
    host: str = "127.0.0.1"
    """The address that `serve` listens on, or its name."""
    port: int = field(default=9876, validator=and_(ge(0), le(65_535)))
    """The port that `serve` listens on; 0 for any that is free."""
    workers: int = field(default=1, validator=and_(ge(1), le(64)))
    """Processes of `serve`."""
    max_searches: int = field(default=64, validator=and_(ge(1), le(1_024)))
    """Searches in progress in one process of `serve`."""
    max_searches_per_client: int = field(default=8, validator=and_(ge(1), le(1_024)))
    rate_limit: str = "60/minute"
    """Searches for each client and period; `off` for no limit."""
    rate_limit_storage: str = field(default="memory://", repr=False)
    """Where the rates are counted; the address may contain a password."""
    api_keys: tuple[str, ...] = field(
        default=(), repr=False, validator=deep_iterable(_token), metadata={_MAY_BE_FILE: True}
    )
    """If there are any, each search over HTTP needs one."""
    trusted_proxies: int = field(default=0, validator=and_(ge(0), le(16)))
    """How many proxies in front of `serve` add to `X-Forwarded-For`."""
    cors_origins: tuple[str, ...] = field(default=(), validator=_cors_origins)
    """Other origins whose pages may use the service."""
    drain_s: float = field(default=10.0, validator=and_(ge(0), le(3_600)))
    """How long searches may go on after SIGTERM."""
    log_level: LogLevel = LogLevel.INFO
    log_format: LogFormat = LogFormat.CONSOLE

    def __attrs_post_init__(self) -> None:
        if self.all_github_tokens and not _is_private(self.github_api_url):
            names = f"{PREFIX}GITHUB_TOKEN, {PREFIX}GITHUB_TOKENS, GH_TOKEN or GITHUB_TOKEN"
            raise BadSetting(f"a token is set ({names}), but {PREFIX}GITHUB_API_URL is neither https nor this machine")

    @property
    def all_github_tokens(self) -> tuple[str, ...]:
        """The tokens to use."""
        return self.github_tokens or tuple(filter(None, [self.github_token]))

    @property
    def store_directory(self) -> Path | None:
        """The directory of the store; None if nothing is to be kept, or there is no home directory for it."""
        if self.store.lower() == "off":
            return None
        with suppress(RuntimeError):  # There is no home directory.
            return Path(self.store).expanduser() if self.store else _cache_directory(self.cache_home) / "gistsearch"
        return None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **overrides: Any) -> Self:
        """Read the settings; an empty variable counts as one that is not set.

        Args:
            environment: variables by name, as `os.environ`.
            overrides: values that win, by field name; None does not.

        Raises:
            BadSetting: a value can't be used; the first one that can't is named.
        """
        values = {name: value for name, value in overrides.items() if value is not None}
        types = get_type_hints(cls)
        for attribute in fields(cls):
            variables = variables_of(attribute)
            variable = next((name for name in variables if environment.get(name, "").strip()), variables[0])
            text = environment.get(variable, "").strip()
            if attribute.name not in values and text:
                if text.startswith("@") and _MAY_BE_FILE in attribute.metadata:
                    text = ",".join(_content_of(text[1:], variable).split())
                elif _IS_FILE in attribute.metadata:
                    text = ",".join(_without_comments(_content_of(text, variable)))
                values[attribute.name] = _structured(text, types[attribute.name], variable)
            if attribute.name in values:
                _check(attribute, values[attribute.name], variable)
        return cls(**values)


def variables_of(attribute: Attribute[Any]) -> tuple[str, ...]:
    """Return the names of the variables that a field is read from; the first one that is set counts."""
    return attribute.metadata.get(_VARIABLES, (PREFIX + attribute.name.upper(),))


def _structured(text: str, kind: Any, variable: str) -> Any:
    try:
        if kind == tuple[str, ...]:
            return _list(text, variable)
        return text if kind == str | None else kind(text)
    except ValueError as error:
        expected = {int: "a whole number", float: "a number"}.get(kind) or "one of " + ", ".join(kind)
        raise BadSetting(f"{variable} is not {expected}") from error


def _cache_directory(cache_home: str | None) -> Path:
    if cache_home and Path(cache_home).is_absolute():
        return Path(cache_home)
    if sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local)
    return Path.home() / ".cache"


def _list(text: str, variable: str) -> tuple[str, ...]:
    values = tuple(part.strip() for part in text.split(",") if part.strip())
    if not values:  # It must not be taken for a setting that was left out, which may mean that everything is allowed.
        raise BadSetting(f"{variable} contains no value")
    return values


def _content_of(path: str, variable: str) -> str:
    try:
        return Path(path).read_text("utf-8-sig")
    except (OSError, ValueError) as error:  # ValueError: it is not UTF-8, or the path contains NUL.
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise BadSetting(f"{variable} names a file that cannot be read: {reason}") from error  # A path may be a secret.


def _without_comments(content: str) -> Iterator[str]:
    return filter(None, (line.partition("#")[0].strip() for line in content.splitlines()))


def _check(attribute: Attribute[Any], value: Any, variable: str) -> None:
    try:
        if attribute.validator:
            attribute.validator(None, attribute, value)
    except ValueError as error:
        reason = str(error.args[0]).replace(f"'{attribute.name}' ", "")
        raise BadSetting(f"{variable} {reason}") from error


def _is_private(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    import ipaddress  # rarely needed

    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
