"""A request as it came, and how it is read."""

from __future__ import annotations

from attrs import field, frozen


@frozen
class Recorded:
    """A request that a listener received."""

    listener: str
    """`api` or `raw`."""
    method: str
    target: str
    """Path and query, as they were sent."""
    headers: list[tuple[str, str]]
    """In their order, as they were sent."""
    keeps_alive: bool = field(default=True, repr=False, eq=False)
    fields: dict[str, str] = field(init=False, repr=False, eq=False)
    """The headers by their names in lower case."""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "fields", {name.lower(): value for name, value in self.headers})


def parse(listener: str, head: bytes) -> Recorded:
    """Read a request.

    Args:
        listener: which one received it.
        head: up to the empty line, without it.

    Raises:
        ValueError: it is none.
    """
    line, *lines = head.decode("latin-1").split("\r\n")
    method, target, version = line.split(" ")
    headers: list[tuple[str, str]] = []
    close = version != "HTTP/1.1"
    for text in lines:
        name, colon, value = text.partition(":")
        if not colon or not name or name != name.strip():
            raise ValueError(text)
        value = value.strip()
        headers.append((name, value))
        match name.lower():
            case "connection":
                close = close or value.lower() == "close"
            case "content-length" | "transfer-encoding":  # A body is not read, so nothing can follow it.
                close = True
            case _:
                pass
    return Recorded(listener, method, target, headers, not close)
