"""One run per ledger: a lock of the operating system, which a dead run cannot hold.

Beside the lock lies a note of who holds it. It is read and written only by whoever has locked the
note itself, so that what the loser of a race reads was written by the winner, never by a dead run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ld_import.errors import LedgerError, LedgerLocked
from ld_import.ledger.inode_lock import InodeLock
from ld_import.ledger.ownership import make_folder
from ld_import.model import RunStart

if TYPE_CHECKING:
    import filelock

PRIVATE = 0o600
LONGEST_NOTE_BYTES = 64 * 1024
NOTE_SECONDS = 10.0
NOT_LOCKABLE = (
    "see that its folder can be written and its disk has room; a network drive without locks holds"
    " no ledger: name a file on a local disk with --ledger"
)


@contextmanager
def exclusive(ledger_path: Path, start: RunStart | None = None) -> Iterator[Callable[[], None]]:
    """Hold the ledger for this run; raises LedgerLocked *at once* when another run holds it.

    LedgerLocked names the process that does; `start` is what it will say of this run. A file that
    did not exist yet is held under its hard links, too, once it is made and the caller has called
    what it is given.
    """
    try:
        lock = _acquired(ledger_path, _words(start))
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


def _lock_inode(lock: InodeLock, ledger_path: Path) -> None:
    if not lock.acquire(Path(os.path.realpath(ledger_path))):
        raise LedgerLocked(
            f"another run holds the ledger {ledger_path} under another name (a hard link)"
        )


def _acquired(ledger_path: Path, words: str) -> filelock.BaseFileLock:
    # Those who only read never come here, and it is slow to import.
    import filelock

    # One ledger has one lock, whatever links lead to it.
    file = Path(os.path.realpath(ledger_path))
    make_folder(file.parent)
    note = file.with_name(f"{file.name}.holder")
    # Another run has the note for no longer than these lines take.
    with _lock(note, NOTE_SECONDS):
        lock = _lock(file.with_name(f"{file.name}.lock"), 0)
        try:
            lock.acquire()
        except filelock.Timeout:
            holder = note.read_bytes()[:LONGEST_NOTE_BYTES].decode(errors="replace")
            raise LedgerLocked(f"another run holds the ledger {ledger_path} ({holder})") from None
        try:
            note.write_bytes(words.encode(errors="replace")[:LONGEST_NOTE_BYTES])
        except BaseException:
            lock.release()
            raise
    return lock


def _lock(path: Path, seconds: float) -> filelock.BaseFileLock:
    import filelock

    # A file whose mere existence locks, which filelock would make of it where the file system has
    # no locks, outlives a run that was killed.
    return filelock.FileLock(
        path, timeout=seconds, mode=PRIVATE, poll_interval=0.005, fallback_to_soft=False
    )


def _words(start: RunStart | None) -> str:
    if start is None:
        # Whoever holds nothing need not wait for it to load.
        import socket

        return f"process {os.getpid()} on {socket.gethostname()}"
    since = f"{start.started_at:%Y-%m-%dT%H:%M:%SZ}"
    return f"process {start.pid} on {start.host} since {since}: {start.command}"
