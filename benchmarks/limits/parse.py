"""Limit of `rerun`: parse every line of a JSONL file once."""

from __future__ import annotations

import sys
from pathlib import Path

import orjson

if __name__ == "__main__":
    with Path(sys.argv[1]).open("rb") as lines:
        for line in lines:
            orjson.loads(line)
