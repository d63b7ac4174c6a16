"""Only the program's reader: opens a manifest, iterates over its records and parses each.

Opening already reads the whole file once to report errors early, so this is two passes in total.
"""

from __future__ import annotations

import sys
from pathlib import Path

import orjson

from ld_import.manifest import open_manifest

if __name__ == "__main__":
    for record in open_manifest(Path(sys.argv[1])).records():
        orjson.loads(record.raw)
