"""XML as a stream of events, within bounded memory and without entities.

An entity, which could expand to gigabytes or name another file, can only be declared in a DOCTYPE;
a document that has one is refused, as defusedxml does. That library builds trees and knows no line
numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO
from xml.parsers import expat

from ld_import.manifest.base import MAX_DEPTH, MAX_RECORD_BYTES

CHUNK_BYTES = 64 * 1024
# Between the namespace and the name of an element, which contain none.
SEPARATOR = " "

_blank = re.compile(rb"\s*").match
_codes = expat.errors.codes
_ended_early = {
    _codes[name]
    for name in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
}
_syntax = _codes[expat.errors.XML_ERROR_SYNTAX]
_invalid_token = _codes[expat.errors.XML_ERROR_INVALID_TOKEN]


class XmlProblem(Exception):
    """The document cannot be read; `column` is 0 if only the line is known."""

    def __init__(self, text: str, line: int, column: int = 0, hint: str | None = None) -> None:
        """Create the problem; the hint says what to do."""
        super().__init__(text)
        self.line = line
        self.column = column
        self.hint = hint


class XmlEvents:
    """Receives the events of a document; a subclass overrides the methods that it needs.

    `line` is the line of the current event, and `depth` the number of open elements.
    """

    def __init__(self) -> None:
        """Start before the document."""
        self.depth = 0
        self._has_root = False
        self._lines_before = 0
        self._parser = expat.ParserCreate(namespace_separator=SEPARATOR)

    @property
    def line(self) -> int:
        """The line of the current event."""
        return self._lines_before + self._parser.CurrentLineNumber

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Receive the start of an element: its namespace, a blank and its name."""

    def end(self, tag: str) -> None:
        """Receive the end of an element."""

    def text(self, data: str) -> None:
        """Receive a part of a text."""

    def read(self, stream: IO[bytes]) -> Iterator[None]:
        """Read a document; yield after each part of it. Raises XmlProblem."""
        parser = self._prepared()
        # PHP programs often print blank lines before the XML.
        data = stream.read(CHUNK_BYTES)
        while data and not data.strip():
            self._lines_before += data.count(b"\n")
            data = stream.read(CHUNK_BYTES)
        blank = _blank(data)
        start = blank.end() if blank else 0
        self._lines_before += data.count(b"\n", 0, start)
        data = data[start:]
        fed = 0
        while data:
            fed += len(data)
            self._feed(data, fed, is_last=False)
            if fed - parser.CurrentByteIndex > MAX_RECORD_BYTES:
                text = f"a tag or comment is larger than {MAX_RECORD_BYTES:,} bytes"
                raise XmlProblem(text, self.line)
            yield
            data = stream.read(CHUNK_BYTES)
        self._feed(b"", fed, is_last=True)
        yield

    def _prepared(self) -> expat.XMLParserType:
        parser = self._parser
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.text
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        return parser

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._has_root = True
        self.depth += 1
        if self.depth > MAX_DEPTH:
            text = f"elements are nested deeper than {MAX_DEPTH} levels"
            raise XmlProblem(text, self.line)
        self.start(tag, attributes)

    def _end(self, tag: str) -> None:
        self.end(tag)
        self.depth -= 1

    def _refuse_doctype(self, *_: object) -> None:
        text = "the document has a DOCTYPE, which could declare entities"
        raise XmlProblem(text, self.line, hint="remove the <!DOCTYPE …> from the file")

    def _feed(self, data: bytes, fed: int, *, is_last: bool) -> None:
        try:
            self._parser.Parse(data, is_last)
        except expat.ExpatError as error:
            at = self._parser.ErrorByteIndex - (fed - len(data))
            sign = data[at] if 0 <= at < len(data) else ord(" ")
            raise self._problem(error, sign) from error
        except (LookupError, ValueError) as error:
            text = "the encoding in the first line is unknown"
            raise XmlProblem(text, self.line, hint="save the file as UTF-8") from error

    def _problem(self, error: expat.ExpatError, sign: int) -> XmlProblem:
        line, column = self._lines_before + error.lineno, error.offset + 1
        if error.code in _ended_early:
            hint = "the export was interrupted: export or copy the file again"
            return XmlProblem("the XML ends too early", line, column, hint)
        if error.code == _invalid_token and sign < ord(" "):
            text = f"the text contains the control character U+{sign:04X}, which XML forbids"
            hint = "remove it: LC_ALL=C tr -d '\\000-\\010\\013\\014\\016-\\037' < FILE > clean.xml"
            return XmlProblem(text, line, column, hint)
        if error.code in (_invalid_token, _syntax) and not self._has_root:
            hint = "choose another --format, or rename the file to end in its format"
            return XmlProblem("this is not XML", line, column, hint)
        text = f"not valid XML: {expat.ErrorString(error.code)}"
        return XmlProblem(text, line, column, "export the file again, or correct it in an editor")
