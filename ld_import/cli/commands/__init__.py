"""The registry of commands. A new command is a file in this package and an entry here.

A command is imported when it is called, which keeps `--help` fast.
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
        "ld_import.cli.commands.media_library",
        "Upload files to the media library, or register stored ones.",
    ),
    "validate": LazyCommand(
        "ld_import.cli.commands.validate", "Show every problem of a manifest at once."
    ),
    "probe": LazyCommand(
        "ld_import.cli.commands.probe", "Show type, size, duration and checksum of files."
    ),
    "doctor": LazyCommand(
        "ld_import.cli.commands.doctor", "Check everything an import needs; changes nothing."
    ),
    "fields": LazyCommand(
        "ld_import.cli.commands.fields", "List the metadata properties that the project has."
    ),
    "init": LazyCommand(
        "ld_import.cli.commands.init", "Propose a manifest from an export of the old system."
    ),
    "status": LazyCommand("ld_import.cli.commands.status", "Show an import job and its items."),
    "report": LazyCommand(
        "ld_import.cli.commands.report", "Write the report of a run: one HTML page, offline."
    ),
    "emulator": LazyCommand(
        "ld_import.cli.commands.emulator", "Run a local Livingdocs server for tests and rehearsals."
    ),
    "demo": LazyCommand(
        "ld_import.cli.commands.demo", "Import samples into a local server, interrupt and repeat."
    ),
    "ledger": LazyCommand(
        "ld_import.cli.commands.ledger",
        "Read, verify, export and change the records.",
    ),
    "help": LazyCommand(
        "ld_import.cli.commands.help", "Explain a command or a topic, such as exit-codes."
    ),
    "schema": LazyCommand(
        "ld_import.cli.commands.schema", "Print a JSON Schema of an output, or for an editor."
    ),
}

# The headings of `ld-import --help`.
THEMES = {
    "Import": ("videos", "images", "files", "media-library"),
    "Prepare": ("init", "fields", "validate", "probe", "doctor", "schema"),
    "See what happened": ("status", "ledger", "report"),
    "Rehearse": ("demo", "emulator"),
    "Learn": ("help",),
}
