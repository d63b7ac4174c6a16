"""Secrets of an entry of `sources:`, read from the files that it names."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ld_import.assets.base import SourceSettings
from ld_import.errors import UsageError
from ld_import.small_file import read_small

LARGEST_SECRET_BYTES = 64 * 1024


@lru_cache(256)
def secret_from(path: Path, name: str, setting: str) -> str:
    """Return the text of a file without white space around it. Raises UsageError.

    `name` and `setting` are for messages. The file is read once for a process.
    """
    what = f"{setting} of the source `{name}`"
    try:
        text = read_small(path, limit=LARGEST_SECRET_BYTES).decode("utf-8-sig").strip()
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


def password_of(settings: SourceSettings) -> str | None:
    """Return the password, if the entry names a file with one."""
    if settings.password_file is None:
        return None
    return secret_from(settings.password_file, settings.name, "passwordFile")


def token_of(settings: SourceSettings) -> str | None:
    """Return the token, if the entry names a file with one."""
    if settings.token_file is None:
        return None
    return secret_from(settings.token_file, settings.name, "tokenFile")
