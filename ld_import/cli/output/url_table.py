"""The result of a check of URLs as text: counts, and a table by host and reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ld_import.cli.output.console import print_out, table
from ld_import.cli.output.sanitize import sanitize
from ld_import.wording import amount

SHOWN_GROUPS = 30
COLUMNS = ("records", "host", "reason", "where")


def print_url_checks(document: Mapping[str, Any], file: str) -> None:
    """Print the result; `document` is the member `urlChecks` of the JSON output."""
    groups = document["groups"]
    if groups:
        rows = [_row(group, file) for group in groups[:SHOWN_GROUPS]]
        table(COLUMNS, rows, is_wrapped=True)
    if rest := groups[SHOWN_GROUPS:]:
        records = sum(group["records"] for group in rest) + document["otherRecords"]
        print_out(
            f"… and {amount(len(rest), 'more group')} ({amount(records, 'record')}); --json shows"
            " them, --url-report lists all records"
        )
    print_out(f"URLs: {_counts(document)}")


def _row(group: Mapping[str, Any], file: str) -> dict[str, Any]:
    more = " …" if group["records"] > len(group["lines"]) else ""
    lines = ", ".join(map(str, group["lines"]))
    level = "" if group["level"] == "error" else "warning: "
    return {
        "records": f"{group['records']:,}",
        "host": group["host"],
        "reason": f"{level}{group['reason']}",
        "where": f"{file}:{lines}{more}",
    }


def _counts(document: Mapping[str, Any]) -> str:
    parts = [f"{document['checked']:,} of {document['urls']:,} checked"]
    parts.append(f"{document['asked']:,} asked now")
    if document["reused"]:
        oldest = document["oldestReused"][:16].replace("T", " ")
        parts.append(f"{document['reused']:,} known since {oldest} UTC or later")
    if document["notAsked"]:
        parts.append(f"{document['notAsked']:,} not asked (dead host)")
    parts.append(f"{document['bad']:,} bad")
    return sanitize(", ".join(parts))
