"""The result of an import and of a dry run, and its summary document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ld_import.errors import EXIT_TROUBLE, LdImportError
from ld_import.importer.new_run import NewRun
from ld_import.model import Content, LeaveReason, SendReason
from ld_import.pipeline.tally import OUTCOMES, Tally

if TYPE_CHECKING:
    from ld_import.importer.spec import ImportSpec
    from ld_import.pipeline.planning.batch_size import BatchSize


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """The result of a run, or of a dry run.

    - `tally`: the counts.
    - `summary`: the document that `--json` prints; its keys are stable.
    - `exit_code`: 0 if every record is on the server, 3 if some failed or are invalid, otherwise
      the exit code of `error`.
    - `error`: the error that ended the run early, if any.
    - `first_body`: the body of the first request of a dry run.
    - `warnings`: reasons why the end of the run could not be recorded in the ledger.
    """

    tally: Tally
    summary: Mapping[str, Any]
    exit_code: int
    error: LdImportError | None = None
    first_body: bytes | None = None
    warnings: tuple[str, ...] = ()


def exit_code_of(tally: Tally, error: LdImportError | None) -> int:
    """Return the exit code of the error; without one, 3 if any record needs attention, else 0."""
    if error is not None:
        return error.exit_code
    return EXIT_TROUBLE if tally.trouble_count else 0


class Facts(NamedTuple):
    """The parts of a summary other than its counts."""

    run_id: str
    kind: str
    target: str
    system_name: str
    manifest: str
    is_dry_run: bool
    seconds: float
    exit_code: int

    @classmethod
    def of(
        cls, spec: ImportSpec, run: NewRun, *, seconds: float, exit_code: int, is_dry_run: bool
    ) -> Facts:
        """Return the facts about an import that has ended."""
        return cls(
            run_id=run.run_id,
            kind=spec.kind,
            target=spec.target.server,
            system_name=spec.system_name,
            manifest=str(spec.manifest.path),
            is_dry_run=is_dry_run,
            seconds=seconds,
            exit_code=exit_code,
        )


def size_summary(size: BatchSize) -> dict[str, Any]:
    """Return the number of items in a batch, when the run began and when it ended."""
    return {"mode": size.mode, "first": size.first, "last": size.size}


def summary_of(
    tally: Tally, facts: Facts, *, requests: Mapping[str, int], more: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the summary; `more` are additional keys, for example those of a dry run."""
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
        "heldBack": tally.left[LeaveReason.HELD_BACK],
        "readToEnd": facts.is_dry_run or tally.is_read_to_end,
        "notReadEstimate": 0 if facts.is_dry_run else tally.unread_estimate,
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
