"""Reference for reading CSV: `csv.DictReader` and orjson, each row once as a dict and as JSON."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import orjson

if __name__ == "__main__":
    with Path(sys.argv[1]).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            orjson.dumps(row)
