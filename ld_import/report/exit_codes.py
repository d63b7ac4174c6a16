"""The meaning of the exit code of a run, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Meaning:
    """An exit code in words, and what to do; `advice` may be empty."""

    text: str
    advice: str


def meaning_of(exit_code: int) -> Meaning:
    """Return what an exit code means and what to do."""
    text, advice = MEANINGS.get(exit_code, (f"it ended with exit code {exit_code}", ""))
    return Meaning(text, advice)
