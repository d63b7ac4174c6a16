"""YAML: a list of records, or a header with such a list; parsed as events, not as a document."""

from __future__ import annotations

import codecs
import re
from collections.abc import Generator
from typing import Any

import orjson
import yaml
from yaml import events as yaml_events
from yaml.reader import ReaderError

from ld_import.errors import ManifestError
from ld_import.manifest.base import (
    LIST_KEYS,
    MAX_RECORD_BYTES,
    TOO_LARGE,
    Format,
    Survey,
    unreadable_record,
)
from ld_import.manifest.files import BUFFER_BYTES, READ_ERRORS, ByteFile, check_start
from ld_import.manifest.formats.yaml_builder import (
    MappingEnd,
    MappingStart,
    Scalar,
    SequenceEnd,
    SequenceStart,
    YamlBuilder,
)
from ld_import.manifest.formats.yaml_source import RecordTooLargeError, YamlSource
from ld_import.manifest.spool import RecordCache
from ld_import.model import Record
from ld_import.wording import shorten

# The parser in C is ten times faster; PyYAML can be built without it:
# https://pyyaml.org/wiki/PyYAMLDocumentation
PARSER = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
LARGE_HINT = "check where a quoted text, or a text after `|` or `>`, ends"

_unprintable_in = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
).search


def survey(file: ByteFile, parser: Any = PARSER) -> Survey:
    """Parse the whole file once and cache its records, so that no error occurs later."""
    walk = _Walk(file, parser)
    cache = RecordCache(file, walk.records())
    return Survey(walk.header, walk.lines, cache)


def records(file: ByteFile, parser: Any = PARSER) -> Generator[Record]:
    """Yield the records as JSON text, each with its first line."""
    return _Walk(file, parser).records()


class _Walk:
    """One pass over a file; collects everything but the records in `header` and `lines`."""

    def __init__(self, file: ByteFile, parser: Any) -> None:
        self.header: dict[str, Any] | None = None
        self.lines: dict[str, int] = {}
        self._file = file
        self._make_parser = parser
        self._line = 0
        self._source: YamlSource
        self._build: YamlBuilder

    def records(self) -> Generator[Record]:
        try:
            with self._file.open() as stream:
                check_start(self._file, stream.peek(1)[:4])
                self._source = YamlSource(stream)
                yield from self._document()
        except READ_ERRORS as error:
            raise self._file.read_error(error, self._line) from error
        except RecordTooLargeError:
            text = f"the value or record that starts here is larger than {MAX_RECORD_BYTES:,} bytes"
            raise self._file.error(text, self._line or 1, hint=LARGE_HINT) from None
        except ReaderError as error:
            raise _unreadable(self._file, error) from error
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            # Imported when there is a mistake.
            from ld_import.manifest.formats.yaml_errors import explain_yaml

            text, hint = explain_yaml(self._file, error)
            line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
            raise self._file.error(text, line, column, hint) from error

    def _document(self) -> Generator[Record]:
        next_event = self._make_parser(self._source).get_event
        next_event()
        build = self._build = YamlBuilder(self._file, next_event)
        start = next_event()
        top = next_event() if type(start) is yaml_events.DocumentStartEvent else None
        if top is None or (type(top) is Scalar and not top.value):
            raise self._file.error(
                "the file has no content", hint="write an empty list, [], for no records"
            )
        if type(top) is SequenceStart:
            yield from self._list(top)
        elif type(top) is MappingStart:
            yield from self._mapping()
        else:
            raise build.error(top, "a manifest is a list of records or a mapping with a header")
        build.next_event()
        if type(after := build.next_event()) is yaml_events.DocumentStartEvent:
            raise build.error(after, "a second document starts here", "use one file per document")

    def _list(self, start: Any) -> Generator[Record]:
        build, begin = self._build, self._source.begin
        next_line = start.start_mark.line + 1
        while True:
            line = next_line
            try:
                if type(event := build.next_event()) is SequenceEnd:
                    return
                begin()
                line = self._line = event.start_mark.line + 1
                value = build.record(event)
            except RecordTooLargeError:
                yield unreadable_record(line, TOO_LARGE)
                next_line = self._resume_after(start, line)
                continue
            try:
                raw = orjson.dumps(value)
            except orjson.JSONEncodeError as error:
                raise self._file.error(
                    f"JSON cannot represent this record: {error}", line
                ) from error
            yield (
                Record(line, raw)
                if len(raw) <= MAX_RECORD_BYTES
                else unreadable_record(line, TOO_LARGE)
            )
            next_line = self._line_after(start, line)

    def _line_after(self, start: Any, line: int) -> int:
        """Return the line of the next record, estimated from the end of the previous one.

        The parser reads all of a record in braces before it emits the event with its position.
        """
        mark = self._build.end_mark
        if mark is None:
            return line + 1
        # The end mark of a block is the start of the next token.
        is_next = mark.column == start.start_mark.column
        return int(mark.line) + (1 if is_next else 2)

    def _resume_after(self, start: Any, line: int) -> int:
        """Continue the list with a new parser after a record that is too large.

        Returns the line of the next record.
        """
        if start.flow_style:
            text = f"the record is larger than {MAX_RECORD_BYTES:,} bytes"
            hint = "start each record on a new line with `- `, so that the others can be read"
            raise self._file.error(text, line, hint=hint)
        is_in_mapping = self.header is not None
        column = start.start_mark.column
        next_line = self._source.skip_record(column, is_in_mapping=is_in_mapping)
        next_event = self._build.next_event = self._make_parser(self._source).get_event
        while type(next_event()) is not SequenceStart:
            pass
        next_event()
        return next_line

    def _mapping(self) -> Generator[Record]:
        build = self._build
        header = self.header = {}
        while type(event := build.next_event()) is not MappingEnd:
            key = build.key(event)
            if key in self.lines:
                raise build.error(event, f"the key `{shorten(key)}` is repeated")
            self.lines[key] = self._line = event.start_mark.line + 1
            self._source.begin()
            value = build.next_event()
            if key not in LIST_KEYS:
                header[key] = build.value(value)
            elif type(value) is SequenceStart:
                header[key] = []
                yield from self._list(value)
            elif isinstance(content := build.value(value), list):
                raise build.error(value, f"`{key}` must be a list of records, not an alias of one")
            else:
                header[key] = content


def _unreadable(file: ByteFile, error: ReaderError) -> ManifestError:
    """Return the error with line and column; the error of PyYAML has an offset only."""
    decode = codecs.getincrementaldecoder("utf-8-sig")().decode
    line, column = 1, 1
    with file.open() as stream:
        while piece := stream.readline(BUFFER_BYTES):
            try:
                text = decode(piece)
            except UnicodeDecodeError as bad:
                column += len(bad.object[: bad.start].decode())
                return file.error("the text is not UTF-8", line, column, "save the file as UTF-8")
            if match := _unprintable_in(text):
                code = ord(match.group())
                hint = f'write it as "\\u{code:04x}" in double quotes, or remove it'
                message = f"YAML does not allow the control character U+{code:04X}"
                return file.error(message, line, column + match.start(), hint)
            is_end = piece.endswith(b"\n")
            line, column = (line + 1, 1) if is_end else (line, column + len(text))
    return file.error(f"the text cannot be decoded: {error.reason}", hint="save the file as UTF-8")


YAML = Format(survey, records)
