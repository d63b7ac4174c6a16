"""`ld-import ledger …`: read the ledger as tables, JSON or CSV."""

from __future__ import annotations

from ld_import.cli.lazy import LazyCommand, lazy_app

command = lazy_app(
    {
        "runs": LazyCommand(f"{__name__}.runs", "List the latest runs, newest first."),
        "jobs": LazyCommand(f"{__name__}.jobs", "List the latest import jobs, newest first."),
        "items": LazyCommand(f"{__name__}.items", "List items with their state and reason."),
        "show": LazyCommand(f"{__name__}.show", "Show one item with all its attempts."),
        "export": LazyCommand(
            f"{__name__}.export", "Write all items: the map from legacy id and URL to mediaId."
        ),
        "verify": LazyCommand(
            f"{__name__}.verify", "Compare the ledger with the server; changes neither."
        ),
    },
    help="Read, export and verify the records of all imports.",
    add_completion=False,
)
