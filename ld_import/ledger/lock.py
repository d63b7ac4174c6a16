"""One run per ledger: a lock of the operating system, which a dead process cannot hold.

A note beside the lock names the process that holds it. The note has a lock of its own and is read
and written under that lock only: the loser of a race reads the note of the winner, never one of a
dead process.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ld_import.errors import LedgerError, LedgerLocked
from ld_import.ledger.inode_lock import InodeLock, is_locked
from ld_import.ledger.ownership import make_folder
from ld_import.model import RunStart

if TYPE_CHECKING:
    import filelock

PRIVATE = 0o600
LONGEST_NOTE_BYTES = 64 * 1024
NOTE_SECONDS = 10.0
NOT_LOCKABLE = (
    "check that its folder is writable and its disk has free space; a network drive without file"
    " locks cannot hold a ledger: name a file on a local disk with --ledger"
)


@contextmanager
def exclusive(ledger_path: Path, start: RunStart | None = None) -> Iterator[Callable[[], None]]:
    """Hold the ledger for this run; raises LedgerLocked *at once* if another run holds it.

    LedgerLocked names the other process; `start` describes this run to others. The block gets a
    function to call once the ledger file exists: a new file is locked under its hard links, too.
    """
    try:
        lock = _acquired(ledger_path, _note(start))
    except OSError as error:
        raise LedgerError(
            f"the ledger {ledger_path} cannot be locked: {error.strerror or error}",
            hint=NOT_LOCKABLE,
        ) from error
    inode_lock = InodeLock()
    try:
        _lock_inode(inode_lock, ledger_path)
        yield lambda: _lock_inode(inode_lock, ledger_path)
    finally:
        inode_lock.release()
        lock.release()


def holder_of(ledger_path: Path) -> str | None:
    """Return a description of the run that holds an existing ledger, `None` if there is none.

    Only reads: neither a lock nor a file is created. On a system that cannot look at locks without
    taking them, no holder is found.
    """
    file = Path(os.path.realpath(ledger_path))
    if not is_locked(file):
        return None
    try:
        with file.with_name(f"{file.name}.holder").open("rb") as note:
            return note.read(LONGEST_NOTE_BYTES).decode(errors="replace") or "an unknown process"
    except OSError:
        return "an unknown process"


def _lock_inode(lock: InodeLock, ledger_path: Path) -> None:
    if not lock.acquire(Path(os.path.realpath(ledger_path))):
        raise LedgerLocked(
            f"another run holds the ledger {ledger_path} under another name (a hard link)"
        )


def _acquired(ledger_path: Path, text: str) -> filelock.BaseFileLock:
    # Slow to import, and not needed for reading.
    import filelock

    # One ledger has one lock for all symbolic links to it.
    file = Path(os.path.realpath(ledger_path))
    make_folder(file.parent)
    note = file.with_name(f"{file.name}.holder")
    # Another run locks the note no longer than these lines take.
    with _lock(note, NOTE_SECONDS):
        lock = _lock(file.with_name(f"{file.name}.lock"), 0)
        try:
            lock.acquire()
        except filelock.Timeout:
            holder = note.read_bytes()[:LONGEST_NOTE_BYTES].decode(errors="replace")
            raise LedgerLocked(f"another run holds the ledger {ledger_path} ({holder})") from None
        try:
            note.write_bytes(text.encode(errors="replace")[:LONGEST_NOTE_BYTES])
        except BaseException:
            lock.release()
            raise
    return lock


def _lock(path: Path, seconds: float) -> filelock.BaseFileLock:
    import filelock

    # Without file locks filelock would use a file whose existence is the lock. Such a file survives
    # a killed run.
    return filelock.FileLock(
        path, timeout=seconds, mode=PRIVATE, poll_interval=0.005, fallback_to_soft=False
    )


def _note(start: RunStart | None) -> str:
    if start is None:
        # Slow to import, and not needed without a lock.
        import socket

        return f"process {os.getpid()} on {socket.gethostname()}"
    since = f"{start.started_at:%Y-%m-%dT%H:%M:%SZ}"
    return f"process {start.pid} on {start.host} since {since}: {start.command}"
