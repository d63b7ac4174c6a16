"""Whose a ledger is: its folder is private when it is made, and one that is found has an owner."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ld_import.errors import LedgerError

PRIVATE_FOLDER = 0o700
ROOT = 0


def make_folder(folder: Path) -> None:
    """Make the folder of a ledger where it is missing, for its owner only, whatever the umask."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(PRIVATE_FOLDER)
    except FileExistsError:
        return
    # A umask takes bits away from the owner as well.
    folder.chmod(PRIVATE_FOLDER)


def check_owner(path: Path) -> None:
    """Raise LedgerError if a ledger that was not named, or its folder, belongs to another user.

    What belongs to root is accepted, and root accepts everything: in a container it works for the
    owner of the volume. Links count by their own owner as well as by that of what they lead to.
    """
    user = _user()
    for each in (path.parent, path):
        for found in _stats(each):
            if user != ROOT and found.st_uid not in (user, ROOT):
                raise LedgerError(
                    f"{each} belongs to another user (uid {found.st_uid}), who could decide what is"
                    " sent",
                    hint=f"if you trust it, name it with --ledger {path}; or make it yours:"
                    f" sudo chown -R {user} {path.parent}",
                )


def permission_warning(path: Path) -> str | None:
    """Return a warning if any user of the machine may change a ledger that was not named."""
    for each in (path.parent, path):
        for found in _stats(each):
            is_open = found.st_mode & stat.S_IWOTH and not stat.S_ISLNK(found.st_mode)
            if is_open and _user() is not None:
                return f"every user may change {each}, and so decide what is sent: chmod o-w it"
    return None


def _user() -> int | None:
    return os.geteuid() if hasattr(os, "geteuid") else None


def _stats(path: Path) -> list[os.stat_result]:
    """Return what is known of a path and of what it leads to; nothing of what is not there."""
    found = []
    for follow in (False, True):
        try:
            found.append(path.stat(follow_symlinks=follow))
        except OSError:
            continue
    return found
