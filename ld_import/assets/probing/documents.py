"""Types of documents and archives, and whether they are complete."""

from __future__ import annotations

import re

from ld_import.assets.probing import content
from ld_import.assets.probing.content import Content
from ld_import.assets.probing.facts import ProbeProblem
from ld_import.assets.probing.window import Window

OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN = "application/vnd.oasis.opendocument"
# A folder in the archive, and the document it belongs to.
OFFICE_FOLDERS = {
    b"word/": Content(f"{OFFICE}.wordprocessingml.document", ".docx", "Word document"),
    b"xl/": Content(f"{OFFICE}.spreadsheetml.sheet", ".xlsx", "Excel workbook"),
    b"ppt/": Content(f"{OFFICE}.presentationml.presentation", ".pptx", "PowerPoint document"),
}
# The content of the first file, `mimetype`, which is never compressed.
NAMED_TYPES = {
    f"{OPEN}.text": Content(f"{OPEN}.text", ".odt", "OpenDocument text"),
    f"{OPEN}.spreadsheet": Content(f"{OPEN}.spreadsheet", ".ods", "OpenDocument spreadsheet"),
    f"{OPEN}.presentation": Content(f"{OPEN}.presentation", ".odp", "OpenDocument presentation"),
    "application/epub+zip": Content("application/epub+zip", ".epub", "EPUB book"),
}
LOCAL_FILE, DIRECTORY, END_OF_DIRECTORY = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
END_BYTES = 22
READ_OF_DIRECTORY = 262_144
# Some programs write bytes in front of the header, and hosts append some to the end.
PDF_HEADER_WITHIN = 1024
PDF_HEADER = re.compile(rb"(?:^|[\r\n\x00])%PDF-\d")


def by_pdf_header(head: bytes) -> Content | None:
    """Return the type of a PDF."""
    return content.PDF if PDF_HEADER.search(head, 0, PDF_HEADER_WITHIN) else None


def check_pdf(window: Window) -> None:
    """Raise ProbeProblem if a PDF has no end."""
    tail = window.tail()
    if b"%%EOF" not in tail and b"startxref" not in tail:
        raise ProbeProblem("the file is truncated: the PDF document has no end")


def archive_type(window: Window) -> Content | None:
    """Return the type of an archive, or of the document in it. Raises ProbeProblem."""
    head = window.head()
    if not head.startswith(LOCAL_FILE):
        return None
    tail = window.tail(0xFFFF + END_BYTES)
    at = tail.rfind(END_OF_DIRECTORY)
    if at < 0:
        raise ProbeProblem("the file is truncated: the archive has no directory")
    return _named_type(head) or _office_type(window, tail[at : at + END_BYTES]) or content.ZIP


def _named_type(head: bytes) -> Content | None:
    if head[30:38] != b"mimetype":
        return None
    size, extra = int.from_bytes(head[18:22], "little"), int.from_bytes(head[28:30], "little")
    start = 38 + extra
    return NAMED_TYPES.get(head[start : start + min(size, 100)].decode("latin-1").strip())


def _office_type(window: Window, end: bytes) -> Content | None:
    size, start = int.from_bytes(end[12:16], "little"), int.from_bytes(end[16:20], "little")
    names = _names(window.at(start, min(size, READ_OF_DIRECTORY)))
    if b"[Content_Types].xml" not in names:
        return None
    return next(
        (
            document
            for folder, document in OFFICE_FOLDERS.items()
            if any(name.startswith(folder) for name in names)
        ),
        None,
    )


def _names(directory: bytes) -> list[bytes]:
    names, at = [], 0
    while directory[at : at + 4] == DIRECTORY:
        lengths = (
            int.from_bytes(directory[at + start : at + start + 2], "little")
            for start in (28, 30, 32)
        )
        name, extra, comment = lengths
        names.append(directory[at + 46 : at + 46 + name])
        at += 46 + name + extra + comment
    return names
