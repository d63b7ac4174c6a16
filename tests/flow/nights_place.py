"""The stage of a story: a server, its clock, our program, and other users of the server."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from ld_import.emulator import Emulator, Settings, Token
from ld_import.emulator.transport import EmulatorTransport
from ld_import.errors import LdImportError, UsageError
from tests.clock import FakeClock
from tests.flow.nights_book import Book
from tests.flow.nights_records import SYSTEM, Line, record_of
from tests.flow.nights_story import Act, Night, Story
from tests.harness.crashing import Crash, Fuse
from tests.harness.program import Ended, Program

WRITE, READ = "public-api:write", "public-api:read"
# Only these lines have these numbers.
STRANGERS = 60
LONGEST_NIGHT_SECONDS = 30 * 86_400.0


class NightClock(FakeClock):
    """The clock of a story; the program's clock is wrong by `offset` seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.offset = 0.0
        self.bedtime = float("inf")

    def now(self) -> Any:
        """Return the time on the program's clock."""
        return self.start + timedelta(seconds=self.elapsed + self.offset)

    def timestamp(self) -> float:
        """Return the true moment as Unix time."""
        began: float = self.start.timestamp()
        return began + self.elapsed

    async def sleep(self, seconds: float) -> None:
        """Return after these seconds of the story; a night without an end is an error."""
        if self.elapsed > self.bedtime:
            raise RuntimeError("the run does not end")
        await super().sleep(seconds)


@dataclass(frozen=True, slots=True)
class Played:
    """End of a night: an outcome, a planted crash, a refusal to start, or an unexpected error."""

    ended: Ended | None = None
    refusal: LdImportError | None = None
    bug: BaseException | None = None

    def __str__(self) -> str:
        """Return the end for a log."""
        if self.bug is not None:
            return f"BUG {type(self.bug).__name__}: {self.bug}"
        if self.refusal is not None:
            return f"refused: {self.refusal}"
        if self.ended is None:
            return "crashed"
        tally = self.ended.tally
        counts = (*tally.left.items(), *tally.outcomes.items())
        shown = ", ".join(f"{count} {name}" for name, count in counts if count)
        why = f" ({self.ended.error})" if self.ended.error else ""
        return f"exit {self.ended.exit_code}: {shown}{why}"


