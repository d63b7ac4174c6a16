"""Wording of comments: examples, shares and names, safe for a terminal and for YAML comments."""

from __future__ import annotations

from ld_import.proposal.columns import Column
from ld_import.proposal.measure import Measured
from ld_import.proposal.paths import Path, shown
from ld_import.redaction import redact
from ld_import.wording import shorten

EXAMPLE_LENGTH = 50
NAME_LENGTH = 60


def name_of(path: Path) -> str:
    """Return the name of a column for a comment, in backticks."""
    return f"`{shorten(redact(shown(path)), NAME_LENGTH)}`"


def example_of(column: Column) -> str:
    """Return the first value of a column in quotes, short and without secrets."""
    return f'"{shorten(redact(column.example), EXAMPLE_LENGTH)}"' if column.example else ""


def share_of(measured: Measured, column: Column) -> str:
    """Return the fill rate: `in every record`, `74 % filled`, `in 3 of 20,000 records`."""
    if measured.is_full(column):
        return "in every record"
    percent = 100 * measured.fill_rate(column)
    if not column.filled:
        return "always empty"
    if percent < 1 or percent > 99:
        return f"in {column.filled:,} of {measured.count:,} records"
    return f"{percent:.0f} % filled"


def types_of(column: Column) -> str:
    """Return the types of the values, the most frequent first."""
    types = sorted(column.types, key=lambda name: -column.types[name])
    return " or ".join(types)
