"""JSON Lines: one record a line, passed on unread, since most records of a rerun are known."""

from __future__ import annotations

from collections.abc import Generator
from itertools import chain

from ld_import.manifest.files import BOM, READ_TROUBLE, ByteFile, check_start
from ld_import.manifest.reader import Reader, Survey
from ld_import.model import Record


def survey(file: ByteFile) -> Survey:
    """Look at the first bytes only: lines are judged one by one, when their turn comes."""
    try:
        with file.open() as stream:
            check_start(file, stream.read(4))
    except READ_TROUBLE as error:
        raise file.trouble(error, 0) from error
    return Survey()


def records(file: ByteFile) -> Generator[Record]:
    r"""Yield each line that is not blank; only `\n` ends one, so U+2028 and U+0085 are data."""
    line = 0
    try:
        with file.open() as stream:
            first = stream.readline().removeprefix(BOM)
            for line, text in enumerate(chain((first,), stream), 1):
                raw = text.rstrip(b"\r\n")
                if raw and not raw.isspace():
                    yield Record(line, raw)
    except READ_TROUBLE as error:
        raise file.trouble(error, line) from error


JSONL = Reader(survey, records)
