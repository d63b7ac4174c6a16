"""The filters that templates have beside Jinja's own.

Each takes text (or an integer, as its digits) and refuses everything else: a `null` that turned
into the text "None" would be found only in the media library.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

from ld_import.manifest.dates import isodate
from ld_import.manifest.sentences import show
from ld_import.manifest.unfit import Unfit, text_of

BLOCK_TAGS = re.compile(
    "address|article|aside|blockquote|br|dd|div|dl|dt|figure|footer|form|h[1-6]|header|hr|li|main"
    "|nav|ol|p|pre|section|table|td|th|tr|ul"
)
SILENT_TAGS = frozenset({"script", "style"})


def slugify(value: Any) -> str:
    """Lower-case ASCII words joined by `-`; a text without any gives `x` and 12 hex digits."""
    text = text_of(value, "slugify")
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or f"x{sha256(text)[:12]}"


def sha256(value: Any) -> str:
    """Give the SHA-256 of the UTF-8 text as 64 hex digits."""
    return hashlib.sha256(text_of(value, "sha256").encode()).hexdigest()


def basename(value: Any) -> str:
    """Give the file name at the end of a URL or path, percent-decoded.

    Query and fragment go; a `#` in a path that is no URL belongs to the name.
    """
    text = text_of(value, "basename")
    scheme, mark, rest = text.partition("://")
    path = rest.partition("#")[0] if mark else scheme
    path = path.partition("?")[0]
    path = path.partition("/")[2] if mark else path.replace("\\", "/")
    name = unquote(path.rstrip("/").rpartition("/")[2]).replace("\\", "/").rpartition("/")[2]
    if not name:
        raise Unfit(f"{show(value)} has no file name at its end")
    return name


def strip_html(value: Any) -> str:
    """Give the text of HTML, entities resolved; blocks and `<br>` become line breaks."""
    collector = _TextCollector()
    collector.feed(text_of(value, "strip_html"))
    collector.close()
    lines = (" ".join(line.split(" ")).strip() for line in "".join(collector.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


FILTERS: dict[str, Callable[..., str]] = {
    "slugify": slugify,
    "sha256": sha256,
    "basename": basename,
    "strip_html": strip_html,
    "isodate": isodate,
}


class _TextCollector(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT_TAGS:
            self._silent = tag
        elif BLOCK_TAGS.fullmatch(tag):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        elif BLOCK_TAGS.fullmatch(tag):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)
