"""The folder for temporary files: checked before a run, and its errors worded in one place.

Python and SQLite choose it themselves: where TMPDIR cannot be used they silently take another one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from ld_import.errors import TempSpaceError, UsageError

VARIABLES = ("TMPDIR", "SQLITE_TMPDIR")
# https://www.sqlite.org/tempfiles.html#temporary_file_storage_locations
SQLITE_FOLDERS = ("/var/tmp", "/usr/tmp", "/tmp")  # noqa: S108 (SQLite's own list)
# Less than this is soon used up by the keys of some thousand records.
LEAST_FREE_BYTES = 1024 * 1024


def check_temp_folder() -> None:
    """Raise UsageError if a variable names a folder for temporary files that cannot be used."""
    for name in VARIABLES:
        folder = os.environ.get(name)
        if folder and not _is_usable(folder):
            trouble = "cannot be written" if Path(folder).is_dir() else "is not a folder"
            raise UsageError(
                f"the folder for temporary files {folder} ({name}) {trouble}",
                hint=f"create it, or set {name} to a folder that can be written; nothing was sent",
            )


def low_space_warning() -> str | None:
    """Return a sentence if the folders for temporary files are nearly full, else None."""
    for folder in {python_folder(), sqlite_folder()}:
        with suppress(OSError):
            if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
                return (
                    f"the folder for temporary files {folder} (TMPDIR) is nearly full; a run that"
                    " has much to send needs some room there"
                )
    return None


def python_folder() -> str:
    """Return the folder in which Python creates temporary files, or a word if there is none."""
    try:
        return tempfile.gettempdir()
    except OSError:
        return "(none)"


def sqlite_folder() -> str:
    """Return the folder in which SQLite creates temporary files."""
    named = (os.environ.get("SQLITE_TMPDIR"), os.environ.get("TMPDIR"), *SQLITE_FOLDERS)
    return next((folder for folder in named if folder and _is_usable(folder)), ".")


def temp_space_error(what: str, folder: str, error: Exception) -> TempSpaceError:
    """Return the error for `what` could not be done in this folder."""
    reason = getattr(error, "strerror", None) or error
    return TempSpaceError(f"{what} in the folder for temporary files {folder} (TMPDIR): {reason}")


def _is_usable(folder: str) -> bool:
    return Path(folder).is_dir() and os.access(folder, os.W_OK | os.X_OK)
