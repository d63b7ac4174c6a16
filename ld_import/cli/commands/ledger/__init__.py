"""`ld-import ledger …`: read the ledger as tables, JSON or CSV, and change it."""

from __future__ import annotations

from ld_import.cli.lazy import LazyCommand, lazy_app

command = lazy_app(
    {
        "runs": LazyCommand(f"{__name__}.runs", "List the latest runs, newest first."),
        "jobs": LazyCommand(f"{__name__}.jobs", "List the latest import jobs, newest first."),
        "items": LazyCommand(f"{__name__}.items", "List items with their state and reason."),
        "reasons": LazyCommand(
            f"{__name__}.reasons", "Group what did not arrive by cause, with the next command."
        ),
        "show": LazyCommand(f"{__name__}.show", "Show one item with all its attempts."),
        "export": LazyCommand(
            f"{__name__}.export", "Write all items: the map from legacy id and URL to mediaId."
        ),
        "uploads": LazyCommand(
            f"{__name__}.uploads", "List uploaded files, with source and place in the storage."
        ),
        "verify": LazyCommand(
            f"{__name__}.verify", "Compare the ledger with the server; changes neither."
        ),
        "adopt": LazyCommand(
            f"{__name__}.adopt", "Record entries that the server has already; sends nothing."
        ),
        "forget": LazyCommand(
            f"{__name__}.forget", "Remove items, those of a run, or a whole target."
        ),
        "prune": LazyCommand(
            f"{__name__}.prune", "Remove history that no item needs, and shrink the file."
        ),
        "undo": LazyCommand(
            f"{__name__}.undo", "Archive the entries that one run created, and no others."
        ),
    },
    help="Read the records of all imports, and change them.",
    add_completion=False,
    themes={
        "Read": ("runs", "jobs", "items", "show", "reasons", "export", "uploads", "verify"),
        "Change": ("adopt", "forget", "prune", "undo"),
    },
)
