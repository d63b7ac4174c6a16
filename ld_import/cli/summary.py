"""The end of a run in numbers: the JSON document for scripts, the table for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ld_import.model import Content, LeaveReason, SendReason
from ld_import.pipeline.tally import OUTCOMES, Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a summary says beside its counts."""

    run_id: str
    kind: str
    target: str
    system_name: str
    manifest: str
    is_dry_run: bool
    seconds: float
    exit_code: int


def summary_of(
    tally: Tally, facts: Facts, *, requests: Mapping[str, int], more: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the summary; `more` are further keys, of a dry run for instance."""
    sent = 0 if facts.is_dry_run else tally.sent
    held_back = tally.not_sent + (tally.sent if facts.is_dry_run else 0)
    summary: dict[str, Any] = {
        "run": facts.run_id,
        "kind": facts.kind,
        "target": facts.target,
        "systemName": facts.system_name,
        "dryRun": facts.is_dry_run,
        "manifest": facts.manifest,
        "read": tally.read,
        "invalid": tally.invalid,
        "repeated": tally.left[LeaveReason.REPEATED],
        "unchanged": tally.left[LeaveReason.UNCHANGED],
        "failedBefore": tally.left[LeaveReason.FAILED_BEFORE],
        "sent": sent,
        "notSent": held_back,
    }
    if facts.is_dry_run:
        summary["wouldSend"] = {why.value: tally.to_send[why] for why in SendReason}
        summary["unresolved"] = tally.open_count
    counts = {state.value: tally.outcomes[state] for state in OUTCOMES}
    counts["open"] = 0 if facts.is_dry_run else tally.open_count
    summary["outcomes"] = counts
    summary["skippedOther"] = tally.skipped[Content.OTHER]
    summary["skippedNotCompared"] = tally.skipped[Content.UNKNOWN]
    summary["requests"] = dict(requests)
    summary["jobs"] = [
        {"id": job_id, "state": state, "items": items}
        for job_id, (state, items) in tally.jobs.items()
    ]
    summary.update(more)
    summary["seconds"] = round(facts.seconds, 3)
    summary["exitCode"] = facts.exit_code
    return summary


def rows_of(summary: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the counts worth a row for people: all that are not zero, and always what was read."""
    rows = [("read", summary["read"])]
    if summary["dryRun"]:
        rows += [(f"would send: {why}", count) for why, count in summary["wouldSend"].items()]
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
