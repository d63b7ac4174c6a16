"""JSON Lines: one record a line, passed on unread, since most records of a rerun are known."""

from __future__ import annotations

from collections.abc import Generator
from itertools import repeat

from ld_import.manifest.base import MAX_RECORD_BYTES, TOO_LARGE, Reader, Survey, broken
from ld_import.manifest.files import BOM, READ_TROUBLE, ByteFile, check_start, skip_line
from ld_import.model import Record

# A record and its CRLF.
LONGEST_LINE = MAX_RECORD_BYTES + 2


def survey(file: ByteFile) -> Survey:
    """Look at the first bytes only: lines are judged one by one, when their turn comes."""
    try:
        with file.open() as stream:
            check_start(file, stream.read(4))
    except READ_TROUBLE as error:
        raise file.trouble(error, 0) from error
    return Survey()


def records(file: ByteFile) -> Generator[Record]:
    r"""Yield each line that is not blank; only `\n` ends one, so U+2028 and U+0085 are data.

    A byte order mark at the start of a line stays, to be removed where the record is parsed.
    """
    line = 0
    try:
        with file.open() as stream:
            for line, text in enumerate(map(stream.readline, repeat(LONGEST_LINE)), 1):
                raw = text.rstrip(b"\r\n")
                if len(text) == LONGEST_LINE and len(raw) > MAX_RECORD_BYTES:
                    skip_line(stream, text)
                    yield broken(line, TOO_LARGE)
                # Anything else than an object is rare, and worth a closer look.
                elif b"{" < raw < b"|" or not _is_blank(raw):
                    yield Record(line, raw)
                elif not text:
                    break
    except READ_TROUBLE as error:
        raise file.trouble(error, line) from error


def _is_blank(raw: bytes) -> bool:
    # Where files were joined, a byte order mark may be alone on its line.
    return not raw.replace(BOM, b"").strip()


JSONL = Reader(survey, records)
