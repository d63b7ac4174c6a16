"""The report of an unexpected error, so that a crash at 03:00 need not be repeated to be fixed."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir
from traceback import format_exception

from ld_import import __version__
from ld_import.cli.config.command_line import redacted_command
from ld_import.cli.output.console import print_err
from ld_import.cli.output.sanitize import REDACTOR, escape_controls
from ld_import.clock import Clock, SystemClock
from ld_import.errors import LdImportError

LIBRARIES = ("typer", "rich", "httpx", "pyyaml", "orjson", "tenacity", "jinja2", "jsonschema-rs")
LEDGER_FOLDER = Path(".ld-import")
SHOW_TRACEBACK = "LD_IMPORT_TRACEBACK"
# Manifests and servers can make the text of an error long.
LARGEST_CHARACTERS = 1_000_000


def reported(
    error: Exception, folder: Path | None = None, clock: Clock | None = None
) -> LdImportError:
    """Write the crash file into this folder, and return an error that names it.

    Without a folder it goes beside the ledger of the working directory, else to the folder for
    temporary files. Where none can be written, the error says how to see the traceback instead.
    """
    if os.environ.get(SHOW_TRACEBACK):
        print_err("".join(format_exception(error)).rstrip())
    path = None
    with suppress(OSError):
        path = _written(error, folder or _folder(), clock or SystemClock())
    message = f"unexpected {type(error).__name__}: {error}"
    if path is None:
        return LdImportError(
            message, hint=f"this is a bug; set {SHOW_TRACEBACK}=1 to see where, and report it"
        )
    return LdImportError(message, hint=f"this is a bug; report it with the file {path}")


def _folder() -> Path:
    return LEDGER_FOLDER if LEDGER_FOLDER.is_dir() else Path(gettempdir())


def _written(error: Exception, folder: Path, clock: Clock) -> Path:
    now = clock.now()
    path = folder / f"crash-{now:%Y-%m-%dT%H-%M-%S}Z-{os.getpid()}.txt"
    lines = "\n".join(_lines(error, f"{now:%Y-%m-%dT%H:%M:%SZ}"))
    text = escape_controls(REDACTOR.redact(lines)[:LARGEST_CHARACTERS])
    # Tracebacks can quote records, so only the owner may read the file.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    return path


def _lines(error: Exception, now: str) -> Iterator[str]:
    yield f"ld-import {__version__} ended by an unexpected error at {now}"
    yield f"command: {redacted_command(sys.argv[1:])}"
    yield f"Python {platform.python_version()} on {platform.platform()}"
    yield f"libraries: {', '.join(_versions())}"
    yield ""
    yield "".join(format_exception(error))


def _versions() -> Iterator[str]:
    from importlib.metadata import PackageNotFoundError, version

    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            yield f"{name} {version(name)}"
