"""JSON Lines: one record on each line, not parsed here, since a rerun skips most records."""

from __future__ import annotations

from collections.abc import Generator
from itertools import repeat

from ld_import.manifest.base import MAX_RECORD_BYTES, TOO_LARGE, Format, Survey, unreadable_record
from ld_import.manifest.files import BOM, READ_ERRORS, ByteFile, check_start, skip_line
from ld_import.model import Record, new_record

# A record and its CRLF.
LONGEST_LINE = MAX_RECORD_BYTES + 2


def survey(file: ByteFile) -> Survey:
    """Check the first bytes only: an invalid line is an invalid record."""
    try:
        with file.open() as stream:
            check_start(file, stream.read(4))
    except READ_ERRORS as error:
        raise file.read_error(error, 0) from error
    return Survey()


def records(file: ByteFile) -> Generator[Record]:
    r"""Yield each line that is not blank; only `\n` ends a line, U+2028 and U+0085 are data.

    A byte order mark at the start of a line remains in the record; the parser removes it.
    """
    line = 0
    try:
        with file.open() as stream:
            for line, text in enumerate(map(stream.readline, repeat(LONGEST_LINE)), 1):
                raw = text.rstrip(b"\r\n")
                if len(text) == LONGEST_LINE and len(raw) > MAX_RECORD_BYTES:
                    skip_line(stream, text)
                    yield unreadable_record(line, TOO_LARGE)
                # Lines that are not objects are rare, so the slower check runs for them only.
                elif b"{" < raw < b"|" or not _is_blank(raw):
                    yield new_record((line, raw, None))
                elif not text:
                    break
    except READ_ERRORS as error:
        raise file.read_error(error, line) from error


def _is_blank(raw: bytes) -> bool:
    # In concatenated files, a line may consist of a byte order mark.
    return not raw.replace(BOM, b"").strip()


JSONL = Format(survey, records)
