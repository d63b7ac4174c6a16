"""Limit of `plan`: parse each line, build its entry by hand and compute the checksum."""

from __future__ import annotations

import sys
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson


def entry_from(record: dict[str, Any]) -> dict[str, Any]:
    """Return the item that the manifest's templates produce."""
    title = record["title"]
    return {
        "id": f"talk-{record['slug']}",
        "url": record["url"],
        "fileName": title,
        "metadata": {"title": title, "credit": ", ".join(record["speakers"])},
    }


if __name__ == "__main__":
    with Path(sys.argv[1]).open("rb") as lines:
        for line in lines:
            entry = entry_from(orjson.loads(line))
            blake2b(orjson.dumps(entry, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
