"""YAML: a list of records, or a header with such a list; read as events, never as a document."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import orjson
import yaml
from yaml import events as yaml_events
from yaml.reader import ReaderError

from ld_import.errors import ManifestError
from ld_import.manifest.files import READ_TROUBLE, ByteFile, check_start
from ld_import.manifest.kept import Kept
from ld_import.manifest.nodes import (
    Builder,
    MappingEnd,
    MappingStart,
    Scalar,
    SequenceEnd,
    SequenceStart,
)
from ld_import.manifest.reader import LIST_KEYS, Reader, Survey
from ld_import.manifest.sentences import shorten
from ld_import.model import Record

# The parser written in C is ten times faster; PyYAML may have been built without it.
PARSER = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
SYNTAX_HINT = "put texts in quotes that hold `: ` or ` #` or start with one of @ ` % & * ! | > [ {"

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
        self._parser = parser
        self._line = 0

    def records(self) -> Generator[Record]:
        try:
            with self._file.open() as stream:
                check_start(self._file, stream.peek(1)[:4])
                yield from self._document(self._parser(stream))
        except READ_TROUBLE as error:
            raise self._file.trouble(error, self._line) from error
        except ReaderError as error:
            raise _unreadable(self._file, error) from error
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            text = f"{error.problem} {error.context or ''}".rstrip()
            line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
            raise self._file.error(f"not YAML: {text}", line, column, SYNTAX_HINT) from error

    def _document(self, parser: Any) -> Generator[Record]:
        parser.get_event()
        build = Builder(self._file, parser.get_event)
        start = parser.get_event()
        top = parser.get_event() if type(start) is yaml_events.DocumentStartEvent else None
        if top is None or (type(top) is Scalar and not top.value):
            raise self._file.error(
                "there is nothing in it", hint="a manifest without records is an empty list: []"
            )
        if type(top) is SequenceStart:
            yield from self._list(parser, build)
        elif type(top) is MappingStart:
            yield from self._mapping(parser, build)
        else:
            raise build.error(top, "a manifest is a list of records or a mapping with a header")
        parser.get_event()
        if type(after := parser.get_event()) is yaml_events.DocumentStartEvent:
            raise build.error(after, "a second document starts here", "keep one document a file")

    def _list(self, parser: Any, build: Builder) -> Generator[Record]:
        next_event, build_record, dumps = parser.get_event, build.record, orjson.dumps
        while type(event := next_event()) is not SequenceEnd:
            line = self._line = event.start_mark.line + 1
            value = build_record(event)
            try:
                raw = dumps(value)
            except orjson.JSONEncodeError as error:
                raise self._file.error(f"this record cannot be JSON: {error}", line) from error
            yield Record(line, raw)

    def _mapping(self, parser: Any, build: Builder) -> Generator[Record]:
        header = self.header = {}
        while type(event := parser.get_event()) is not MappingEnd:
            key = build.key(event)
            if key in self.lines:
                raise build.error(event, f"the key `{shorten(key)}` stands here a second time")
            self.lines[key] = self._line = event.start_mark.line + 1
            value = parser.get_event()
            if key not in LIST_KEYS:
                header[key] = build.value(value)
            elif type(value) is SequenceStart:
                header[key] = []
                yield from self._list(parser, build)
            elif isinstance(found := build.value(value), list):
                raise build.error(value, f"`{key}` must hold its records here, not by an alias")
            else:
                header[key] = found


def _unreadable(file: ByteFile, error: ReaderError) -> ManifestError:
    """Find the line the parser stumbled over; it tells a position only."""
    with file.open() as stream:
        for line, raw in enumerate(stream, 1):
            try:
                text = raw.decode("utf-8-sig" if line == 1 else "utf-8")
            except UnicodeDecodeError as broken:
                column = len(raw[: broken.start].decode()) + 1
                return file.error("the text is not UTF-8", line, column, "save the file as UTF-8")
            if match := _unprintable_in(text):
                code = ord(match.group())
                hint = f'write it as "\\u{code:04x}" in double quotes, or take it out'
                sentence = f"the control character U+{code:04X} may not stand in YAML"
                return file.error(sentence, line, match.start() + 1, hint)
    return file.error(f"the text cannot be decoded: {error.reason}", hint="save the file as UTF-8")


YAML = Reader(survey, records)
