"""The folder of a ledger: private when it is made here."""

from __future__ import annotations

from pathlib import Path

PRIVATE_FOLDER = 0o700


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
