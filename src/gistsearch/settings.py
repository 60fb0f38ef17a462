"""Settings: what the environment says, checked, in one frozen value."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Self, get_type_hints
from urllib.parse import urlsplit

from attrs import Attribute, field, fields, frozen
from attrs.validators import and_, ge, gt, le, optional

PREFIX = "GISTSEARCH_"


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
    github_token: str | None = field(default=None, repr=False, validator=optional(_token))
    concurrency: int = field(default=32, validator=and_(ge(1), le(256)))
    """Files fetched at once in one search."""
    window_bytes: int = field(default=1 << 20, validator=and_(ge(1 << 14), le(1 << 26)))
    """The longest line (with `multiline`, the largest file) that is searched as a whole."""
    timeout_s: float = field(default=60.0, validator=and_(ge(0.001), le(86_400)))
    connect_timeout_s: float = field(default=5.0, validator=_seconds(3_600))
    read_timeout_s: float = field(default=15.0, validator=_seconds(3_600))
    max_wait_s: float = field(default=10.0, validator=and_(ge(0), le(3_600)))
    """The longest pause for an upstream rate limit."""
    log_level: LogLevel = LogLevel.INFO
    log_format: LogFormat = LogFormat.CONSOLE

    def __attrs_post_init__(self) -> None:
        if self.github_token and not _is_private(self.github_api_url):
            raise BadSetting(
                f"{PREFIX}GITHUB_TOKEN is set, but {PREFIX}GITHUB_API_URL is neither https nor this machine"
            )

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
            variable = PREFIX + attribute.name.upper()
            text = environment.get(variable, "").strip()
            if attribute.name not in values and text:
                values[attribute.name] = _structured(text, types[attribute.name], variable)
            if attribute.name in values:
                _check(attribute, values[attribute.name], variable)
        return cls(**values)


def _structured(text: str, kind: Any, variable: str) -> Any:
    try:
        if kind == tuple[str, ...]:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        return text if kind == str | None else kind(text)
    except ValueError as error:
        expected = {int: "a whole number", float: "a number"}.get(kind) or "one of " + ", ".join(kind)
        raise BadSetting(f"{variable} is not {expected}") from error


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
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
