"""Putting a finished file in the place of an older one, for those who read it at any time."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

# Whoever reads such a file, a collector for instance, does so as another user.
READABLE = 0o644


def replace_file(path: Path, content: bytes) -> None:
    """Write a file such that a reader finds either what was there before or the new one, whole.

    Raises OSError, and nothing has changed then.
    """
    with NamedTemporaryFile(dir=path.parent, prefix=".ld-import-", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            Path(file.name).chmod(READABLE)
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
