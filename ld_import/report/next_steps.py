"""Advice on the items of a state and on the whole run, with the command to run."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from ld_import.report.facts import RunFacts

AGAIN = "the same command continues"
CORRECT = "remove the cause, then send them again"
# Meaning of an exit code, and what to do; see the table of exit codes.
MEANINGS = {
    0: ("every line is imported, skipped or unchanged", ""),
    1: ("it ended by an unexpected error, which is a bug", "report it with the crash file"),
    2: ("the usage or the configuration is wrong", "correct it, then run the command again"),
    3: ("it finished, and some lines need attention", ""),
    4: ("the manifest cannot be read", "correct it, then run the command again"),
    5: ("the server refused access", "give a valid token, then run the command again"),
    6: ("the server refused the request", "see the message for the cause"),
    7: ("the quota is used up", AGAIN),
    8: ("the server was not available, or a job was overdue", AGAIN),
    9: ("the ledger or the disk could not be used", "see the message for the cause"),
    10: ("another run held the ledger", "run the command again later"),
    129: ("its terminal was closed", AGAIN),
    130: ("it was interrupted by Ctrl-C", AGAIN),
    143: ("it was stopped by SIGTERM", AGAIN),
}


@dataclass(frozen=True, slots=True)
class Step:
    """An advice, and the command to run; either may be empty."""

    text: str
    command: str = ""


def same_command(run: RunFacts) -> str:
    """Return the command of a run, or one that has the same effect for a run of a script."""
    if run.command.startswith("ld-import "):
        return run.command
    return f"ld-import {run.kind} {shlex.quote(run.manifest)}"


def step_for(state: str, run: RunFacts) -> Step:
    """Return what to do about the items of a state."""
    command = same_command(run)
    match state:
        case "failed" | "failed before":
            flag = "" if "--retry-failed" in command else " --retry-failed"
            return Step(CORRECT, f"{command}{flag}")
        case "invalid":
            if run.manifest.startswith("-"):
                return Step("correct these records, then run the import again")
            manifest = shlex.quote(run.manifest)
            return Step(
                "correct these records, and check them",
                f"ld-import validate {manifest} --kind {run.kind}",
            )
        case "skipped":
            return Step("the server has these items; `ld-import ledger show ID` compares them")
        case "refused":
            return Step("the next run sends these items again", command)
        case "lost":
            return Step("the next run looks for these items on the server first", command)
        case _:
            return Step("the next run waits for the result", command)


def meaning_of(exit_code: int) -> Step:
    """Return what an exit code means and what to do, both as words."""
    text, advice = MEANINGS.get(exit_code, (f"it ended with exit code {exit_code}", ""))
    return Step(text, advice)
