"""Stories of random nights, drawn from a seed: the same seed is the same story, whatever happens.

A story is data only. Entries are named by number, so that an act fits whatever the server holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from ld_import.emulator import Fault
from tests.flow.nights_faults import faults_for
from tests.flow.nights_records import Line

KINDS = ("videos", "images", "files", "media-library")
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
JUMPS = (-10 * DAY, -DAY, -2 * HOUR, 90.0, 3 * HOUR, DAY, 10 * DAY)
# Passing faults: affected items still arrive in the end.
PASSING = ("drop", "drop_after", "refuse", "status", "status_after", "truncated", "not_json")
# Acts of others that may make an item fail.
HARD_ACTS = ("edit", "edit credit", "squat")
FUSES = {"commits": 14, "events": 16, "steps": 60}


@dataclass(frozen=True, slots=True)
class Act:
    """An event between two nights; `lines` and `number` select the entries.

    - `edit`: an editor changes the title of an entry. `edit credit`: or its credit.
    - `backup`, `restore`: the ledger is copied; the copy is put back.
    - `team`: others import with a ledger of their own. `script`: or by a bare request.
    - `squat`: others register a library entry under the id that an entry gives itself.
    - `restart`: the server forgets its jobs. `clock`: the program's clock is `seconds` off.
    """

    name: str
    number: int = 0
    lines: tuple[Line, ...] = ()
    seconds: float = 0.0

    def __str__(self) -> str:
        """Return the act for a log."""
        about = self.number or " ".join(map(str, self.lines)) or self.seconds or ""
        return f"{self.name} {about}".strip()


@dataclass(frozen=True, slots=True)
class End:
    """An early end of a night: a crash at the n-th `fuse` event, or SIGTERM after n seconds."""

    fuse: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One run: the acts before it, its input, and the settings of the server."""

    lines: tuple[Line, ...]
    acts: tuple[Act, ...] = ()
    pause: float = DAY
    options: Mapping[str, Any] = field(default_factory=dict)
    server: Mapping[str, Any] = field(default_factory=dict)
    has_read_scope: bool = True
    faults: tuple[Fault, ...] = ()
    end: End | None = None
    # The request at which the program's clock jumps, and the seconds.
    jump: tuple[int, float] | None = None

    @property
    def is_calm(self) -> bool:
        """Whether no planned fault can lose an answer or a job."""
        is_losing = self.server.keys() & {"lose_job_after", "quota", "read_delay"}
        return not self.faults and self.end is None and not is_losing

    @property
    def may_fail(self) -> bool:
        """Whether any planned fault can make an item fail."""
        is_asked_for = self.options.get("on_existing") in ("fail", "patch")
        is_edited = any(act.name in HARD_ACTS for act in self.acts)
        is_hard = any(fault.action not in PASSING or fault.times > 1 for fault in self.faults)
        # Without reading, an existing own id looks like a foreign one.
        is_blind = not self.has_read_scope and any(line.number % 4 == 0 for line in self.lines)
        return is_asked_for or is_edited or is_hard or is_blind or "fail_url" in self.server


@dataclass(frozen=True, slots=True)
class Story:
    """The nights of a seed, without the quiet ones at the end."""

    seed: int
    kind: str
    nights: tuple[Night, ...]
    server: Mapping[str, Any]


def story_of(seed: int) -> Story:
    """Return the story of a seed."""
    rng = Random(seed)
    kind = KINDS[seed % len(KINDS)]
    server = {
        "repeat": rng.choice(("update", "update", "skip")),
        "vocabulary": rng.choice(("success", "imported", "status")),
        "title_shown": rng.choice(("metadata", "metadata", "asset", "nowhere")),
        "job_ids": rng.choice(("random", "counted")),
        "conflict_names_media": rng.random() < 0.7,
        "record_empty": rng.random() < 0.3,
        "clock_skew": rng.choice((0.0, 0.0, 0.0, 90.0, -90.0, *JUMPS)),
    }
    is_forgetful = rng.random() < 0.15
    if is_forgetful:
        server["job_ids"] = "counted"
    lines = tuple(Line(number) for number in range(1, rng.randint(3, 8)))
    nights: list[Night] = []
    for _ in range(rng.randint(1, 4)):
        night = _night(rng, kind, lines)
        if is_forgetful:
            night = _unfailing(rng, night)
        if nights and _leaves_jobs(nights[-1]) and rng.random() < (0.9 if is_forgetful else 0.3):
            # Its jobs are lost, and others may get their ids.
            restart = (Act("restart"), Act("team", lines=_some(rng, lines)))
            night = replace(night, acts=(*night.acts, *restart), pause=rng.choice((MINUTE, HOUR)))
        nights.append(night)
        lines = _edited(rng, lines)
    return Story(seed, kind, tuple(nights), server)


