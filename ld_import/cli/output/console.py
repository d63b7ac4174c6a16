"""Printing: results on standard output, everything else on standard error; nothing is markup.

No line leaves with a secret or a control character in it; a stream whose reader went away harms
nobody.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from ld_import.cli.output.sanitize import SECRETS, escape_controls, json_text, sanitize
from ld_import.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

LONGEST_CELL = 200


def print_out(text: str = "") -> None:
    """Print a line of result."""
    _write(sys.stdout, f"{text}\n")


def print_err(text: str) -> None:
    """Print a line about the work."""
    _write(sys.stderr, f"{text}\n")


def _write(stream: TextIO, text: str) -> None:
    try:
        _write_all(stream, SECRETS.hide(escape_controls(text)))
        if stream is sys.stderr:
            stream.flush()
    except OSError as error:
        if stream is sys.stdout and not is_reader_gone(error, stream):
            raise UsageError(f"standard output cannot be written: {error.strerror}") from None


def _write_all(stream: TextIO, text: str) -> None:
    raw = getattr(stream, "buffer", None)
    if not isinstance(raw, io.RawIOBase):
        stream.write(text)
        return
    # With PYTHONUNBUFFERED nothing is buffered: a signal cuts a write to a pipe short, and the text
    # layer drops the rest. https://docs.python.org/3/library/io.html#io.RawIOBase.write
    stream.flush()
    rest = memoryview(text.encode(stream.encoding, stream.errors or "strict"))
    while rest and (written := raw.write(rest)) is not None:
        rest = rest[written:]


def is_reader_gone(error: OSError, stream: TextIO) -> bool:
    """Tell a reader that went away (`| head`, a closed terminal) from a disk in trouble.

    It must change neither the work nor its exit code.
    """
    if isinstance(error, BrokenPipeError):
        return True
    try:
        is_device = stat.S_ISCHR(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False
    return error.errno == errno.EIO and is_device


class BestEffortStream:
    """Standard error for who draws on it; what cannot be written is left out."""

    def __init__(self, stream: TextIO) -> None:
        """Write to this stream."""
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what can be written."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what can be handed on."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        """Answer like the stream."""
        return getattr(self._stream, name)


def error_lines(message: str, hint: str) -> None:
    """Print what went wrong and what to do next."""
    print_err(f"error: {sanitize(message)}")
    if hint:
        print_err(f"hint: {sanitize(hint)}")


def json_out(document: Any) -> None:
    """Print one JSON document, indented, with its keys in their order."""
    print_out(json_text(document, is_indented=True))


def console(*, to_stderr: bool = False) -> Console:
    """Return a console that interprets nothing in what it prints."""
    from rich.console import Console

    stream: Any = BestEffortStream(sys.stderr) if to_stderr else sys.stdout
    return Console(file=stream, markup=False, highlight=False, emoji=False)


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Print rows as a table on a terminal, and tab-separated through a pipe."""
    if not sys.stdout.isatty():
        print_out("\t".join(columns))
        for row in rows:
            print_out("\t".join(_cell(row.get(column)) for column in columns))
        return
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(Text(column), overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(_cell(row.get(column))) for column in columns))
    console().print(drawn)


def counts(title: str, rows: Sequence[tuple[str, int]]) -> None:
    """Print a heading and right-aligned counts."""
    print_out(sanitize(title))
    width = max((len(f"{count:,}") for _, count in rows), default=0)
    for name, count in rows:
        print_out(f"  {count:>{width},}  {sanitize(name)}")


def _cell(value: Any) -> str:
    return "" if value is None else sanitize(value, limit=LONGEST_CELL)
