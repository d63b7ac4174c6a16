"""The program's reading alone: open a manifest, walk its records, parse each.

Opening walks the whole file once already, so that no error comes later: two passes in all.
"""

from __future__ import annotations

import sys
from pathlib import Path

import orjson

from ld_import.manifest import open_manifest

if __name__ == "__main__":
    for record in open_manifest(Path(sys.argv[1])).records():
        orjson.loads(record.raw)
