"""Ownership of a ledger: a private folder for a new one, checks of the owner of a found one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ld_import.errors import LedgerError

PRIVATE_FOLDER = 0o700
ROOT = 0


def make_folder(folder: Path) -> None:
    """Create the folder of a ledger if missing, for its owner only, independently of the umask."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(PRIVATE_FOLDER)
    except FileExistsError:
        return
    # A umask can remove permissions of the owner as well.
    folder.chmod(PRIVATE_FOLDER)


def check_owner(path: Path) -> None:
    """Raise LedgerError if a found ledger, or its folder, belongs to another user.

    Files of root are accepted, and root accepts all files: in a container, root works for the owner
    of the volume. Of a link, both its own owner and the owner of its target are checked.
    """
    user = _user()
    for checked in (path.parent, path):
        for status in _stats(checked):
            if user != ROOT and status.st_uid not in (user, ROOT):
                raise LedgerError(
                    f"{checked} belongs to another user (uid {status.st_uid}), who could decide"
                    " which items are sent",
                    hint=f"if you trust it, name it with --ledger {path}; or become its owner:"
                    f" sudo chown -R {user} {path.parent}",
                )


def permission_warning(path: Path) -> str | None:
    """Return a warning if every user of the machine may change a found ledger."""
    for checked in (path.parent, path):
        for status in _stats(checked):
            is_open = status.st_mode & stat.S_IWOTH and not stat.S_ISLNK(status.st_mode)
            if is_open and _user() is not None:
                return (
                    f"every user can change {checked}, and so decide which items are sent; fix it"
                    " with chmod o-w"
                )
    return None


def _user() -> int | None:
    return os.geteuid() if hasattr(os, "geteuid") else None


def _stats(path: Path) -> list[os.stat_result]:
    """Return the status of a path and of its target, as far as they exist."""
    statuses = []
    for follow in (False, True):
        try:
            statuses.append(path.stat(follow_symlinks=follow))
        except OSError:
            continue
    return statuses
