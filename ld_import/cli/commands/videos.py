"""`ld-import videos`."""

from __future__ import annotations

from ld_import.cli.options import JobImportFlags, command_of


def import_videos(flags: JobImportFlags) -> int:
    """Import videos."""
    from ld_import.cli.commands.imports import import_media

    return import_media("videos", flags)


command = command_of(JobImportFlags, import_videos)
