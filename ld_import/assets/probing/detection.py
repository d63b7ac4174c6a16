"""Finds the type of a file by its content. Its name only says what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ld_import.assets.probing import content
from ld_import.assets.probing.containers import by_boxes, by_ebml, by_packets, by_riff
from ld_import.assets.probing.content import Content, reported
from ld_import.assets.probing.documents import archive_type, by_pdf_header
from ld_import.assets.probing.facts import NotAFile, ProbeProblem
from ld_import.assets.probing.texts import by_text
from ld_import.assets.probing.window import Window

# The promise of a name, by its ending.
EXPECTED = {
    "an image": (
        *(".jpg", ".jpeg", ".jpe", ".png", ".gif", ".webp", ".avif", ".tif", ".tiff", ".bmp"),
        *(".heic", ".heif", ".ico", ".psd", ".jp2", ".svg"),
    ),
    "a video": (
        *(".mp4", ".m4v", ".mov", ".webm", ".mkv", ".ts", ".mts", ".m2ts", ".avi", ".wmv"),
        *(".mpg", ".mpeg", ".flv", ".3gp", ".ogv"),
    ),
    "a recording": (".mp3", ".m4a", ".wav", ".ogg", ".oga", ".flac", ".aac", ".aiff", ".wma"),
    "a PDF document": (".pdf",),
    "a document": (".docx", ".xlsx", ".pptx", ".doc", ".xls", ".ppt", ".odt", ".ods", ".odp"),
    "an archive": (".zip", ".gz", ".7z", ".rar", ".tar"),
}
PAGE_ENDINGS = (".html", ".htm", ".xhtml")
# `filetype` 1.2.0 does not know it.
BIG_TIFF = (b"II\x2b\x00", b"MM\x00\x2b")
# Hosts answer with these when they refuse a file.
MESSAGES = (content.HTML, content.XML, content.TEXT)


def content_of(window: Window, name: str) -> Content:
    """Return the type of a file. Raises ProbeProblem if it is empty, unknown or a message."""
    if window.size < 1 or not window.head():
        raise ProbeProblem("the file is empty")
    found = next(_types(window), None)
    if found is None:
        raise ProbeProblem("the content is of no known type")
    _check_expected(found, name)
    return found


def _types(window: Window) -> Iterator[Content]:
    head = window.head()
    # Text comes first: to the others, one that begins with `BM` is a bitmap.
    for rule in (by_pdf_header, by_text, by_boxes, by_ebml, by_riff, by_packets):
        if found := rule(head):
            yield found
    if archive := archive_type(window):
        yield archive
    if other := _by_library(head):
        yield other


def _by_library(head: bytes) -> Content | None:
    import filetype

    if head.startswith(BIG_TIFF):
        return reported("image/tiff", "tif")
    found = filetype.guess(head)
    return None if found is None else reported(found.mime, found.extension)


def _check_expected(found: Content, name: str) -> None:
    path = re.split("[?#]", name)[0] if "://" in name else name
    ending = PurePosixPath(path).suffix.lower()
    expected = next((words for words, endings in EXPECTED.items() if ending in endings), None)
    if found in MESSAGES and expected is not None:
        raise NotAFile(f"the content is {_named(found)}, not {expected} as its name says")
    if found is content.HTML and ending not in PAGE_ENDINGS:
        raise NotAFile(f"the content is {_named(found)}; its host may require a login")


def _named(found: Content) -> str:
    return f"an {found.label}" if found.label[0] in "HX" else f"a {found.label}"
