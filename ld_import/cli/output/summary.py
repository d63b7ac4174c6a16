"""Prints the summary of a run, as text or JSON."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ld_import.cli.options import ImportFlags
from ld_import.cli.output.console import counts, json_out, print_out
from ld_import.cli.output.log import Log
from ld_import.cli.output.run_groups import RunGroups
from ld_import.cli.output.summary_words import explained, files_text, meanings_of, unread_text
from ld_import.wording import amount


def print_summary(
    summary: Mapping[str, Any], groups: RunGroups, flags: ImportFlags, log: Log
) -> None:
    """Print the summary and the groups of its items: as JSON, as text, or not with `-q`.

    The log file always gets the counts.
    """
    action = "dry run of" if summary["dryRun"] else "imported"
    title = f"{action} {summary['manifest']} → {summary['target']}"
    rows, last = rows_of(summary), _last_line(summary)
    files = files_text(summary)
    counted = [*(f"{count:,} {name}" for name, count in rows), *([files] if files else []), last]
    log.summarize(summary, f"{title}: {', '.join(counted)}")
    if flags.json:
        json_out({**summary, **groups.documents()})
    elif not flags.quiet:
        meanings = meanings_of(summary, flags)
        counts(title, [(explained(name, meanings), count) for name, count in rows])
        if text := unread_text(summary):
            print_out(f"  {text}")
        if files:
            print_out(f"  {files}")
        print_out(f"  {last}")
        if text := size_text(summary):
            print_out(f"  {text}")
        groups.print(shows_all=flags.verbose)
    # Flushed here, while signals are deferred; `main` flushes again and reports errors.
    with suppress(OSError):
        sys.stdout.flush()


def _last_line(summary: Mapping[str, Any]) -> str:
    seconds, requests = summary["seconds"], summary["requests"]
    if summary["dryRun"]:
        would = summary["wouldRequest"]
        return (
            f"nothing was sent ({amount(would['import'], 'request')} of {would['bytes']:,} bytes in"
            f" total would be sent), {seconds:.1f} s"
        )
    return (
        f"{amount(requests['import'], 'import request')},"
        f" {amount(requests['status'], 'status request')},"
        f"{_further(requests)} {requests['retried']:,} retried, {seconds:.1f} s"
    )


def size_text(summary: Mapping[str, Any]) -> str:
    """Return the line about the size of batches, empty if it did not change."""
    size = summary.get("batchSize") or {"first": 0, "last": 0}
    if size["first"] == size["last"]:
        return ""
    return f"batches of {size['first']:,} items at first, and of {size['last']:,} at the end"


def _further(requests: Mapping[str, int]) -> str:
    rare = (("lookup", "look-up"), ("patch", "PATCH"))
    counts = ((requests.get(name, 0), word) for name, word in rare)
    return "".join(f" {amount(count, word)}," for count, word in counts if count)


def rows_of(summary: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the rows to show: all counts that are not zero, and always `read`."""
    rows = [("read", summary["read"])]
    if summary["dryRun"]:
        rows += [(f"would send: {reason}", count) for reason, count in summary["wouldSend"].items()]
        rows.append(("in flight since an earlier run", summary["unresolved"]))
        would = sum(summary["wouldSend"].values()) + summary["unresolved"]
        rows.append(("held back", summary["notSent"] - would))
    else:
        rows += _outcomes_of(summary)
        rows.append(("not sent", summary["notSent"]))
    rows += [
        ("unchanged", summary["unchanged"]),
        ("failed before", summary["failedBefore"]),
        ("repeated", summary["repeated"]),
        ("invalid", summary["invalid"]),
    ]
    return [row for row in rows if row[1] or row[0] == "read"]


def _outcomes_of(summary: Mapping[str, Any]) -> list[tuple[str, int]]:
    other, not_compared = summary["skippedOther"], summary["skippedNotCompared"]
    counts = {**summary["outcomes"]}
    counts["skipped"] -= other + not_compared
    rows = []
    for name, count in counts.items():
        rows.append((name, count))
        if name == "skipped":
            rows.append(("skipped, the server keeps other content", other))
            rows.append(("skipped, content not compared", not_compared))
    return rows