class Place:
    """Server, clock and program of a story, in one directory."""

    def __init__(self, story: Story, folder: Path) -> None:
        self.story = story
        self.clock = NightClock()
        self.emulator = Emulator(now=self.clock.timestamp, sleep=self.clock.sleep)
        self.book = Book(self.emulator)
        self.program = self._program(folder / "ours")
        self._team = self._program(folder / "team")
        self._backup: tuple[Path, int] | None = None
        self._is_restarted = False
        self._folder = folder

    def close(self) -> None:
        """Close the server."""
        self.emulator.close()

    def before(self, night: Night) -> None:
        """Let time pass, and apply the acts between two nights."""
        self.clock.advance(night.pause)
        self.emulator.forget_faults()
        self.be_server({}, has_read_scope=True)
        for act in night.acts:
            self._act(act)
        # A `Date` header has whole seconds, so that closer events cannot be distinguished.
        self.clock.advance(5)

    def play(self, night: Night) -> Played:
        """Run our program for one night."""
        self.be_server(night.server, has_read_scope=night.has_read_scope)
        self.emulator.forget_faults()
        self.emulator.script(*night.faults)
        self.book.on_request = self._jumping(night)
        self.program.write([record_of(self.story.kind, line) for line in night.lines])
        try:
            played = self._run(night, **night.options)
            if isinstance(played.refusal, UsageError):
                played = self._run(night, **night.options, accept_new_ids=True)
            return played
        finally:
            self.book.on_request = lambda: None

    def be_server(self, settings: Any, *, has_read_scope: bool) -> None:
        """Set the server's behaviour for a night."""
        scopes = (WRITE, READ) if has_read_scope else (WRITE,)
        token = {"demo-token": Token(scopes)}
        self.emulator.settings = Settings(tokens=token, **{**self.story.server, **settings})

    def _program(self, folder: Path) -> Program:
        folder.mkdir()
        return Program(folder, self.book, self.clock, kind=self.story.kind)

    def _run(self, night: Night, **options: Any) -> Played:
        self.clock.bedtime = self.clock.elapsed + LONGEST_NIGHT_SECONDS
        if night.end is not None:
            at = night.end.at
            stop = night.end.fuse == "stop"
            options |= {"stop_after": at} if stop else {night.end.fuse: Fuse(at)}
        try:
            return Played(self.program.run(**options))
        except Crash:
            return Played()
        except LdImportError as error:
            return Played(refusal=error)
        except Exception as error:
            return Played(bug=error)

    def _jumping(self, night: Night) -> Any:
        left = [night.jump[0]] if night.jump else []

        def count() -> None:
            if left and night.jump:
                left[0] -= 1
                if not left[0]:
                    self.clock.offset += night.jump[1]

        return count

    def _act(self, act: Act) -> None:
        match act.name:
            case "edit" | "edit credit":
                self._edit(act)
            case "backup":
                self._back_up()
            case "restore":
                self._restore()
            case "team":
                self._as_team(self._foreign(act.lines))
            case "script":
                asyncio.run(self._post(self._foreign(act.lines)))
            case "squat":
                squatting = [replace(line, number=4, prefix="x") for line in act.lines[:1]]
                asyncio.run(self._post(squatting))
            case "restart":
                self.emulator.restart()
                self._is_restarted = True
            case _:
                self.clock.offset = act.seconds

    def _foreign(self, lines: Sequence[Line]) -> list[Line]:
        # A later job under our id cannot be recognized if it has the same items.
        shift = STRANGERS if self._is_restarted else 0
        return [replace(line, number=line.number + shift) for line in lines]

    def _edit(self, act: Act) -> None:
        name = f"v{act.number}"
        for entry in self.emulator.entries():
            if entry["externalId"] == name:
                field = "title" if act.name == "edit" else "credit"
                self.emulator.edit(entry["id"], **{field: "Edited"})

    def _back_up(self) -> None:
        ledger = self.program.ledger_path.parent
        if ledger.exists():
            copy = self._folder / "backup"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(ledger, copy)
            self._backup = (copy, len(self.book.arrivals))

    def _restore(self) -> None:
        if self._backup is not None:
            copy, arrival_count = self._backup
            ledger = self.program.ledger_path.parent
            shutil.rmtree(ledger)
            shutil.copytree(copy, ledger)
            self.book.forget(arrival_count)

    def _as_team(self, lines: Sequence[Line]) -> None:
        self.book.author = "team"
        try:
            self._team.write([record_of(self.story.kind, line) for line in lines])
            self._team.run(force=True)
        finally:
            self.book.author = "ours"

    async def _post(self, lines: Sequence[Line]) -> None:
        kind = self.story.kind
        items = [record_of(kind, line) for line in lines]
        path, body = kind, dict[str, Any](systemName=SYSTEM, **{kind: items})
        if kind == "media-library":
            members = [{"systemName": SYSTEM, **item} for item in items]
            path, body = "mediaLibrary", {"mediaLibraryEntries": members}
        self.book.author = "script"
        async with httpx.AsyncClient(
            transport=EmulatorTransport(self.book),  # type: ignore[arg-type]
            base_url="https://server.example",
            headers={"Authorization": "Bearer demo-token"},
        ) as client:
            answer = await client.post(f"/api/2026-05/import/{path}", json=body)
        assert answer.status_code == 200, answer.text
        self.book.author = "ours"
        self.clock.advance(10)
        await self.emulator.tick()


def quiet(night: Night, **changes: Any) -> Night:
    """Return the same manifest on a night without any trouble, a day later."""
    calm = Night(lines=night.lines, options={"batch_size": 3, "retry_failed": True})
    return replace(calm, **changes)
