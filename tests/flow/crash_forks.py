"""Real processes, forked by a process that has already imported all modules.

Run as a module this is the forking process. It has a single thread, which makes forking safe.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import httpcore
import orjson

from ld_import.emulator import Emulator
from tests.flow.crash_clock import QuickClock
from tests.harness.crashing import Fuse
from tests.harness.program import Program
from tests.harness.records import videos

ROOT = Path(__file__).parents[2]
BROKEN = 70


class Forks:
    """Client of the forking process."""

    def __enter__(self) -> Self:
        """Start it."""
        self._forker = subprocess.Popen(
            [sys.executable, "-m", "tests.flow.crash_forks"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, *raised: object) -> None:
        """End it by closing its standard input."""
        self._forker.communicate()

    def run(self, **task: Any) -> int | None:
        """Run the program in a new process; return its exit code, `None` if it was killed."""
        assert self._forker.stdin is not None
        assert self._forker.stdout is not None
        self._forker.stdin.write(orjson.dumps(task) + b"\n")
        self._forker.stdin.flush()
        status = int(self._forker.stdout.readline())
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return None
        assert os.WEXITSTATUS(status) != BROKEN, "its traceback is on stderr"
        return os.WEXITSTATUS(status)


def _serve() -> None:
    _warm_up()
    gc.collect()
    gc.freeze()
    for line in sys.stdin.buffer:
        child = os.fork()
        if not child:
            _live(orjson.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


def _warm_up() -> None:
    """Import and compile everything that a run needs, by one run in memory."""
    clock = QuickClock()
    emulator = Emulator(now=clock.timestamp)
    with tempfile.TemporaryDirectory() as folder:
        program = Program(Path(folder), emulator, clock)
        program.write(videos(1))
        program.run(steps=Fuse())
    emulator.close()
    # Needed for a real socket only.
    import_module("anyio._backends._asyncio")


def _live(task: dict[str, Any]) -> None:
    """Run the program and exit."""
    try:
        program = Program(
            Path(task["folder"]), None, QuickClock(task["clock_began"]), kind=task["kind"]
        )
        program.url = task["url"]
        program.network = httpcore.AnyIOBackend()
        steps = None if task["at"] is None else Fuse(task["at"], _kill)
        code = program.run(steps=steps, **task["options"]).exit_code
    except BaseException:
        traceback.print_exc()
        code = BROKEN
    # Without the interpreter's shutdown, which would close resources of the parent.
    os._exit(code)


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    _serve()
