"""`ld-import images`."""

from __future__ import annotations

from ld_import.cli.options import JobImportFlags, command_of


def import_images(flags: JobImportFlags) -> int:
    """Import images."""
    from ld_import.cli.commands.imports import import_media

    return import_media("images", flags)


command = command_of(JobImportFlags, import_images)
