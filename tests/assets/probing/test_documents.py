"""Documents, archives and texts: their types, and pages that came instead of a file."""

from __future__ import annotations

import copy
import gzip

import pytest

from ld_import.assets.probe import NotAFile, ProbeProblem, probe
from tests.assets.probing.makers import (
    CountingReader,
    archive,
    facts,
    film,
    pdf,
    picture,
    reason,
    rules,
    seen,
)

OFFICE = "application/vnd.openxmlformats-officedocument"
LOGIN = b"<!DOCTYPE html>\n<html><head><title>Log in</title></head><body>...</body></html>"
DOCUMENTS = [
    (archive("[Content_Types].xml", "word/document.xml"), f"{OFFICE}.wordprocessingml.document"),
    (archive("a/b", "xl/workbook.xml", "[Content_Types].xml"), f"{OFFICE}.spreadsheetml.sheet"),
    (archive("[Content_Types].xml", "ppt/a.xml"), f"{OFFICE}.presentationml.presentation"),
    (
        archive("mimetype", "content.xml", mimetype=b"application/vnd.oasis.opendocument.text"),
        "application/vnd.oasis.opendocument.text",
    ),
    (archive("mimetype", mimetype=b"application/epub+zip"), "application/epub+zip"),
    (archive("word/looks-like.xml"), "application/zip"),
    (archive("mimetype", mimetype=b"text/html"), "application/zip"),
    (gzip.compress(b"x" * 100, mtime=0), "application/gzip"),
    (b"{\\rtf1\\ansi Minutes}", "application/rtf"),
    (b"%!PS-Adobe-3.0\n", "application/postscript"),
    (b"Minutes of the meeting\n", "text/plain"),
    ("Größe".encode("latin-1"), "text/plain"),
    ("\ufeffGröße".encode("utf-16-le"), "text/plain"),
    (b"BM is the name of a town\n", "text/plain"),
    (b"I'm free on Sunday, and %PDF-1.7 is the first line of a PDF\n", "text/plain"),
    (b"<?xml version='1.0'?><feed/>", "application/xml"),
]
SUFFIXES = (
    *(".docx", ".xlsx", ".pptx", ".odt", ".epub", ".zip", ".zip", ".gz", ".rtf", ".ps"),
    *(".txt", ".txt", ".txt", ".txt", ".txt", ".xml"),
)


@pytest.mark.parametrize(
    ("data", "mime_type", "suffix"),
    [(*document, suffix) for document, suffix in zip(DOCUMENTS, SUFFIXES, strict=True)],
)
def test_documents(data, mime_type, suffix):
    """Documents are files; the CMS accepts only PDF by default."""
    found = facts(data)

    assert seen(found) == (mime_type, suffix, "file", None, None)
    assert rules(found) == ["file-type"]


def test_pdf():
    """A PDF is a file without a warning, also with bytes in front of its header."""
    assert seen(facts(pdf())) == ("application/pdf", ".pdf", "file", None, None)
    assert rules(facts(b"\r\n" + pdf())) == []
    assert reason(pdf()[:-200]) == "the file is truncated: the PDF document has no end"


def test_truncated_archive():
    """An archive without its directory is truncated."""
    data = archive("[Content_Types].xml", "word/document.xml")

    assert reason(data[:-30]) == "the file is truncated: the archive has no directory"


def test_empty_and_unknown_files():
    """An empty file and one of no known type are problems."""
    assert reason(b"") == "the file is empty"
    assert reason(bytes(range(1, 200))) == "the content is of no known type"


@pytest.mark.parametrize(
    ("page", "name", "problem"),
    [
        (LOGIN, "0412.jpg", "the content is an HTML page, not an image as its name says"),
        (LOGIN, "0412.JPG", "the content is an HTML page, not an image as its name says"),
        (b"\n <HTML>", "a.mp4", "the content is an HTML page, not a video as its name says"),
        (b"<!-- a -->\n<p>Gone", "a.pdf", "the content is an HTML page, not a PDF document"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "a.png", "an XML"),
        (b'{"error": "not found"}', "a.webm", "the content is a text, not a video"),
        (LOGIN, "https://a.example/1.jpg?id=7.html#x", "not an image as its name says"),
        (LOGIN, "download", "the content is an HTML page; its host may require a login"),
        (LOGIN, "get.php", "the content is an HTML page; its host may require a login"),
    ],
)
def test_page_instead_of_a_file(page, name, problem):
    """A page or a message where the name promises a medium is a problem."""
    assert problem in reason(page, name)
    with pytest.raises(NotAFile):
        facts(page, name)


def test_page_that_is_meant():
    """A page whose name says so is a file."""
    assert seen(facts(LOGIN, "about.html"))[:3] == ("text/html", ".html", "file")


def test_name_never_decides():
    """The type comes from the content, whatever the name says."""
    assert seen(facts(picture("PNG"), "photo.jpg"))[:2] == ("image/png", ".png")
    assert seen(facts(film("mp4", "libx264"), "photo.jpg"))[2] == "video"


class BrokenSource(CountingReader):
    """A source that hangs up at a position."""

    def __init__(self, data, end):
        super().__init__(data)
        self._end = end

    def read(self, size=-1, /):
        if self.tell() + size > self._end:
            raise ConnectionError("the source hung up")
        return super().read(size)


@pytest.mark.parametrize(
    "data", [picture("BMP", size=(300, 200)), film("mp4", "mpeg4", size=(720, 576), frames=30)]
)
def test_errors_of_the_source(data):
    """An error of the source is raised as it is: it says nothing about the file."""
    with pytest.raises(ConnectionError, match="the source hung up"):
        probe(BrokenSource(data, 65_536), len(data), "a")


def test_problems_and_facts_can_be_sent():
    """Facts and problems can be sent to another process: they can be made again of their parts."""
    problem = copy.deepcopy(ProbeProblem("the file is empty"))

    assert (problem.reason, str(problem)) == ("the file is empty", "the file is empty")
    assert copy.deepcopy(facts(pdf())) == facts(pdf())
