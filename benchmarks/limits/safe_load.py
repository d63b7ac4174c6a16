"""Limit of `yaml`: PyYAML's own C loader on a list of records."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

if __name__ == "__main__":
    with Path(sys.argv[1]).open("rb") as file:
        yaml.load(file, Loader=yaml.CSafeLoader)
