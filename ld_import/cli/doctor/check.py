"""The result of one check: a state, a sentence, and a hint if there is something to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ld_import.errors import LdImportError

# A run resolves its settings, opens the ledger and then sends a request: the first failure decides.
RUN_ORDER = (2, 4, 9, 8, 6, 5)


class State(StrEnum):
    """The state of a check, as in `--json`."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report; `exit_code` is that of a run with this problem, 0 without one."""

    name: str
    state: State
    text: str
    hints: tuple[str, ...] = ()
    exit_code: int = 0


def passed(name: str, text: str, *hints: str) -> Check:
    """Return a check without a problem."""
    return Check(name, State.OK, text, hints)


def remark(name: str, text: str, *hints: str) -> Check:
    """Return a check with a problem that does not stop a run."""
    return Check(name, State.WARNING, text, hints)


def failed(name: str, error: LdImportError, text: str | None = None) -> Check:
    """Return a check with a problem that ends a run with this error."""
    hints = (error.hint,) if error.hint else ()
    return Check(name, State.FAILED, text or str(error), hints, error.exit_code)


def skipped(name: str, reason: str) -> Check:
    """Return a check that needs another one, which failed."""
    return Check(name, State.SKIPPED, reason)


def exit_code_of(checks: list[Check]) -> int:
    """Return the exit code with which a run would end, 0 if nothing prevents it."""
    codes = {check.exit_code for check in checks} - {0}
    return next((code for code in RUN_ORDER if code in codes), max(codes, default=0))
