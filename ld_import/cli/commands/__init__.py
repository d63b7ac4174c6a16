"""The commands, one file each; a new one is a file and a line here.

A command is imported when it is called, so that `--help` stays quick.
"""

from __future__ import annotations

from ld_import.cli.lazy import LazyCommand

COMMANDS = {
    "videos": LazyCommand(
        "ld_import.cli.commands.videos", "Import videos: the server fetches each by its URL."
    ),
    "images": LazyCommand(
        "ld_import.cli.commands.images", "Import images: the server fetches each by its URL."
    ),
    "files": LazyCommand(
        "ld_import.cli.commands.files", "Import files: the server fetches each by its URL."
    ),
    "media-library": LazyCommand(
        "ld_import.cli.commands.media_library", "Register media that lie in the storage already."
    ),
    "validate": LazyCommand(
        "ld_import.cli.commands.validate", "Show every problem of a manifest at once."
    ),
    "status": LazyCommand(
        "ld_import.cli.commands.status", "Show an import job, and our items of it."
    ),
    "emulator": LazyCommand(
        "ld_import.cli.commands.emulator", "Run a local Livingdocs server for rehearsals."
    ),
    "demo": LazyCommand(
        "ld_import.cli.commands.demo", "Import samples into a local server, twice."
    ),
    "ledger": LazyCommand(
        "ld_import.cli.commands.ledger", "Read the memory of all imports; changes nothing."
    ),
}
