"""YAML: a list of records, or a header with such a list; read as events, never as a document."""

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
    Reader,
    Survey,
    broken,
)
from ld_import.manifest.files import READ_TROUBLE, ByteFile, check_start
from ld_import.manifest.formats.yaml_builder import (
    Builder,
    MappingEnd,
    MappingStart,
    Scalar,
    SequenceEnd,
    SequenceStart,
)
from ld_import.manifest.formats.yaml_source import TooMuchText, YamlSource
from ld_import.manifest.kept import Kept
from ld_import.manifest.spool import BUFFER_BYTES
from ld_import.model import Record
from ld_import.wording import shorten

# The parser written in C is ten times faster; PyYAML may have been built without it.
PARSER = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
SYNTAX_HINT = "put texts in quotes that hold `: ` or ` #` or start with one of @ ` % & * ! | > [ {"
LARGE_HINT = "see whether a quote or a text after `|` or `>` has the end that was meant"

_unprintable_in = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
).search


def survey(file: ByteFile, parser: Any = PARSER) -> Survey:
    """Walk the whole file and keep every record, so that no error comes later."""
    walk = _Walk(file, parser)
    kept = Kept(file, walk.records())
    return Survey(walk.header, walk.lines, kept)


def records(file: ByteFile, parser: Any = PARSER) -> Generator[Record]:
    """Yield the records as JSON text, each with the line it starts on."""
    return _Walk(file, parser).records()


class _Walk:
    """One pass over a file; what is not a record gathers in `header` and `lines`."""

    def __init__(self, file: ByteFile, parser: Any) -> None:
        self.header: dict[str, Any] | None = None
        self.lines: dict[str, int] = {}
        self._file = file
        self._make_parser = parser
        self._line = 0
        self._source: YamlSource
        self._build: Builder

    def records(self) -> Generator[Record]:
        try:
            with self._file.open() as stream:
                check_start(self._file, stream.peek(1)[:4])
                self._source = YamlSource(stream)
                yield from self._document()
        except READ_TROUBLE as error:
            raise self._file.trouble(error, self._line) from error
        except TooMuchText:
            text = f"no value and no record ends within {MAX_RECORD_BYTES:,} bytes from here"
            raise self._file.error(text, self._line or 1, hint=LARGE_HINT) from None
        except ReaderError as error:
            raise _unreadable(self._file, error) from error
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            text = f"{error.problem} {error.context or ''}".rstrip()
            line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
            raise self._file.error(f"not YAML: {text}", line, column, SYNTAX_HINT) from error

    def _document(self) -> Generator[Record]:
        next_event = self._make_parser(self._source).get_event
        next_event()
        build = self._build = Builder(self._file, next_event)
        start = next_event()
        top = next_event() if type(start) is yaml_events.DocumentStartEvent else None
        if top is None or (type(top) is Scalar and not top.value):
            raise self._file.error(
                "there is nothing in it", hint="a manifest without records is an empty list: []"
            )
        if type(top) is SequenceStart:
            yield from self._list(top)
        elif type(top) is MappingStart:
            yield from self._mapping()
        else:
            raise build.error(top, "a manifest is a list of records or a mapping with a header")
        build.next_event()
        if type(after := build.next_event()) is yaml_events.DocumentStartEvent:
            raise build.error(after, "a second document starts here", "keep one document a file")

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
            except TooMuchText:
                yield broken(line, TOO_LARGE)
                next_line = self._resume_behind(start, line)
                continue
            try:
                raw = orjson.dumps(value)
            except orjson.JSONEncodeError as error:
                raise self._file.error(f"this record cannot be JSON: {error}", line) from error
            yield Record(line, raw) if len(raw) <= MAX_RECORD_BYTES else broken(line, TOO_LARGE)
            next_line = self._line_behind(start, line)

    def _line_behind(self, start: Any, line: int) -> int:
        """Return where the next record begins, as far as the end of the last one tells.

        A parser looks at all of a record in braces before it tells where that begins.
        """
        mark = self._build.end_mark
        if mark is None:
            return line + 1
        # The end of a block is known at what follows it.
        is_behind = mark.column == start.start_mark.column
        return int(mark.line) + (1 if is_behind else 2)

    def _resume_behind(self, start: Any, line: int) -> int:
        """Let a new parser go on behind a record that is too large, in the list that has it.

        Return the line where the next record begins.
        """
        if start.flow_style:
            text = f"the record is larger than {MAX_RECORD_BYTES:,} bytes"
            hint = (
                "let each record begin on a line of its own with `- `, so that others can be read"
            )
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
                raise build.error(event, f"the key `{shorten(key)}` stands here a second time")
            self.lines[key] = self._line = event.start_mark.line + 1
            self._source.begin()
            value = build.next_event()
            if key not in LIST_KEYS:
                header[key] = build.value(value)
            elif type(value) is SequenceStart:
                header[key] = []
                yield from self._list(value)
            elif isinstance(found := build.value(value), list):
                raise build.error(value, f"`{key}` must hold its records here, not by an alias")
            else:
                header[key] = found


def _unreadable(file: ByteFile, error: ReaderError) -> ManifestError:
    """Find the line the parser stumbled over; it tells a position only."""
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
                hint = f'write it as "\\u{code:04x}" in double quotes, or take it out'
                sentence = f"the control character U+{code:04X} may not stand in YAML"
                return file.error(sentence, line, column + match.start(), hint)
            is_end = piece.endswith(b"\n")
            line, column = (line + 1, 1) if is_end else (line, column + len(text))
    return file.error(f"the text cannot be decoded: {error.reason}", hint="save the file as UTF-8")


YAML = Reader(survey, records)
