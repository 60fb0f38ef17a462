"""What an implementer provides to the suite for gist sources, and what its tests have in common."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import NoReturn, TypeVar

import pytest
from attrs import frozen

from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import (
    AccessForbidden,
    ContentGone,
    ForbiddenOrigin,
    Gist,
    GistFile,
    GistSource,
    IntegrityMismatch,
    ListingPage,
    SourceError,
    SourceRateLimited,
    SourceUnavailable,
)

E = TypeVar("E", bound=Exception)


@frozen
class SampleGist:
    """A gist that the source under test has to hold. The source chooses its id, its addresses and its times."""

    files: Mapping[str, bytes]
    """Contents by file name."""
    public: bool = True
    """False: the gist is secret. The source holds it, and must not list it."""
    description: str | None = None
    """A source may leave it out, but not change it."""


Users = Mapping[str, Sequence[SampleGist]]
"""The gists of each user, newest first."""
MakeSource = Callable[[Users], GistSource]
"""Returns a source that holds exactly these users. Each test calls it once."""
ChangeContent = Callable[[str, str, bytes | None], object]
"""Takes a user, a file name and the content that is from now on at the address of that file; None: there is none. Pages
that were listed before do not know."""
ReplaceGists = Callable[[str, Sequence[SampleGist]], object]
"""Takes a user and all gists that this user has from now on, newest first."""
CorruptRecord = Callable[[str, int], object]
"""Takes a user and a gist's position in the listing, from 0. The record of that gist cannot be read from now on."""
RedirectContent = Callable[[str, str, str], object]
"""Takes a user, a file name and another address, to which requests for that file are redirected from now on."""
Disruption = Callable[[], object]
"""Does something to everything that the source depends on, for the rest of the test."""

FILE_ERRORS: tuple[type[SourceError], ...] = (
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
"""What `list_pages` may raise for a user that exists, while there is time left."""


class DisruptionFixtures:
    """What can go wrong for every source. Tests that need such a fixture are skipped without it, and pytest says so."""

    timeout_s = 10.0
    """Seconds after which something that should have ended counts as hanging."""

    @pytest.fixture
    def stall(self) -> Disruption:
        """Return a function after which new requests of the source get no answer."""
        skip_without("stall", "the source waits for something, such as a network")

    @pytest.fixture
    def disconnect(self) -> Disruption:
        """Return a function after which new requests of the source fail."""
        skip_without("disconnect", "the source depends on something that can fail")

    @pytest.fixture
    def limit_rate(self) -> Disruption:
        """Return a function after which new requests are refused, for longer than the source is ready to wait."""
        skip_without("limit_rate", "the host of the source has a rate limit")

    def deadline(self) -> Deadline:
        return Deadline(self.timeout_s)


class GistSourceFixtures(DisruptionFixtures):
    """The fixtures and attributes that a subclass of the suite overrides.

    Only `make_source` is required. Tests that need another fixture are skipped without it, and pytest says so.
    """

    many = 250
    """More gists than two pages of the source's listings contain."""

    @pytest.fixture
    def make_source(self) -> MakeSource:
        """Return a function that makes the source under test."""
        raise NotImplementedError("override the fixture `make_source`: it returns a function that makes the source")

    @pytest.fixture
    def change_content(self) -> ChangeContent:
        """Return a function that changes the content of a file that was already listed."""
        skip_without("change_content", "content can change after it was listed")

    @pytest.fixture
    def replace_gists(self) -> ReplaceGists:
        """Return a function that changes what a user has."""
        skip_without("replace_gists", "the gists of a user can change")

    @pytest.fixture
    def corrupt_record(self) -> CorruptRecord:
        """Return a function that makes a record of a listing unreadable."""
        skip_without("corrupt_record", "listings can contain records that cannot be read")

    @pytest.fixture
    def redirect_content(self) -> RedirectContent:
        """Return a function that makes the host of the content redirect."""
        skip_without("redirect_content", "the source sends HTTP requests")

    def pages(self, source: GistSource, username: str, known: Sequence[ListingPage] = ()) -> list[ListingPage]:
        return list(source.list_pages(username, self.deadline(), known))

    def gists(self, source: GistSource, username: str) -> list[Gist]:
        return gists_of(self.pages(source, username))

    def only_file(self, source: GistSource, username: str = "octo") -> GistFile:
        """Return the file of a user who has one gist with one file."""
        gists = self.gists(source, username)
        assert len(gists) == 1, f"the listing of {username!r} has {len(gists)} gists instead of 1"
        assert len(gists[0].files) == 1, f"the gist has {len(gists[0].files)} files instead of 1"
        return gists[0].files[0]

    def content(self, source: GistSource, file: GistFile) -> bytes:
        return b"".join(source.open_file(file, self.deadline()))


def skip_without(fixture: str, where: str) -> NoReturn:
    """Skip a test that needs a fixture which was not overridden."""
    pytest.skip(f"needs the fixture `{fixture}`: override it if {where}")


MESSAGE_CHARACTERS = 300
"""The most of an error's message that a failure shows."""


@contextmanager
def must_raise(*expected: type[E], when: str) -> Generator[list[E], None, None]:
    """Fail the test unless the `with` block raises one of these errors, with a message for users.

    Args:
        expected: the errors.
        when: what the block does, to complete the sentence "when …".

    Yields:
        A list that contains the error after the block.
    """
    names = " or ".join(error.__name__ for error in expected)
    raised: list[E] = []
    try:
        yield raised
    except expected as error:
        raised.append(error)
    except AssertionError:
        raise
    except Exception as error:  # noqa: BLE001  # Any other one fails the test.
        message = str(error)
        failure = (
            f"when {when}, expected {names}, but {type(error).__name__} was raised: {message[:MESSAGE_CHARACTERS]}"
        )
        if len(message) <= MESSAGE_CHARACTERS:
            pytest.fail(failure)
        raise pytest.fail.Exception(f"{failure}…") from None  # It may quote a name of thousands of characters.
    assert raised, f"when {when}, expected {names}, but nothing was raised"
    assert str(raised[0]).strip(), f"when {when}, expected {type(raised[0]).__name__} to say what happened"


def sample(*filenames: str) -> list[SampleGist]:
    """Return gists of one empty file each."""
    return [SampleGist({filename: b""}) for filename in filenames]


def numbered(count: int) -> list[SampleGist]:
    """Return gists of one empty file each, named by number, newest first."""
    return sample(*(f"{number}.txt" for number in range(count)))


def one_file(content: bytes) -> Users:
    """Return one user, `octo`, with one gist of one file, `file.txt`."""
    return {"octo": [SampleGist({"file.txt": content})]}


def gists_of(pages: Sequence[ListingPage]) -> list[Gist]:
    """Return the gists of a listing in order, without those that appear again."""
    return list({gist.id: gist for page in reversed(pages) for gist in reversed(page.gists)}.values())[::-1]


def names_of(gists: Sequence[Gist] | Sequence[SampleGist]) -> list[list[str]]:
    """Return the file names of each gist."""
    return [
        list(gist.files) if isinstance(gist, SampleGist) else [file.filename for file in gist.files] for gist in gists
    ]
