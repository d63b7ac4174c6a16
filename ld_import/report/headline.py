"""One sentence about a run, and how serious it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ld_import.report.exit_codes import meaning_of
from ld_import.report.facts import RunFacts
from ld_import.wording import amount

FINISHED = (0, 3)
# A longer error is a paragraph of its own.
LONGEST_ERROR = 120


class Level(StrEnum):
    """The result of a run at a glance."""

    DONE = "done"
    ATTENTION = "needs attention"
    STOPPED = "ended early"
    UNKNOWN = "end unknown"


@dataclass(frozen=True, slots=True)
class Headline:
    """The level, the sentence, details of the error, and what to do; the last two may be empty."""

    level: Level
    sentence: str
    advice: str = ""
    detail: str = ""


def headline_of(run: RunFacts) -> Headline:
    """Return the headline of a run."""
    if run.exit_code is None and not run.error:
        return Headline(
            Level.UNKNOWN,
            "The end of this run is not recorded: it is still running, or it was killed.",
            "If it is not running, the same command continues where it stopped.",
        )
    if run.exit_code in FINISHED and not run.error:
        level = Level.ATTENTION if run.exit_code else Level.DONE
        return Headline(level, _capital(f"{_sent(run)}{_rest(run)}."))
    meaning = meaning_of(run.exit_code or 1)
    is_long = len(run.error) > LONGEST_ERROR
    why = meaning.text if is_long else run.error.rstrip(".") or meaning.text
    sent = f" {_capital(_sent(run))}{_rest(run)}." if run.summary else ""
    nothing = "" if run.run_id else " Nothing was sent."
    return Headline(
        Level.STOPPED,
        f"The run ended early: {why}.{sent}{nothing}",
        _capital(run.hint or meaning.advice),
        run.error if is_long else "",
    )


def _sent(run: RunFacts) -> str:
    sent = run.count("sent")
    if not sent:
        return f"of {amount(run.count('read'), 'record')}, none had to be sent"
    parts = [
        f"{run.count(name):,} {word}"
        for name, word in (
            ("success", "imported"),
            ("skipped", "already there"),
            ("failed", "failed"),
            ("open", "still open"),
        )
        if run.count(name)
    ]
    verb = "was" if sent == 1 else "were"
    return f"{sent:,} of {amount(run.count('read'), 'record')} {verb} sent: {_listed(parts)}"


def _rest(run: RunFacts) -> str:
    parts = [
        f"{run.count(name):,} {word}"
        for name, word in (
            ("unchanged", "unchanged"),
            ("invalid", "invalid"),
            ("failedBefore", "failed before"),
            ("repeated", "repeated"),
            ("notSent", "not sent"),
        )
        if run.count(name)
    ]
    return f"; {_listed(parts)}" if parts else ""


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1]))) if parts else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