def _night(rng: Random, kind: str, lines: tuple[Line, ...]) -> Night:
    return Night(
        lines=lines,
        acts=_acts(rng, lines),
        pause=rng.choice((MINUTE, HOUR, DAY, DAY, 8 * DAY)),
        options=_options(rng, lines),
        server=_server(rng),
        has_read_scope=rng.random() < 0.8,
        faults=faults_for(rng, kind, [line.name for line in lines]),
        end=_end(rng),
        jump=(rng.randint(1, 6), rng.choice(JUMPS)) if rng.random() < 0.1 else None,
    )


def _unfailing(rng: Random, night: Night) -> Night:
    """Return a night on which no item can fail; one in two does not wait for its jobs."""
    options = {**night.options, "on_existing": "skip"}
    if rng.random() < 0.5:
        options["no_wait"] = True
    server = {name: value for name, value in night.server.items() if name != "fail_url"}
    acts = tuple(act for act in night.acts if act.name not in HARD_ACTS)
    return replace(night, options=options, server=server, acts=acts, faults=())


def _leaves_jobs(night: Night) -> bool:
    return night.end is not None or "no_wait" in night.options


def _edited(rng: Random, lines: Sequence[Line]) -> tuple[Line, ...]:
    edited = [_changed(rng, line) for line in lines]
    free = max(line.number for line in lines) + 1
    if rng.random() < 0.5:
        edited += [Line(free + n) for n in range(rng.randint(1, 3))]
    if rng.random() < 0.3 and len(edited) > 2:
        edited.pop(rng.randrange(len(edited)))
    if rng.random() < 0.2:
        rng.shuffle(edited)
    if rng.random() < 0.15:
        twin = rng.choice(edited)
        edited.append(rng.choice((twin, replace(twin, title=twin.title + 1))))
    return tuple(edited)


def _changed(rng: Random, line: Line) -> Line:
    match rng.randrange(20):
        case 0 | 1 | 2:
            return replace(line, title=line.title + 1)
        case 3 | 4:
            return replace(line, address=line.address + 1)
        case 5:
            return replace(line, credit=(line.credit or 0) + 1)
        case 6:
            return replace(line, title=0, address=0, credit=None)
        case 7 if rng.random() < 0.4:
            return replace(line, prefix="w")
        case 8 if rng.random() < 0.4:
            return replace(line, is_flawed=not line.is_flawed)
    return line


def _acts(rng: Random, lines: Sequence[Line]) -> tuple[Act, ...]:
    made = []
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        name = rng.choice(
            ("edit", "edit credit", "backup", "restore", "restore", "team", "script", "restart")
            + ("clock", "clock", "squat")
        )
        some = _some(rng, lines)
        foreign = some if name in ("team", "script", "squat") else ()
        number = rng.choice(lines).number if name.startswith("edit") else 0
        seconds = rng.choice((0.0, *JUMPS)) if name == "clock" else 0.0
        made.append(Act(name, number, foreign, seconds))
    return tuple(made)


def _some(rng: Random, lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return lines of other authors for some of the items."""
    return tuple(
        Line(line.number, title=rng.randrange(3), address=rng.randrange(2))
        for line in rng.sample(lines, min(len(lines), rng.randint(1, 4)))
    )


def _options(rng: Random, lines: Sequence[Line]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "batch_size": rng.randint(1, 4),
        "parallel": rng.randint(1, 3),
        "on_existing": rng.choice(("skip", "skip", "skip", "patch", "patch", "fail")),
    }
    if rng.random() < 0.25:
        options["retry_failed"] = True
    if rng.random() < 0.1:
        options["force"] = True
    extra: tuple[tuple[str, Any], ...] = (
        ("limit", rng.randint(0, 3)),
        ("only", (rng.choice(lines).name,)),
        ("no_wait", True),
        ("max_duration", float(rng.choice((0, 3, 30)))),
        ("max_wait", float(rng.choice((5, 60)))),
        ("daily_limit", rng.randint(1, 6)),
    )
    if rng.random() < 0.35:
        name, value = rng.choice(extra)
        options[name] = value
    return options


def _server(rng: Random) -> dict[str, Any]:
    settings: dict[str, Any] = {"job_polls": rng.choice((0, 1, 1, 3))}
    extra: tuple[tuple[str, Any], ...] = (
        ("job_seconds", rng.choice((6.0, 90.0, 4000.0))),
        ("jobs_at_once", 1),
        ("order", "shuffled"),
        ("read_delay", rng.choice((2.0, 30.0))),
        ("lose_job_after", rng.choice((1.0, 60.0, HOUR))),
        ("quota", rng.randint(2, 8)),
        ("repeat", rng.choice(("update", "skip"))),
        ("fail_url", {"/1.": "Could not download"}),
    )
    settings |= dict(rng.sample(extra, rng.choice((0, 0, 1, 2))))
    if "jobs_at_once" in settings:
        settings.setdefault("job_seconds", 6.0)
    return settings


def _end(rng: Random) -> End | None:
    kind = rng.choice((None, None, None, None, "commits", "events", "steps", "stop"))
    if kind is None:
        return None
    return End(kind, rng.randint(0, 20) if kind == "stop" else rng.randint(1, FUSES[kind]))
