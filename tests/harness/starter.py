"""Starts programs as processes, forked by a process that has already imported all modules.

A start of Python with these imports takes half a second of CPU time, a fork a few milliseconds.
Run as a module this is the forking process: it has a single thread, which makes forking safe.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Self

from ld_import.cli.demo.shell import without_settings

ROOT = Path(__file__).parents[2]
COMMAND = "from ld_import.__main__ import run\nrun()\n"
LARGEST_MESSAGE_BYTES = 1 << 17
# Used by commands, but imported only when they are needed.
MODULES = (
    "anyio._backends._asyncio",
    "ld_import.cli.commands.imports",
    "ld_import.cli.commands.videos",
    "ld_import.cli.config.listen",
    "ld_import.cli.output.findings",
    "ld_import.cli.output.progress",
    "ld_import.cli.output.reason_lines",
    "ld_import.cli.output.warning_causes",
    "ld_import.cli.commands.emulator",
    "ld_import.emulator.serve",
    "ld_import.importer.opened_ledger",
    "ld_import.importer.worker",
    "ld_import.ledger.quick_look",
    "ld_import.manifest.formats.json",
    "ld_import.manifest.missing_fields",
    "ld_import.reasons.groups",
    "ld_import.validation.groups",
    "rich.progress",
    "tests.harness.killed",
)


class Started:
    """A running program, with the interface of `subprocess.Popen` as far as tests use it."""

    def __init__(self, pid: int, status: BinaryIO, pipes: dict[str, BinaryIO]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdin = pipes.get("stdin")
        self.stdout = pipes.get("stdout")
        self.stderr = pipes.get("stderr")
        self._status = status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if raised[0] is not None:
            # No one else ends it: a failed test would wait for it without end.
            self.kill()
        for pipe in (self.stdin, self.stdout, self.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self.wait()

    def poll(self) -> int | None:
        """Return the exit code, `None` while the program runs."""
        if self.returncode is None and select.select([self._status], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, negative for a signal. Raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("ld-import", timeout or 0)
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            # It can end in between: the forking process is its parent, not this one.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(
        self, text: bytes | None = None, timeout: float | None = None
    ) -> tuple[bytes, bytes]:
        """Write to standard input, and return all output once the program has ended.

        Raises TimeoutExpired if it still runs after its streams are closed and a further `timeout`.
        """
        read: dict[str, bytes] = {"stdout": b"", "stderr": b""}

        def read_all(name: str, pipe: BinaryIO) -> None:
            with pipe:
                read[name] = pipe.read()

        readers = [
            threading.Thread(target=read_all, args=(name, pipe))
            for name in read
            if (pipe := getattr(self, name)) is not None and not pipe.closed
        ]
        for reader in readers:
            reader.start()
        if self.stdin is not None and not self.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self.stdin.write(text or b"")
                self.stdin.close()
        for reader in readers:
            reader.join(timeout)
        self.wait(timeout)
        return read["stdout"], read["stderr"]


class Starter:
    """Client of the forking process, which starts with the first program."""

    def __init__(self) -> None:
        self._forker: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def start(
        self,
        arguments: list[str],
        *,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        code: str = COMMAND,
        **options: Any,
    ) -> Started:
        """Run Python code with these arguments in a new process.

        `stdin`, `stdout`, `stderr`, `pipesize` and `start_new_session` are as for `Popen`; streams
        that are not named are inherited.
        """
        message = {
            "code": code,
            "arguments": arguments,
            "cwd": str(cwd or Path.cwd()),
            "env": dict(os.environ if env is None else env),
            "is_session": options.pop("start_new_session", False),
        }
        pipes, theirs, closing = _opened(**options)
        status_read, status_write = os.pipe()
        data = json.dumps(message).encode()
        assert len(data) < LARGEST_MESSAGE_BYTES
        channel = self._running()
        socket.send_fds(channel, [data], [*theirs, status_write])
        for number in (*closing, status_write):
            os.close(number)
        status = os.fdopen(status_read, "rb")
        return Started(int(status.readline()), status, pipes)

    def _running(self) -> socket.socket:
        if self._socket is None:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            for end in (ours, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * LARGEST_MESSAGE_BYTES)
            self._forker = subprocess.Popen(
                [sys.executable, "-m", "tests.harness.starter", str(theirs.fileno())],
                cwd=ROOT,
                # The test that starts the first program may have set variables for its program.
                env=without_settings(os.environ),
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
            theirs.close()
            self._socket = ours
        return self._socket

    def close(self) -> None:
        """End the forking process."""
        if self._socket is not None and self._forker is not None:
            self._socket.close()
            self._forker.wait()


def _opened(
    pipesize: int | None = None, **streams: Any
) -> tuple[dict[str, BinaryIO], list[int], list[int]]:
    """Return our ends of pipes, the three descriptors of the program, and those to close here."""
    pipes: dict[str, BinaryIO] = {}
    theirs, closing = [], []
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = streams.get(name)
        if stream == subprocess.PIPE:
            read, write = os.pipe()
            if pipesize is not None:
                fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, pipesize)
            our, their = (write, read) if name == "stdin" else (read, write)
            pipes[name] = os.fdopen(our, "wb" if name == "stdin" else "rb")
            closing.append(their)
        elif stream == subprocess.DEVNULL:
            their = os.open(os.devnull, os.O_RDWR)
            closing.append(their)
        elif stream is None:
            their = number
        else:
            their = stream if isinstance(stream, int) else stream.fileno()
        theirs.append(their)
    return pipes, theirs, closing


def _serve(channel: socket.socket) -> dict[str, Any] | None:
    """Fork for each message; return the message in the child, `None` at the end."""
    running: dict[int, tuple[int, int]] = {}
    while True:
        for ready in select.select([channel.fileno(), *running], [], [])[0]:
            if ready in running:
                pid, status = running.pop(ready)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                with contextlib.suppress(BrokenPipeError):
                    os.write(status, b"%d\n" % code)
                os.close(status)
                os.close(ready)
                continue
            data, received, _, _ = socket.recv_fds(channel, LARGEST_MESSAGE_BYTES, 4)
            if not data:
                return None
            pid = os.fork()
            if not pid:
                _become(received, [*running, *(status for _, status in running.values())])
                channel.close()
                found: dict[str, Any] = json.loads(data)
                return found
            for number in received[:3]:
                os.close(number)
            os.write(received[3], b"%d\n" % pid)
            running[os.pidfd_open(pid)] = (pid, received[3])


def _become(received: list[int], others: list[int]) -> None:
    """Take over the three streams; nothing of the forking process stays open."""
    for number, given in enumerate(received[:3]):
        os.dup2(given, number)
    for number in (*received, *others):
        os.close(number)


def _open_streams() -> None:
    """Open the standard streams as Python does at its start."""
    is_unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        mode = "wb" if number else "rb"
        buffering = 0 if number and is_unbuffered else -1
        stream = io.TextIOWrapper(
            open(number, mode, buffering, closefd=False),  # noqa: SIM115 - open until the end
            encoding="utf-8",
            errors="backslashreplace" if name == "stderr" else "strict",
            line_buffering=name == "stderr" or os.isatty(number),
            write_through=is_unbuffered,
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _warm_up() -> None:
    """Import and compile everything that a run needs, by a run in memory and a dry run."""
    from ld_import.cli.app import main
    from ld_import.emulator import Emulator
    from tests.clock import FakeClock
    from tests.harness.crashing import Fuse
    from tests.harness.program import Program
    from tests.harness.records import videos

    for name in MODULES:
        import_module(name)
    clock = FakeClock()
    emulator = Emulator(now=clock.timestamp, sleep=clock.sleep)
    with tempfile.TemporaryDirectory() as folder:
        program = Program(Path(folder), emulator, clock)
        program.write(videos(1))
        program.run(steps=Fuse())
        plan = ["videos", str(program.manifest), "--server", program.url, "--dry-run", "-q"]
        assert main(plan) == 0
    emulator.close()


def _leave(codes: list[Any]) -> None:
    """End without the destruction of all modules, which takes seven times as long as a fork.

    Threads have ended and all other exit functions have run. Python's own end follows, and
    reports, where the program raised an exception or the streams cannot be flushed.
    """
    if not codes or not isinstance(codes[0], int | None):
        return
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            return
    os._exit((codes[0] or 0) & 0xFF)


def main() -> None:
    """Serve; the return in a child leads to the end of a normal program."""
    codes: list[Any] = []
    # The first to be registered is the last to be called.
    atexit.register(_leave, codes)
    channel = socket.socket(fileno=int(sys.argv[1]))
    _warm_up()
    gc.collect()
    gc.freeze()
    message = _serve(channel)
    if message is None:
        return
    if message["is_session"]:
        os.setsid()
    os.chdir(message["cwd"])
    os.environ.clear()
    os.environ.update(message["env"])
    # Computed from the environment at its first use.
    tempfile.tempdir = None
    _open_streams()
    sys.argv = ["ld-import", *message["arguments"]]
    try:
        exec(compile(message["code"], "<started>", "exec"), {"__name__": "__main__"})  # noqa: S102
        codes.append(0)
    except SystemExit as ended:
        codes.append(ended.code)
        raise


if __name__ == "__main__":
    main()
