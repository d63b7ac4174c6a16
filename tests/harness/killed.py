"""Real processes that run the program up to a step and are killed there by SIGKILL."""

from __future__ import annotations

import json
import os
import signal
import traceback
from pathlib import Path
from typing import Any, NoReturn

import httpcore

from tests.harness.crashing import Fuse
from tests.harness.program import Program
from tests.harness.quick_clock import QuickClock
from tests.harness.starter import Starter

CODE = "import sys; from tests.harness.killed import live; live(sys.argv[1])"
BROKEN = 70


def networked(folder: Path, kind: str, url: str, clock: QuickClock) -> Program:
    """Return a program that sends its requests over real sockets to a server at `url`."""
    program = Program(folder, None, clock, kind=kind)
    program.url = url
    program.network = httpcore.AnyIOBackend()
    return program


def run_until_killed(
    starter: Starter, program: Program, at: int, options: dict[str, Any]
) -> int | None:
    """Run a networked program in a new process; return its exit code, `None` if it was killed."""
    task = {
        "folder": str(program.folder),
        "kind": program.kind,
        "url": program.url,
        "clock_began": program.clock.began,
        "at": at,
        "options": options,
    }
    with starter.start([json.dumps(task)], code=CODE) as process:
        code = process.wait()
    assert code != BROKEN, "its traceback is on stderr"
    assert code >= 0 or code == -signal.SIGKILL
    return None if code < 0 else code


def live(text: str) -> NoReturn:
    """Run the program and exit."""
    task = json.loads(text)
    try:
        clock = QuickClock(task["clock_began"])
        program = networked(Path(task["folder"]), task["kind"], task["url"], clock)
        code = program.run(steps=Fuse(task["at"], _kill), **task["options"]).exit_code
    except BaseException:
        traceback.print_exc()
        code = BROKEN
    # Without the interpreter's shutdown, which would close resources of the parent.
    os._exit(code)


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
