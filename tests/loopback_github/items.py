"""Gists as GitHub describes them in a listing, without their content (GitHub REST, "List gists for a user")."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from pathlib import PurePath

from tests.loopback_github.content import LoopbackFile, LoopbackGist, part
from tests.loopback_github.raw import raw_path

MOST_FILES = 300
"""So many files of a gist are listed."""
MOST_INLINE_BYTES = 1 << 20
"""So much of a file's content comes with its gist."""

_TYPES = {".py": "application/x-python", ".json": "application/json", ".md": "text/markdown", ".html": "text/html"}


def number_of(name: str) -> int:
    """Return a user's number."""
    return zlib.crc32(name.lower().encode())


class Items:
    """Describes gists, each once."""

    def __init__(self, api_url: str, raw_origin: str) -> None:
        """
        Args:
            api_url: where the API is.
            raw_origin: where the content lies.
        """
        self._api_url = api_url
        self._raw_origin = raw_origin
        self._encoded: dict[tuple[str, LoopbackGist], bytes] = {}

    def encoded(self, name: str, created: datetime, gist: LoopbackGist) -> bytes:
        """Return the JSON of a user's gist that was created at some moment."""
        made = self._encoded.get((name, gist))
        if made is None:
            made = self._encoded[name, gist] = json.dumps(self._shape(name, created, gist), ensure_ascii=False).encode()
        return made

    def with_content(self, name: str, created: datetime, gist: LoopbackGist) -> bytes:
        """Return the JSON of a gist with the content of its files (GitHub REST, "Get a gist")."""
        files: dict[str, object] = {}
        for file in gist.files[:MOST_FILES]:
            content = b"".join(part(file.content, 0, MOST_INLINE_BYTES)).decode(errors="replace")
            cut = {"content": content, "truncated": file.size > MOST_INLINE_BYTES}
            files[file.name] = self._file(name, gist, file) | cut
        return json.dumps(self._shape(name, created, gist) | {"files": files}).encode()

    def owner(self, name: str) -> dict[str, object]:
        """Return a user as the API describes one in the JSON of something else."""
        return {
            "login": name,
            "id": number_of(name),
            "avatar_url": f"https://avatars.githubusercontent.com/u/{number_of(name)}?v=4",
            "gravatar_id": "",
            "url": f"{self._api_url}/users/{name}",
            "html_url": f"https://github.com/{name}",
            "gists_url": f"{self._api_url}/users/{name}/gists{{/gist_id}}",
            "type": "User",
            "user_view_type": "public",
            "site_admin": False,
        }

    def _shape(self, name: str, created: datetime, gist: LoopbackGist) -> dict[str, object]:
        url = f"{self._api_url}/gists/{gist.id}"
        return {
            "url": url,
            "forks_url": f"{url}/forks",
            "commits_url": f"{url}/commits",
            "id": gist.id,
            "node_id": f"G_{gist.id}",
            "git_pull_url": f"https://gist.github.com/{gist.id}.git",
            "git_push_url": f"https://gist.github.com/{gist.id}.git",
            "html_url": f"https://gist.github.com/{name}/{gist.id}",
            "files": {file.name: self._file(name, gist, file) for file in gist.files[:MOST_FILES]},
            "public": gist.public,
            "created_at": _stamp(created),
            "updated_at": _stamp(gist.updated_at or created),
            "description": gist.description,
            "comments": 0,
            "comments_enabled": True,
            "user": None,
            "comments_url": f"{url}/comments",
            "owner": self.owner(name),
            "truncated": len(gist.files) > MOST_FILES,
        }

    def _file(self, name: str, gist: LoopbackGist, file: LoopbackFile) -> dict[str, object]:
        return {
            "filename": file.name,
            "type": _TYPES.get(PurePath(file.name).suffix, "text/plain"),
            "language": file.language,
            "raw_url": self._raw_origin + raw_path(name, gist, file),
            "size": file.size,
        }


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
