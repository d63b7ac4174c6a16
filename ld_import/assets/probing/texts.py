"""Types of content that is text: SVG, HTML, XML and plain text. Nothing in it is executed.

The root element is found by expressions and not by a parser: no entity is ever expanded.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from ld_import.assets.probing import content
from ld_import.assets.probing.content import Content

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# White space, declarations and instructions, comments, and the type with its declarations.
BEFORE_ROOT = re.compile(
    r"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\s+(?P<type>[^\s>\[]+)[^>\[]*(\[.*?\]\s*)?>",
    re.DOTALL | re.IGNORECASE,
)
ROOT = re.compile(
    r"<(?P<name>[A-Za-z_][\w:.-]*)(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.DOTALL
)
OPENING = re.compile(r"<(?P<name>[A-Za-z_][\w:.-]*)")
# First elements of pages without a document type: https://mimesniff.spec.whatwg.org/
PAGE_TAGS = {
    *("html", "head", "script", "iframe", "h1", "div", "font", "table", "a", "style", "title"),
    *("b", "body", "br", "p", "meta", "link", "center", "form", "noscript"),
}


class Root(NamedTuple):
    """The first element of a document, and the text of its attributes."""

    name: str
    attributes: str


def text_of(data: bytes) -> str | None:
    """Return bytes as text, or None if they are something else."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, "replace")
            break
    else:
        try:
            text = codecs.getincrementaldecoder("utf-8")().decode(data)
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    return None if CONTROLS.search(text) else text


def by_text(head: bytes) -> Content | None:
    """Return the type of a text."""
    text = text_of(head)
    if text is None:
        return None
    if text.startswith(r"{\rtf"):
        return content.RTF
    if text.startswith("%!PS"):
        return content.POSTSCRIPT
    return _markup_type(text) or content.TEXT


def root_of(text: str) -> Root | None:
    """Return the root element of a document with all its attributes, or None without one."""
    match = ROOT.match(text, _prolog(text)[0])
    return Root(local(match["name"]), match["attributes"]) if match else None


def local(name: str) -> str:
    """Return the name of an element without its prefix."""
    return name.rpartition(":")[2]


def _markup_type(text: str) -> Content | None:
    start, document_type = _prolog(text)
    opening = OPENING.match(text, start)
    name = local(opening["name"]) if opening else ""
    if name == "svg":
        return content.SVG
    if document_type.lower() == "html" or name.lower() in PAGE_TAGS:
        return content.HTML
    return content.XML if text.lstrip().startswith("<?xml") else None


def _prolog(text: str) -> tuple[int, str]:
    """Return the position of the root element, and the document type if one is named."""
    at, document_type = 0, ""
    while match := BEFORE_ROOT.match(text, at):
        at = match.end()
        document_type = match["type"] or document_type
    return at, document_type
