"""Answers as api.github.com gives them: a user's gists and an organization's members, page by page."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import parse_qs, unquote, urlencode

from attrs import field, frozen

from tests.loopback_github.answers import Answer, Headers, accepts_gzip, gzipped, not_modified
from tests.loopback_github.budgets import Budget, bad_credentials
from tests.loopback_github.content import LoopbackGist
from tests.loopback_github.items import Items, number_of
from tests.loopback_github.raw import Users
from tests.loopback_github.request import Recorded

T = TypeVar("T")
Organizations = Mapping[str, Mapping[str, bool]]
"""The names of their members, and whether each membership is public."""

_LONG_AGO = datetime(2012, 3, 1, tzinfo=UTC)
_STEP = timedelta(hours=7, seconds=11)


@frozen(eq=False)
class _Listing:
    """A user's gists as they were at some moment, and what was made of them."""

    name: str
    given: tuple[LoopbackGist, ...]
    ordered: list[tuple[datetime, LoopbackGist]]
    """Newest first."""
    pages: dict[tuple[str, bool], tuple[Headers, bytes]] = field(factory=dict[tuple[str, bool], tuple[Headers, bytes]])


class ApiAnswers:
    """Lists gists and members."""

    def __init__(
        self,
        users: Users,
        organizations: Organizations,
        api_url: str,
        raw_origin: str,
        budgets: Mapping[str, Budget] | None = None,
    ) -> None:
        """
        Args:
            users: their names and gists; may change between requests.
            organizations: their names and members; may change between requests.
            api_url: where this API is.
            raw_origin: where the content lies.
            budgets: of the tokens that are accepted; may change between requests. None: any token is accepted.
        """
        self._users = users
        self._budgets = budgets
        self._organizations = organizations
        self._api_url = api_url
        self._items = Items(api_url, raw_origin)
        self._listings: dict[str, _Listing] = {}
        self._created: dict[LoopbackGist, datetime] = {}
        self._answered = 0

    def answer(self, request: Recorded) -> Answer:
        """Answer a request, within the limit of its token if tokens have limits."""
        if self._budgets is None:
            return self._answer(request)
        budget = self._budgets.get(request.fields.get("authorization", "").removeprefix("Bearer "))
        return bad_credentials() if budget is None else budget.charge(self._answer(request))

    def _answer(self, request: Recorded) -> Answer:
        if not request.fields.get("user-agent", "").strip():
            return _no_user_agent()
        signed_in = "authorization" in request.fields
        headers = self._headers(signed_in)
        found = self._found(request, signed_in)
        if request.method not in ("GET", "HEAD") or found is None:
            return _not_found(headers)
        answer = Answer(200, [*headers, *found[0]], found[1])
        if accepts_gzip(request.fields.get("accept-encoding", "")):
            answer = gzipped(answer)
        return not_modified(answer, request.fields["if-none-match"]) if "if-none-match" in request.fields else answer

    def _found(self, request: Recorded, signed_in: bool) -> tuple[Headers, bytes] | None:
        """Return the headers and the body of what a path leads to: a page of a listing, or a gist."""
        path, _, query = request.target.partition("?")
        if (name := self._user_of(path)) is not None:
            return self._page(self._listing(name), query, signed_in)
        if (name := self._organization_of(path)) is not None:
            return self._members(name, path.rpartition("/")[2], query)
        for name in self._users if path.startswith("/gists/") else ():
            for created, gist in self._listing(name).ordered:
                if path == f"/gists/{gist.id}":
                    return [], self._items.with_content(name, created, gist)
        return None

    def _headers(self, signed_in: bool) -> Headers:
        self._answered += 1
        limit = 5_000 if signed_in else 60
        used = min(self._answered, limit - 1)  # Nobody is shut out here: a script does that.
        scope = "private" if signed_in else "public"
        return [
            ("Server", "github.com"),
            ("Content-Type", "application/json; charset=utf-8"),
            ("Cache-Control", f"{scope}, max-age=60, s-maxage=60"),
            ("Vary", "Accept,Accept-Encoding, Accept, X-Requested-With"),
            ("X-GitHub-Media-Type", "github.v3; format=json"),
            ("x-github-api-version-selected", "2022-11-28"),
            ("x-ratelimit-limit", str(limit)),
            ("x-ratelimit-remaining", str(limit - used)),
            ("x-ratelimit-reset", str(int(time.time()) // 3600 * 3600 + 3600)),
            ("x-ratelimit-resource", "core"),
            ("x-ratelimit-used", str(used)),
            ("X-GitHub-Request-Id", f"{self._answered:04X}:1:2:3:4"),
        ]

    def _organization_of(self, path: str) -> str | None:
        match [unquote(piece) for piece in path.split("/")]:
            case ["", "orgs", asked, "public_members" | "members"]:
                return next((name for name in self._organizations if name.lower() == asked.lower()), None)
            case ["", "organizations", number, "public_members" | "members"]:
                return next((name for name in self._organizations if str(number_of(name)) == number), None)
            case _:
                return None

    def _user_of(self, path: str) -> str | None:
        match [unquote(piece) for piece in path.split("/")]:
            case ["", "users", asked, "gists"]:
                return next((name for name in self._users if name.lower() == asked.lower()), None)
            case ["", "user", number, "gists"]:
                return next((name for name in self._users if str(number_of(name)) == number), None)
            case _:
                return None

    def _listing(self, name: str) -> _Listing:
        given = tuple(self._users[name])
        listing = self._listings.get(name)
        if listing is None or listing.given != given:  # Tuples of the same objects are compared quickly.
            listing = _Listing(name, given, self._ordered(given))
            self._listings[name] = listing
        return listing

    def _ordered(self, gists: Sequence[LoopbackGist]) -> list[tuple[datetime, LoopbackGist]]:
        """Give a time to each gist that has none: a later one than what stands behind it in the list."""
        moment = _LONG_AGO
        dated: list[tuple[datetime, LoopbackGist]] = []
        for gist in reversed(gists):
            moment = gist.created_at or self._created.setdefault(gist, moment + _STEP)
            dated.append((moment, gist))
        dated.reverse()
        return sorted(dated, key=lambda pair: pair[0], reverse=True)

    def _page(self, listing: _Listing, query: str, signed_in: bool) -> tuple[Headers, bytes]:
        made = listing.pages.get((query, signed_in))
        if made is None:
            pairs = [pair for pair in listing.ordered if pair[1].public or signed_in]
            if since := parse_qs(query).get("since"):
                pairs = [pair for pair in pairs if (pair[1].updated_at or pair[0]) >= datetime.fromisoformat(since[-1])]
            made = self._sliced(
                pairs,
                lambda pair: self._items.encoded(listing.name, *pair),
                f"user/{number_of(listing.name)}/gists",
                query,
            )
            listing.pages[query, signed_in] = made
        return made

    def _members(self, organization: str, list_name: str, query: str) -> tuple[Headers, bytes]:
        members = self._organizations[organization].items()
        shown = [name for name, public in members if public or list_name == "members"]
        path = f"organizations/{number_of(organization)}/{list_name}"
        return self._sliced(shown, lambda name: json.dumps(self._items.owner(name)).encode(), path, query)

    def _sliced(
        self, records: Sequence[T], encode: Callable[[T], bytes], path: str, query: str
    ) -> tuple[Headers, bytes]:
        """Return one page of records. The path is that which links name: with the owner's number, as GitHub's do."""
        asked = {name: values[-1] for name, values in parse_qs(query).items()}
        size = min(_positive(asked.get("per_page"), 30), 100)
        page = _positive(asked.get("page"), 1)
        body = b"[" + b",".join(map(encode, records[(page - 1) * size : page * size])) + b"]"
        headers = [("ETag", f'W/"{hashlib.sha256(body).hexdigest()}"')]
        return [*headers, *self._links(path, asked, page, -(-len(records) // size))], body

    def _links(self, path: str, asked: Mapping[str, str], page: int, pages: int) -> Headers:
        places = {"prev": page - 1, "next": page + 1, "last": pages, "first": 1}
        if page >= pages:
            del places["next"], places["last"]
        if page == 1:
            del places["prev"], places["first"]
        links = [
            f'<{self._api_url}/{path}?{urlencode({**asked, "page": at})}>; rel="{rel}"' for rel, at in places.items()
        ]
        return [("Link", ", ".join(links))] if links else []


def _positive(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() and int(text) > 0 else default


def _not_found(headers: Headers) -> Answer:
    page = "https://docs.github.com/rest/gists/gists#list-gists-for-a-user"
    return Answer(
        404, headers, json.dumps({"message": "Not Found", "documentation_url": page, "status": "404"}).encode()
    )


def _no_user_agent() -> Answer:
    told = b"\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header.\r\n"
    return Answer(403, [("Cache-Control", "no-cache"), ("Content-Type", "text/html")], told)
