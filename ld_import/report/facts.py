"""The facts about a run: from its row in the ledger, and from the program that ended it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ld_import.reasons import Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Facts about a run that has just ended, which the ledger does not record.

    `error` ended the run early, with this exit code, and `hint` says what to do; they are empty
    otherwise. `daily_limit` is the user's own limit of items in 24 hours.
    """

    error: str = ""
    hint: str = ""
    exit_code: int | None = None
    daily_limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """A run; `ended` and `exit_code` are None for a run whose end is not recorded.

    - `run_id`: empty if the run ended before the ledger had recorded its begin.
    - `summary`: the document of `--json`, empty if the end is not recorded.
    - `error` and `hint`: the error that ended the run early, if it is known.
    """

    kind: str
    server: str
    manifest: str
    command: str
    run_id: str = ""
    project: str = ""
    system_name: str = ""
    template: str | None = None
    host: str = ""
    pid: int | None = None
    started: datetime | None = None
    ended: datetime | None = None
    exit_code: int | None = None
    summary: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    hint: str = ""

    @property
    def seconds(self) -> float | None:
        """The duration, if the end is known."""
        seconds = self.summary.get("seconds")
        if isinstance(seconds, int | float):
            return seconds
        if self.started is None or self.ended is None:
            return None
        return (self.ended - self.started).total_seconds()

    @property
    def commands(self) -> Commands:
        """The commands for the manifest, which is not named if it was a pipe."""
        return Commands(self.kind, None if self.manifest.startswith("-") else self.manifest)

    def count(self, name: str) -> int:
        """Return a count of the summary, such as `read` or `success`; 0 if it is unknown."""
        outcomes = self.summary.get("outcomes")
        counts = {**outcomes, **self.summary} if isinstance(outcomes, dict) else self.summary
        value = counts.get(name)
        return value if isinstance(value, int) else 0

    def ended_by(self, ending: Ending) -> RunFacts:
        """Return the same run with the error that ended it."""
        code = self.exit_code if ending.exit_code is None else ending.exit_code
        return replace(self, error=ending.error, hint=ending.hint, exit_code=code)


def facts_of(run: Mapping[str, Any]) -> RunFacts:
    """Return the facts in a row of `RunReader.run`."""
    summary = json.loads(run["summary"]) if run["summary"] else {}
    return RunFacts(
        run_id=run["run"],
        kind=run["kind"],
        server=run["server"],
        project=run["project"],
        system_name=run["systemName"],
        manifest=run["manifest"],
        command=run["command"],
        template=run["template"],
        host=run["host"],
        pid=run["pid"],
        started=moment(run["started"]),
        ended=moment(run["ended"]),
        exit_code=run["exitCode"],
        summary=summary if isinstance(summary, dict) else {},
    )


def moment(seconds: int | None) -> datetime | None:
    """Return a time of the ledger, which is in seconds since 1970."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
