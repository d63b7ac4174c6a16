"""The folder for temporary files: checked before a run, with one wording for its errors.

Python and SQLite choose the folder themselves and silently use another one if TMPDIR is unusable.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ld_import.errors import TempSpaceError, UsageError

VARIABLES = ("TMPDIR", "SQLITE_TMPDIR")
# https://www.sqlite.org/tempfiles.html#temporary_file_storage_locations
SQLITE_FOLDERS = ("/var/tmp", "/usr/tmp", "/tmp")  # noqa: S108 (SQLite's own list)
# The keys of a few thousand records use up less than this.
LEAST_FREE_BYTES = 1024 * 1024


def check_temp_folder() -> None:
    """Raise UsageError if a variable names a folder for temporary files that cannot be used."""
    for name in VARIABLES:
        folder = os.environ.get(name)
        if folder and not _is_usable(folder):
            problem = "is not writable" if Path(folder).is_dir() else "is not a folder"
            raise UsageError(
                f"the folder for temporary files {folder} ({name}) {problem}",
                hint=f"create it, or set {name} to a writable folder; nothing was sent",
            )


def low_space_warning() -> str | None:
    """Return a warning if a folder for temporary files is nearly full."""
    for folder in {python_folder(), sqlite_folder()}:
        with suppress(OSError):
            if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
                return (
                    f"the folder for temporary files {folder} (TMPDIR) is nearly full; a run with"
                    " many items to send needs space there"
                )
    return None


def python_folder() -> str:
    """Return the folder in which Python creates temporary files, or `(none)`."""
    try:
        return tempfile.gettempdir()
    except OSError:
        return "(none)"


def sqlite_folder() -> str:
    """Return the folder in which SQLite creates temporary files."""
    named = (os.environ.get("SQLITE_TMPDIR"), os.environ.get("TMPDIR"), *SQLITE_FOLDERS)
    return next((folder for folder in named if folder and _is_usable(folder)), ".")


def temp_space_error(failure: str, folder: str, error: Exception) -> TempSpaceError:
    """Return the error for a `failure` in this folder, such as `x cannot be written`."""
    reason = getattr(error, "strerror", None) or error
    return TempSpaceError(
        f"{failure} in the folder for temporary files {folder} (TMPDIR): {reason}"
    )


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Raise errors of a temporary file that holds `what` as TempSpaceError."""
    try:
        yield
    except OSError as error:
        raise temp_space_error(f"{what} cannot be stored", python_folder(), error) from error


def _is_usable(folder: str) -> bool:
    return Path(folder).is_dir() and os.access(folder, os.W_OK | os.X_OK)
