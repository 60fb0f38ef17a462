"""How the suite for gist sources tells an implementer what the source under test is to hold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import pytest
from attrs import frozen

from gistsearch.ports.gists import (
    AccessForbidden,
    ContentGone,
    Deadline,
    ForbiddenOrigin,
    Gist,
    GistFile,
    GistSource,
    IntegrityMismatch,
    SourceError,
    SourceRateLimited,
    SourceUnavailable,
)


@frozen
class PlantedGist:
    """A gist that the source is to hold. Its id, its addresses and its times are the source's own affair."""

    files: Mapping[str, bytes]
    """Contents by file name."""
    public: bool = True
    """A gist that is not is secret: the source holds it, and must not list it."""
    description: str | None = None
    """A source that knows none may leave it out, but not change it."""


Users = Mapping[str, Sequence[PlantedGist]]
"""The gists of each user, newest first."""
Plant = Callable[[Users], GistSource]
"""Makes a source that holds exactly these users. Each test calls it once."""
Alter = Callable[[str, str, bytes | None], None]
"""Takes a user, a file name and other content, which from now on lies where the listing says; None: nothing does."""
Upset = Callable[[], object]
"""Makes something happen to all that the source depends on, for the rest of the test."""

FILE_ERRORS = (
    IntegrityMismatch,
    ForbiddenOrigin,
    SourceRateLimited,
    AccessForbidden,
    ContentGone,
    SourceUnavailable,
)
"""What `open_file` may raise while there is time left."""
LISTING_ERRORS: tuple[type[SourceError], ...] = (
    SourceRateLimited,
    AccessForbidden,
    ForbiddenOrigin,
    SourceUnavailable,
)
"""What `list_gists` may raise for a user that there is, while there is time left."""


class Planting:
    """What a subclass of the suite gives: `plant` at least. What it leaves out is skipped, and pytest says so."""

    patience_s = 10.0
    """Seconds after which something that should have ended counts as hanging."""
    many = 250
    """More gists than two pages of the source's listing hold."""

    @pytest.fixture
    def plant(self) -> Plant:
        """Give what makes the source under test."""
        raise NotImplementedError("override the fixture `plant`: it gives what makes the source under test")

    @pytest.fixture
    def alter(self) -> Alter:
        """Give what changes content behind the back of a listing that was given out, if content can change."""
        pytest.skip("no fixture `alter`: content is taken to be unchangeable")

    @pytest.fixture
    def silence(self) -> Upset:
        """Give what makes new requests of the source hang, if it asks anything that can."""
        pytest.skip("no fixture `silence`: the source is taken to wait for nothing")

    @pytest.fixture
    def sever(self) -> Upset:
        """Give what makes new requests of the source fail, if it asks anything that can."""
        pytest.skip("no fixture `sever`: the source is taken to depend on nothing")

    def deadline(self) -> Deadline:
        return Deadline(self.patience_s)

    def listed(self, source: GistSource, username: str) -> list[Gist]:
        return list(source.list_gists(username, self.deadline()))

    def only_file(self, source: GistSource, username: str = "octo") -> GistFile:
        """Return the file of a user who has no more than one."""
        (gist,) = self.listed(source, username)
        (file,) = gist.files
        return file

    def content(self, source: GistSource, file: GistFile) -> bytes:
        return b"".join(source.open_file(file, self.deadline()))


def one_file(content: bytes) -> Users:
    """Return a world of one user, `octo`, with one gist of one file, `file.txt`."""
    return {"octo": [PlantedGist({"file.txt": content})]}


def blob_id(content: bytes) -> str:
    """Name content as git does (git-hash-object)."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
