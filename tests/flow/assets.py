"""Play the tests of files with 2,000 files, a film of 5 GB, and 100 kills of each kind.

`python -m tests.flow.assets` takes half an hour. More arguments go to pytest, such as `-k sftp`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
NAMES = ("test_assets.py", "test_assets_crash.py")
LARGE = {
    "LD_IMPORT_TEST_FILES": "2000",
    "LD_IMPORT_TEST_LARGE_MB": "5000",
    "LD_IMPORT_TEST_KILLS": "100",
}


def main(arguments: Sequence[str]) -> int:
    """Return the exit code of pytest."""
    for name, number in LARGE.items():
        os.environ.setdefault(name, number)
    paths = [str(FOLDER / name) for name in NAMES]
    return pytest.main([*paths, "-v", "--durations=0", "--durations-min=1", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
