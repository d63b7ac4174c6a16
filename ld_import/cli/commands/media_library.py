"""`ld-import media-library`."""

from __future__ import annotations

from ld_import.cli.options import LibraryImportFlags, command_of


def import_media_library(flags: LibraryImportFlags) -> int:
    """Import entries of the media library."""
    from ld_import.cli.commands.imports import import_media

    return import_media("media-library", flags)


command = command_of(LibraryImportFlags, import_media_library)
