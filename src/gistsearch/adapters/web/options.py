"""What an operator decides about the web service."""

from __future__ import annotations

from attrs import field, frozen

SEARCHES_AT_ONCE = 64
SEARCHES_AT_ONCE_PER_CLIENT = 8


@frozen
class WebOptions:
    """The options of the application. Limits on what is in progress hold for one process."""

    version: str = "0"
    """Of the program, for the OpenAPI document."""
    max_timeout_s: float = 60.0
    """The longest that a search may take, and the default."""
    max_searches: int = SEARCHES_AT_ONCE
    max_searches_per_client: int = SEARCHES_AT_ONCE_PER_CLIENT
    rate_limit: str | None = None
    """Users that each client may have searched in a period, such as `60/minute`; None for no limit."""
    rate_limit_storage: str = "memory://"
    """Where the rates are counted: in this process, or in Redis, such as `redis://HOST:PORT`."""
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    """If there are any, each search needs one."""
    trusted_proxies: int = 0
    """How many proxies in front of the service add to `X-Forwarded-For`."""
    cors_origins: tuple[str, ...] = ()
    """Other origins whose pages may use the service."""
