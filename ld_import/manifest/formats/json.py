"""JSON: a list of records, or a mapping with a header and such a list, as in a request body.

The YAML parser cannot read it, because YAML has no surrogate pairs (https://yaml.org/spec/1.2.2/).
Each record is an exact slice of the text; only a part of the text is in memory. An answer of
another system, such as `{"total": 2, "assets": [{…}, {…}]}`, holds records only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from difflib import get_close_matches
from typing import Any

from ld_import.errors import ManifestError
from ld_import.manifest.base import (
    LIST_KEYS,
    MAX_RECORD_BYTES,
    TOO_LARGE,
    Format,
    Survey,
    unreadable_record,
)
from ld_import.manifest.exact_json import EXACT_DECODER, refuse_constant
from ld_import.manifest.files import READ_ERRORS, ByteFile, check_start
from ld_import.manifest.formats.json_window import Window
from ld_import.manifest.spool import RecordCache
from ld_import.model import Record
from ld_import.wording import shorten

# An error this close to the end of the text in memory may come from a token that was cut there.
LONGEST_TOKEN = 16
# One of these keys makes a mapping a manifest.
HEADER_KEYS = ("systemName", "externalId", "map", "source", "webhook", "context")
_objects_from = re.compile(r"\[[ \t\n\r]*\{").match
# Finds the end of a record; its content is validated when the record is parsed.
RECORDS = json.JSONDecoder(parse_int=float, parse_constant=refuse_constant)


def survey(file: ByteFile) -> Survey:
    """Read the document once and cache its records. Raises its first syntax error."""
    walk = _Walk(file)
    cache = RecordCache(file, walk.records())
    if not _is_foreign(walk.header, walk.lists):
        return Survey(walk.header, walk.lines, cache)
    if len(walk.lists) > 1:
        named = ", ".join(f"`{shorten(key)}`" for key in walk.lists)
        raise file.error(f"there are several lists of records: {named}", hint="export one of them")
    return Survey(cache=cache)


def _is_foreign(header: dict[str, Any] | None, lists: list[str]) -> bool:
    """Return whether a mapping with records is the answer of another system, not a manifest."""
    if not header or not lists or header.keys() & HEADER_KEYS:
        return False
    others = header.keys() - LIST_KEYS
    is_misspelt = any(get_close_matches(key, (*HEADER_KEYS, *LIST_KEYS)) for key in others)
    return bool(others) and not (is_misspelt and header.keys() & LIST_KEYS)


def records(file: ByteFile) -> Generator[Record]:
    """Yield each element of the list of records, with its first line."""
    return _Walk(file).records()


# The messages of Python's decoder, in terms of what is written in the file.
_KEY = "a key in double quotes must follow here; remove a comma before `}`"
MESSAGES = {
    "Expecting property name enclosed in double quotes": _KEY,
    "Illegal trailing comma before end of object": _KEY,
    "Illegal trailing comma before end of array": "remove the comma before `]`",
    "Expecting value": "a value must follow here; put a text in double quotes, and remove a comma"
    " before `]`",
    "Expecting ':' delimiter": "`:` is missing here, after the key",
    "Expecting ',' delimiter": "`,` is missing here, or `\\` before a quote in a text",
    "Unterminated string starting at": 'the text that begins here is not closed; add `"`',
    "Invalid control character at": "a text has a line break or another control character; write a"
    " line break as `\\n`",
    "Invalid \\escape": "`\\` begins an escape sequence that does not exist; write `\\\\`",
}


class _Walk:
    """One pass over a document; collects everything but the records in `header` and `lines`.

    `lists` has the keys of the lists of objects.
    """

    def __init__(self, file: ByteFile) -> None:
        self.header: dict[str, Any] | None = None
        self.lists: list[str] = []
        self.lines: dict[str, int] = {}
        self._file = file
        self._window: Window

    def records(self) -> Generator[Record]:
        line = 0
        try:
            with self._file.open() as stream:
                check_start(self._file, stream.peek(4)[:4])
                self._window = Window(self._file, stream, MAX_RECORD_BYTES + 1)
                for record in self._document():
                    line = record.line
                    yield record
        except READ_ERRORS as error:
            raise self._file.read_error(error, line) from error

    def _document(self) -> Generator[Record]:
        sign = self._window.next_sign()
        if sign == "[":
            yield from self._list()
        elif sign == "{":
            yield from self._mapping()
        else:
            raise self._error("a manifest is a list of records or a mapping with a header")
        if self._window.next_sign():
            hint = "if each line is a record, rename the file to end in .jsonl"
            raise self._error("there is text after the end of the JSON document", hint)

    def _list(self) -> Generator[Record]:
        window = self._window
        window.at += 1
        if window.next_sign() == "]":
            window.at += 1
            return
        while True:
            window.next_sign()
            yield self._record(window.line())
            if self._take(",", "]") == "]":
                return

    def _record(self, line: int) -> Record:
        window = self._window
        start = window.at
        try:
            _, window.at = RECORDS.raw_decode(window.text, start)
        except (ValueError, RecursionError) as error:
            if not self._is_cut_off(error):
                raise self._broken_value(error) from error
        if not window.is_whole and window.at in (start, len(window.text)):
            window.at = start
            window.skip_value()
            return unreadable_record(line, TOO_LARGE)
        raw = window.text[start : window.at].encode()
        return (
            unreadable_record(line, TOO_LARGE) if len(raw) > MAX_RECORD_BYTES else Record(line, raw)
        )

    def _mapping(self) -> Generator[Record]:
        window = self._window
        window.at += 1
        header: dict[str, Any] = {}
        self.header = header
        if window.next_sign() == "}":
            window.at += 1
            return
        while True:
            key = self._key(header)
            self._take(":")
            is_list = window.next_sign() == "["
            has_objects = is_list and _objects_from(window.text, window.at) is not None
            if has_objects:
                self.lists.append(key)
            if has_objects or (is_list and key in LIST_KEYS):
                header[key] = []
                yield from self._list()
            else:
                header[key] = self._value()
            if self._take(",", "}") == "}":
                return

    def _key(self, header: dict[str, Any]) -> str:
        window = self._window
        if window.next_sign() != '"':
            raise self._error("a key in double quotes is missing here")
        start, line = window.at, window.line()
        key = str(self._value())
        if key in header:
            window.at = start
            raise self._error(f"the key `{shorten(key)}` is repeated")
        self.lines[key] = line
        return key

    def _take(self, *signs: str) -> str:
        if (sign := self._window.next_sign()) not in signs:
            raise self._error(f"`{'` or `'.join(signs)}` is missing here")
        self._window.at += 1
        return sign

    def _value(self) -> Any:
        """Parse a value of the header."""
        window = self._window
        try:
            value, window.at = EXACT_DECODER.raw_decode(window.text, window.at)
        except (ValueError, RecursionError) as error:
            if self._is_cut_off(error):
                text = f"the value that starts here is larger than {MAX_RECORD_BYTES:,} bytes"
                raise self._error(text) from error
            raise self._broken_value(error) from error
        return value

    def _is_cut_off(self, error: Exception) -> bool:
        """Return whether a value may be valid, but continues after the text in memory."""
        window = self._window
        if window.is_whole or not isinstance(error, json.JSONDecodeError):
            return False
        # NOTE: the error about an unclosed string has the position of its start, not of its end.
        is_open = error.msg.startswith("Unterminated string")
        return is_open or error.pos >= len(window.text) - LONGEST_TOKEN

    def _broken_value(self, error: Exception) -> ManifestError:
        if isinstance(error, json.JSONDecodeError):
            text = MESSAGES.get(error.msg, error.msg)
            return self._file.error(text, *self._window.place(error.pos))
        if isinstance(error, RecursionError):
            return self._error("lists and mappings are nested too deeply")
        return self._error(f"in the value that starts here: {error}")

    def _error(self, text: str, hint: str | None = None) -> ManifestError:
        return self._file.error(text, *self._window.place(self._window.at), hint)


JSON = Format(survey, records)
