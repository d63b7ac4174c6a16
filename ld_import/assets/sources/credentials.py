"""Secrets of an entry of `sources:`, read from the files that it names."""

from __future__ import annotations

from ld_import.assets.base import SourceSettings
from ld_import.assets.secret_file import secret_from


def password_of(settings: SourceSettings) -> str | None:
    """Return the password, if the entry names a file with one."""
    if settings.password_file is None:
        return None
    return secret_from(settings.password_file, f"passwordFile of the source `{settings.name}`")


def token_of(settings: SourceSettings) -> str | None:
    """Return the token, if the entry names a file with one."""
    if settings.token_file is None:
        return None
    return secret_from(settings.token_file, f"tokenFile of the source `{settings.name}`")
