"""Every event as one JSON object a line, for programs that read logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any, Self

from ld_import.cli.output.event_text import LEVELS, context_of, level_of, sentence_of
from ld_import.cli.output.sanitize import json_text
from ld_import.events import Event, Polled, Settled

NOTED = {"text": "note"}
# They stand in every line, under the names of `context_of`.
CONTEXT = {"batch_id", "job_id", "attempt"}


class JsonLines:
    """A listener that writes JSON lines: what every line has, then the event's own fields."""

    def __init__(
        self,
        write: Callable[[str], None],
        now: Callable[[], datetime],
        *,
        level: str,
        run_id: str | None,
    ) -> None:
        """Hand in where lines go and what time it is."""
        self._write = write
        self._now = now
        self._level = LEVELS.index(level)
        self._run_id = run_id

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *raised: object) -> None:
        """End."""

    def __call__(self, event: Event) -> None:
        """Write the event, if its level is asked for."""
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
    """Return one line of a log; its first members are the same whatever it tells."""
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
        return {"outcomes": dict(Counter(one.state.value for one in event.outcomes))}
    if isinstance(event, Polled):
        return {"state": event.job.state, "finished": event.job.finished}
    fields = {NOTED.get(name, name): value for name, value in asdict(event).items()}
    return {name: value for name, value in fields.items() if name not in CONTEXT}
