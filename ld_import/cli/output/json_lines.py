"""Events as JSON lines, for programs that read logs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Self

from ld_import.cli.output.event_text import LEVELS, context_of, level_of, sentence_of
from ld_import.cli.output.sanitize import json_text
from ld_import.created import count_states
from ld_import.events import Event, Polled, Settled

RENAMED = {"text": "note"}
# Every line has them, under the names of `context_of`.
CONTEXT = {"batch_id", "job_id", "attempt"}


class JsonLines:
    """A listener that writes JSON lines: the common members, then the fields of the event."""

    def __init__(
        self,
        write: Callable[[str], None],
        now: Callable[[], datetime],
        *,
        level: str,
        run_id: str | None,
    ) -> None:
        """Write lines of at least `level` with `write`; `now` returns the time."""
        self._write = write
        self._now = now
        self._level = LEVELS.index(level)
        self._run_id = run_id

    def __enter__(self) -> Self:
        """Return this object."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Do nothing: every line is written."""

    def __call__(self, event: Event) -> None:
        """Write the event if its level is high enough."""
        level = level_of(event)
        if LEVELS.index(level) < self._level:
            return
        fields = {**context_of(event), **_fields(event)}
        name = type(event).__name__.lower()
        line = json_line(self._now(), level, self._run_id, name, sentence_of(event), **fields)
        self._write(line)


def json_line(
    now: datetime, level: str, run_id: str | None, event: str, message: str, **fields: Any
) -> str:
    """Return one line of a log; its first members are always the same."""
    line = {
        "time": now.isoformat(timespec="milliseconds"),
        "level": level,
        "run": run_id,
        "event": event,
        "message": message,
        **fields,
    }
    return json_text(line)


def _fields(event: Event) -> dict[str, Any]:
    if isinstance(event, Settled):
        counts = count_states(event.outcomes)
        return {"outcomes": {state.value: count for state, count in counts.items()}}
    if isinstance(event, Polled):
        return {"state": event.job.state, "finished": event.job.finished}
    fields = {RENAMED.get(name, name): value for name, value in _plain(event).items()}
    return {name: value for name, value in fields.items() if name not in CONTEXT}


def _plain(value: Any) -> Any:
    """Return a named tuple as a dictionary, and those inside it."""
    if hasattr(value, "_asdict"):
        return {name: _plain(inner) for name, inner in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return value
