"""A whole JSON document: the body of a documented request, or a bare list of records.

It is not left to the YAML reader because YAML does not know JSON's surrogate pairs. The text is
read whole; each record is the exact slice of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from typing import Any, NoReturn

from ld_import.errors import ManifestError
from ld_import.manifest.files import READ_TROUBLE, ByteFile, check_start
from ld_import.manifest.kept import Kept
from ld_import.manifest.reader import LIST_KEYS, Reader, Survey
from ld_import.manifest.scalars import typed
from ld_import.manifest.sentences import shorten
from ld_import.model import Record

_blank_from = re.compile(r"[ \t\n\r]*").match


def survey(file: ByteFile) -> Survey:
    """Walk the document once and keep every record; its first syntax error is raised."""
    walk = _Walk(file)
    kept = Kept(file, walk.records())
    return Survey(walk.header, walk.lines, kept)


def records(file: ByteFile) -> Generator[Record]:
    """Yield each element of the list of records, with the line it starts on."""
    return _Walk(file).records()


class _Walk:
    """One pass over a document; what is not a record gathers in `header` and `lines`."""

    def __init__(self, file: ByteFile) -> None:
        self.header: dict[str, Any] | None = None
        self.lines: dict[str, int] = {}
        self._file = file
        self._text = ""
        self._at = 0
        self._counted = (0, 1)
        self._decoder = json.JSONDecoder(
            parse_int=typed, parse_float=typed, parse_constant=_refuse_constant
        )

    def records(self) -> Generator[Record]:
        self._text = _text_of(self._file)
        sign = self._next()
        if sign == "[":
            yield from self._list()
        elif sign == "{":
            yield from self._mapping()
        else:
            raise self._error("a manifest is a list of records or a mapping with a header")
        if self._next():
            hint = "if every line is a record of its own, let the name of the file end in .jsonl"
            raise self._error("something follows the end of the JSON document", hint)

    def _list(self) -> Generator[Record]:
        self._at += 1
        if self._next() == "]":
            self._at += 1
            return
        while True:
            self._next()
            start, line = self._at, self._line()
            self._value()
            yield Record(line, self._text[start : self._at].encode())
            if self._take(",", "]") == "]":
                return

    def _mapping(self) -> Generator[Record]:
        self._at += 1
        header: dict[str, Any] = {}
        self.header = header
        if self._next() == "}":
            self._at += 1
            return
        while True:
            key = self._key(header)
            self._take(":")
            if self._next() == "[" and key in LIST_KEYS:
                header[key] = []
                yield from self._list()
            else:
                header[key] = self._value()
            if self._take(",", "}") == "}":
                return

    def _key(self, header: dict[str, Any]) -> str:
        if self._next() != '"':
            raise self._error("a key in double quotes is missing here")
        start, line = self._at, self._line()
        key = str(self._value())
        if key in header:
            self._at = start
            raise self._error(f"the key `{shorten(key)}` stands here a second time")
        self.lines[key] = line
        return key

    def _take(self, *signs: str) -> str:
        if (sign := self._next()) not in signs:
            raise self._error(f"`{'` or `'.join(signs)}` is missing here")
        self._at += 1
        return sign

    def _next(self) -> str:
        blank = _blank_from(self._text, self._at)
        self._at = blank.end() if blank else self._at
        return self._text[self._at : self._at + 1]

    def _value(self) -> Any:
        try:
            value, self._at = self._decoder.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            raise self._file.error(error.msg, error.lineno, error.colno) from error
        except RecursionError:
            raise self._error("lists and mappings stand too deep in each other") from None
        except ValueError as error:
            raise self._error(f"in the value that starts here: {error}") from error
        return value

    def _line(self) -> int:
        at, line = self._counted
        self._counted = (self._at, line + self._text.count("\n", at, self._at))
        return self._counted[1]

    def _error(self, text: str, hint: str | None = None) -> ManifestError:
        column = self._at - self._text.rfind("\n", 0, self._at)
        return self._file.error(text, self._line(), column, hint)


def _text_of(file: ByteFile) -> str:
    try:
        with file.open() as stream:
            data = stream.read()
    except READ_TROUBLE as error:
        raise file.trouble(error, 0) from error
    check_start(file, data[:4])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise file.error("the text is not UTF-8", line, column, "save the file as UTF-8") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


JSON = Reader(survey, records)
