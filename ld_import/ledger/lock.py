"""One run per ledger: a lock of the operating system, which a dead run cannot hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from ld_import.errors import LedgerError, LedgerLocked


@contextmanager
def held(ledger_path: Path) -> Iterator[None]:
    """Hold the ledger for this run; raises LedgerLocked *at once* when another run holds it."""
    lock_path = ledger_path.with_name(ledger_path.name + ".lock")
    lock = filelock.FileLock(lock_path, timeout=0, mode=0o600)
    try:
        lock_path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout:
        raise LedgerLocked(f"another run holds the ledger {ledger_path}") from None
    except OSError as error:
        raise LedgerError(f"the ledger {ledger_path} cannot be locked: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()
