"""Printing: results to standard output, everything else to standard error, without markup.

Secrets are redacted and control characters escaped in every line. A closed pipe is ignored.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from textwrap import wrap
from typing import TYPE_CHECKING, Any, TextIO

from ld_import.cli.output.sanitize import REDACTOR, escape_controls, json_text, sanitize
from ld_import.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from ld_import.events import Event


def print_out(text: str = "") -> None:
    """Print a line to standard output."""
    _write(sys.stdout, f"{text}\n")


def print_err(text: str) -> None:
    """Print a line to standard error."""
    _write(sys.stderr, f"{text}\n")


def _write(stream: TextIO, text: str) -> None:
    try:
        _write_all(stream, REDACTOR.redact(escape_controls(text)))
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
    # With PYTHONUNBUFFERED a signal can interrupt a write to a pipe, and the text layer drops the
    # rest. https://docs.python.org/3/library/io.html#io.RawIOBase.write
    stream.flush()
    rest = memoryview(text.encode(stream.encoding, stream.errors or "strict"))
    while rest and (written := raw.write(rest)) is not None:
        rest = rest[written:]


def is_reader_gone(error: OSError, stream: TextIO) -> bool:
    """Return whether the error is a closed pipe (`| head`) or terminal, and not that of a disk.

    Such an error must change neither the work nor the exit code.
    """
    if isinstance(error, BrokenPipeError):
        return True
    try:
        is_device = stat.S_ISCHR(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False
    return error.errno == errno.EIO and is_device


class BestEffortStream:
    """Standard error for a progress display; text that cannot be written is dropped."""

    def __init__(self, stream: TextIO) -> None:
        """Wrap this stream."""
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text, unless that fails."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream, unless that fails."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the stream."""
        return getattr(self._stream, name)


def error_lines(message: str, hint: str) -> None:
    """Print an error and its hint, if it has one."""
    print_err(f"error: {sanitize(message)}")
    if hint:
        print_err(f"hint: {sanitize(hint)}")


def print_event(event: Event) -> None:
    """Print an event of a single request, such as a retry, as a warning."""
    from ld_import.cli.output.event_text import bracketed, context_of, sentence_of

    print_err(f"warning: {sentence_of(event)}{bracketed(**context_of(event))}")


def json_out(document: Any) -> None:
    """Print an indented JSON document; the order of its keys is kept."""
    print_out(json_text(document, is_indented=True))


def console(*, to_stderr: bool = False) -> Console:
    """Return a console that interprets neither markup nor emoji codes."""
    from rich.console import Console

    stream: Any = BestEffortStream(sys.stderr) if to_stderr else sys.stdout
    return Console(file=stream, markup=False, highlight=False, emoji=False)


def table(
    columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, is_wrapped: bool = False
) -> None:
    """Print rows as a table on a terminal, and tab-separated and uncut to a pipe or file.

    On a terminal long texts are cut, or wrapped between words.
    """
    if sys.stdout.isatty():
        from ld_import.cli.output.tables import print_fitting

        screen = console()
        if missing := print_fitting(columns, rows, screen, is_wrapped=is_wrapped):
            text = f"not shown: {', '.join(missing)}; a wider terminal or a pipe shows all"
            print_err("\n".join(wrap(text, screen.width)))
        return
    print_out("\t".join(columns))
    for row in rows:
        print_out("\t".join(_cell(row.get(column)) for column in columns))


def counts(title: str, rows: Sequence[tuple[str, int]]) -> None:
    """Print a heading and right-aligned counts."""
    print_out(sanitize(title))
    width = max((len(f"{count:,}") for _, count in rows), default=0)
    for name, count in rows:
        print_out(f"  {count:>{width},}  {sanitize(name)}")


def _cell(value: Any) -> str:
    return "" if value is None else sanitize(value)
