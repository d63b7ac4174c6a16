"""Prepares the request bodies that the limit of `import` posts: 100 items each, one body a line."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import orjson

from benchmarks.limits.build import entry_from

BATCH = 100


def write_bodies(source: Path, target: Path) -> None:
    """Write the bodies of all requests for the records of a JSONL file."""
    with source.open("rb") as lines, target.open("wb") as bodies:
        while videos := [entry_from(orjson.loads(line)) for line in islice(lines, BATCH)]:
            bodies.write(orjson.dumps({"systemName": "archive", "videos": videos}) + b"\n")


if __name__ == "__main__":
    write_bodies(Path(sys.argv[1]), Path(sys.argv[2]))
