"""A disk in memory for the files of tests: a commit to a real disk waits for it to be written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
# In a container it is often 64 MB.
LEAST_FREE_BYTES = 2**30


def memory_folder() -> Path | None:
    """Return a folder in memory; `None` where there is none, or not enough free space."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < LEAST_FREE_BYTES:
        return None
    return MEMORY
