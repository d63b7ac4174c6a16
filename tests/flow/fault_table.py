"""Plays every fault and the run after it; each is a row of the documented table."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ld_import.emulator import Emulator, Settings
from ld_import.errors import LdImportError
from tests.clock import FakeClock
from tests.flow.faults import CASES, Case
from tests.harness.program import Ended, Program
from tests.harness.records import video

HEAD = ("fault", "the server", "the run says", "exit", "the next run")
LONGEST_WORDS = 150


def row_of(case: Case, folder: Path) -> tuple[str, ...]:
    """Play a fault, and check that the run after it completes the work."""
    clock = FakeClock()
    settings = Settings(**{"job_polls": 0, **case.settings})
    with closing(Emulator(settings, now=clock.timestamp, sleep=clock.sleep)) as emulator:
        program = Program(folder, emulator, clock, kind=case.kind)
        records = records_of(case)
        program.write(records)
        case.prepare(program)
        emulator.script(*case.faults)
        code, said = told(program, lambda: case.run(program, case.options))
        assert not any(one.times == 1 for one in emulator.unused_faults), case.name
        emulator.recover()
        case.fix(program)
        next_code, then = told(program, lambda: program.run(parallel=1, **case.next_options))
        assert next_code == 0, (case.name, then)
        check_all_arrived(program, [one.get("id") or one["externalId"] for one in records])
    how = " (`--retry-failed`)" if case.next_options else ""
    return (case.name, case.did, said, "-" if code is None else str(code), then + how)


def check_all_arrived(program: Program, names: Sequence[str]) -> None:
    """Check that every item is settled in the ledger and exists once on the server."""
    states = program.states()
    assert set(states) == set(names)
    assert set(states.values()) <= {"success", "skipped"}
    entries = program.emulator.entries()
    assert sorted(one["externalId"] for one in entries) == sorted(names)
    assert {one["created"] for one in entries} == {1}
    assert program.open_jobs() == []


def told(program: Program, run: Callable[[], Ended | None]) -> tuple[int | None, str]:
    """Run, and return the exit code and the last message."""
    before = program.emulator.requests.copy()
    try:
        ended = run()
    except LdImportError as error:
        return error.exit_code, _short(str(error), program)
    if ended is None:
        return None, "nothing any more"
    if ended.error is not None:
        return ended.exit_code, _short(str(ended.error), program)
    asked = program.emulator.requests - before
    posts = sum(count for name, count in asked.items() if name.startswith("POST"))
    return ended.exit_code, f"{_counts(ended)}; {posts} request{'s' * (posts != 1)} to import"


def _counts(ended: Ended) -> str:
    words = {"failedBefore": "failed before"}
    parts = [f"{count} {state}" for state, count in ended.tally.outcomes.items() if count]
    parts += [
        f"{count} {words.get(why.value, why.value)}"
        for why, count in ended.tally.left.items()
        if count
    ]
    parts += [f"{ended.tally.not_sent} not sent"] * bool(ended.tally.not_sent)
    return ", ".join(parts)


def _short(sentence: str, program: Program) -> str:
    plain = sentence.replace(f"{program.folder}/", "").replace(program.url, "")
    plain = plain.replace("/api/2026-05/", "").replace("|", "/")
    plain = plain.replace("scripted: ", "")
    # The message of a resolver depends on the system.
    plain = re.sub(r" \((Name|Temporary|nodename|No address)[^)]*\)", "", plain)
    # The job id is random.
    plain = re.sub(r"\bjob [a-z0-9]{7}\b", "job 25bzj8j", plain)
    # The process id differs from run to run.
    plain = re.sub(r"process \d+ on [^):,]+", "process 4711 on host", plain)
    return plain if len(plain) <= LONGEST_WORDS else f"{plain[: LONGEST_WORDS - 1]}…"


def records_of(case: Case) -> list[dict[str, Any]]:
    """Return the manifest of a case."""
    numbers = range(1, case.records + 1)
    if case.kind == "videos":
        return [video(number) for number in numbers]
    asset = {"size": 1, "width": 1, "height": 1, "filename": "a.jpg", "mimeType": "image/jpeg"}
    return [
        {
            "externalId": f"v{number}",
            "mediaType": "image",
            "asset": {**asset, "key": f"{number}.jpg", "url": f"https://x.example/{number}.jpg"},
        }
        for number in numbers
    ]


def line_of(row: Sequence[str]) -> str:
    """Return a row as Markdown."""
    return f"| {' | '.join(row)} |"


def table() -> str:
    """Play all faults and return the table."""
    lines = [line_of(HEAD), line_of(["---"] * len(HEAD))]
    for case in CASES:
        with TemporaryDirectory() as folder:
            lines.append(line_of(row_of(case, Path(folder))))
    return "\n".join(lines)
