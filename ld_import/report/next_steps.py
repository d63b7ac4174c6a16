"""Advice on the items of a state and on the whole run, with the command to run."""

from __future__ import annotations

from dataclasses import dataclass

from ld_import.reasons.next_steps import Commands, advice_for
from ld_import.report.facts import RunFacts

AGAIN = "the same command continues"
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


# States of a report that have another name in a ledger.
WORDS = {"open": "submitted", "failed before": "failed"}


@dataclass(frozen=True, slots=True)
class Meaning:
    """An exit code in words, and what to do; `advice` may be empty."""

    text: str
    advice: str


def commands_of(run: RunFacts) -> Commands:
    """Return the commands for the manifest of a run."""
    return Commands(run.kind, None if run.manifest.startswith("-") else run.manifest)


def step_for(state: str, reason: str, run: RunFacts) -> str:
    """Return what to do about the items of a state with a reason; commands are in backticks."""
    return advice_for(WORDS.get(state, state), reason, commands_of(run))


def meaning_of(exit_code: int) -> Meaning:
    """Return what an exit code means and what to do."""
    text, advice = MEANINGS.get(exit_code, (f"it ended with exit code {exit_code}", ""))
    return Meaning(text, advice)
