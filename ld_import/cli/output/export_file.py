"""The file of an export: private, and replaced when the export is complete; or a device."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from ld_import.atomic_file import PRIVATE, replacing
from ld_import.cli.output.console import is_reader_gone
from ld_import.errors import UsageError

# Their entries are links to open files of the process: `/dev/stdout`, `>(gzip > items.gz)`.
DEVICES = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))


@contextmanager
def text_output(output: Path | None) -> Iterator[IO[str]]:
    """Open a file for text, or standard output for `None`. Raises UsageError."""
    if output is None:
        with _stdout_errors():
            yield sys.stdout
        return
    # Written to a temporary file: if the ledger is damaged, the previous export must survive.
    with _write_errors(output), _target(output) as file:
        stream = TextIOWrapper(file, "utf-8", newline="")
        try:
            yield stream
        finally:
            stream.detach()


@contextmanager
def file_output(output: Path) -> Iterator[Path]:
    """Return the path of an empty file that becomes `output` at the end. Raises UsageError.

    For libraries that open files by name.
    """
    if _is_device(output):
        raise UsageError(f"{output} is not a file", hint="name a file with --output")
    _check_link(output)
    with _write_errors(output), replacing(output, mode=PRIVATE) as file:
        yield Path(file.name)


@contextmanager
def _stdout_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_reader_gone(error, sys.stdout):
            # `main` ends without an error.
            raise BrokenPipeError from None
        raise UsageError(f"standard output cannot be written: {error.strerror}") from None


@contextmanager
def _write_errors(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        hint = "name another file with --output, or free disk space"
        raise UsageError(f"{output} cannot be written: {error.strerror}", hint=hint) from None


def _target(output: Path) -> AbstractContextManager[IO[bytes]]:
    if _is_device(output):
        return open(output, "ab", opener=_existing)
    _check_link(output)
    return replacing(output, mode=PRIVATE)


def _is_device(output: Path) -> bool:
    return output.parent in DEVICES or (output.exists() and not output.is_file())


def _check_link(output: Path) -> None:
    if output.is_symlink():
        raise UsageError(f"{output} is a symbolic link", hint="name the file that it points to")


def _existing(path: str, flags: int) -> int:
    return os.open(path, flags & ~os.O_CREAT)
