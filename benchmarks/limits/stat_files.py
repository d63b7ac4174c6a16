"""The least work of a night: the state of each file of a folder, and one parse of each record."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import orjson


def main(records: Path) -> None:
    """Ask for the state of the file of each record."""
    folder = records.parent
    with records.open("rb") as lines:
        for line in lines:
            os.stat(folder / orjson.loads(line)["file"])  # noqa: PTH116 - the limit is a bare call


if __name__ == "__main__":
    main(Path(sys.argv[1]))
