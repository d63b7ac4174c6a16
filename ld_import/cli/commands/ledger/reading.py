"""Opens a ledger to read it; filters and tables that the subcommands share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ld_import.cli.commands.ledger.target import chosen_target
from ld_import.cli.config.discovery import find_ledger
from ld_import.cli.config.file import Config, find_config
from ld_import.cli.options import TargetFlags
from ld_import.cli.output.console import json_out, table
from ld_import.errors import UsageError

if TYPE_CHECKING:
    from ld_import.ledger import LedgerReader, TargetFilter
    from ld_import.ledger.upload_reader import UploadReader

R = TypeVar("R", bound="LedgerReader")

STATES = ("success", "skipped", "failed", "refused", "lost", "pending", "submitted", "invalid")


@contextmanager
def reading(flags: TargetFlags) -> Iterator[tuple[LedgerReader, TargetFilter]]:
    """Open the given ledger, or else the one of the profile, or that of the working directory.

    With the target to show, of those in the ledger. Raises UsageError.
    """
    from ld_import.ledger import LedgerReader

    with _reading(flags, LedgerReader) as opened:
        yield opened


@contextmanager
def reading_uploads(flags: TargetFlags) -> Iterator[tuple[UploadReader, TargetFilter]]:
    """Open the ledger to read the files of its items as well. Raises UsageError."""
    from ld_import.ledger.upload_reader import UploadReader

    with _reading(flags, UploadReader) as opened:
        yield opened


@contextmanager
def _reading(flags: TargetFlags, reader_type: type[R]) -> Iterator[tuple[R, TargetFilter]]:
    config = Config() if flags.ledger else find_config(flags.config)
    profile = config.profile(flags.profile)
    path = find_ledger(flags.ledger, profile, config, folder=Path())
    if not path.exists():
        raise UsageError(
            f"there is no ledger {path}",
            hint="name one with --ledger; an import creates it beside its manifest",
        )
    with reader_type(path) as reader:
        yield reader, chosen_target(reader, flags, profile)


def checked_states(states: Sequence[str] | None, known: Sequence[str] = STATES) -> Sequence[str]:
    """Return the states to show, empty for all. Raises UsageError for an unknown state."""
    for state in states or ():
        if state not in known:
            raise UsageError(f"unknown state {state!r}", hint=f"use one of {', '.join(known)}")
    return states or ()


def print_rows(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *, is_json: bool) -> None:
    """Print rows as JSON with all their keys, or as a table with these columns."""
    if is_json:
        json_out(rows)
    else:
        table(columns, rows)
