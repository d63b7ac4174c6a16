"""Secrets in files that the configuration names: one line of text, nothing else."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ld_import.errors import UsageError
from ld_import.small_file import read_small

LARGEST_SECRET_BYTES = 64 * 1024


def secret_from(path: Path, what: str) -> str:
    """Return the text of a file without white space around it. Raises UsageError.

    `what` names the setting in the sentence. The file is read once for a process.
    """
    # A relative path is another file in another working directory.
    return _read(path.absolute(), path, what)


@lru_cache(256)
def _read(absolute: Path, path: Path, what: str) -> str:
    try:
        text = read_small(absolute, limit=LARGEST_SECRET_BYTES).decode("utf-8-sig").strip()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"{what} cannot be read from {path}: {reason}", hint="correct it in ld-import.yaml"
        ) from None
    except UnicodeDecodeError:
        text = ""
    if not text or "\n" in text or "\0" in text:
        raise UsageError(
            f"{what} is not one line of text in {path}", hint="the file contains only the secret"
        )
    return text
