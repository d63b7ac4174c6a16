"""Every event as one JSON object a line, for programs that read logs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any, Self

import orjson

from ld_import.cli.described import LEVELS, level_of, sentence_of
from ld_import.events import Event, Settled


class JsonLines:
    """A listener that writes JSON lines: time, level, run, event, message, the event's fields."""

    def __init__(
        self, write: Callable[[str], None], now: Callable[[], datetime], *, level: str, run_id: str
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
        line = {
            "time": self._now().isoformat(timespec="milliseconds"),
            "level": level,
            "run": self._run_id,
            "event": type(event).__name__.lower(),
            "message": sentence_of(event),
            **_fields(event),
        }
        self._write(orjson.dumps(line, option=orjson.OPT_NON_STR_KEYS).decode())


def _fields(event: Event) -> dict[str, Any]:
    if isinstance(event, Settled):
        counts: dict[str, int] = {}
        for one in event.outcomes:
            counts[one.state] = counts.get(one.state, 0) + 1
        return {"batch": event.batch_id, "job": event.job_id, "outcomes": counts}
    renamed = {"batch_id": "batch", "job_id": "job", "text": "note", "record": "record"}
    return {renamed.get(name, name): value for name, value in asdict(event).items()}
