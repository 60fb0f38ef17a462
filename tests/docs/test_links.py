"""No link in the documents leads nowhere: files exist, and so do the headings that anchors name."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)|(?:href|src)=\"([^\"]+)\"", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} (.+?)\s*#*$", re.MULTILINE)


def links_of(text: str) -> list[str]:
    """Return what a document links to, apart from what it shows as code."""
    prose = _CODE.sub("", _FENCED.sub("", text))
    return [next(filter(None, found)) for found in _LINK.findall(prose)]


def anchors_of(text: str) -> set[str]:
    """Return the anchors that GitHub gives to a document's headings."""
    anchors: set[str] = set()
    for heading in _HEADING.findall(_FENCED.sub("", text)):
        shown = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        number = 0
        while (unique := f"{anchor}-{number}" if number else anchor) in anchors:
            number += 1
        anchors.add(unique)
    return anchors


def defect_of(document: Path, link: str) -> str | None:
    """Return what is wrong with a link, if it stays within the project."""
    parts = urlsplit(link)
    if parts.scheme:
        return None if parts.scheme in ("https", "http", "mailto") else f"{link}: not a scheme for readers"
    target = (document.parent / unquote(parts.path)).resolve() if parts.path else document
    if not target.exists():
        return f"{link}: there is no such file"
    if ROOT not in target.parents:
        return f"{link}: outside of the project"
    if parts.fragment and parts.fragment not in anchors_of(target.read_text("utf-8")):
        return f"{link}: there is no such heading"
    return None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.relative_to(ROOT).as_posix())
def test_no_link_is_dead(document: Path) -> None:
    links = links_of(document.read_text("utf-8"))
    assert [defect for link in links if (defect := defect_of(document, link))] == []


def test_dead_links_are_found() -> None:
    """A link to a missing file, to a missing heading, and none in code."""
    document = ROOT / "docs" / "http.md"
    text = (
        "# A `b` (c)\n\n[x](nothing.md) [y](#nothing) [z](http.md#streams) `[code](no.md)`\n\n```\n[code](no.md)\n```\n"
    )
    defects = [defect_of(document, link) for link in links_of(text)]
    assert defects == ["nothing.md: there is no such file", "#nothing: there is no such heading", None]
    assert anchors_of(text) == {"a-b-c"}


def test_pictures_exist() -> None:
    """Those that README and the docs show are in the repository."""
    assert {path.name for path in (ROOT / "docs" / "images").iterdir()} >= {"page.png", "terminal.png"}
