"""`ld-import files`."""

from __future__ import annotations

from ld_import.cli.options import JobImportFlags, command_of


def import_files(flags: JobImportFlags) -> int:
    """Import files."""
    from ld_import.cli.commands.imports import import_media

    return import_media("files", flags)


command = command_of(JobImportFlags, import_files)
