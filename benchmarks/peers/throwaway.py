"""A throw-away script: reads lines, posts batches of 100 and polls. No ledger, no retries."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

BATCH = 100
PAUSE_SECONDS = 0.1
HEADERS = {"Authorization": "Bearer benchmark-token"}


def videos(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the item of each record."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield {
                "id": f"talk-{record['slug']}",
                "url": record["url"],
                "fileName": record["title"],
                "metadata": {
                    "title": record["title"],
                    "credit": ", ".join(record["speakers"]),
                },
            }


def main(path: Path, server: str) -> None:
    """Import all records, one batch after the other."""
    stream = videos(path)
    good = 0
    with httpx.Client(base_url=f"{server}/api/2026-05", headers=HEADERS) as http:
        while batch := list(islice(stream, BATCH)):
            answer = http.post("/import/videos", json={"systemName": "archive", "videos": batch})
            answer.raise_for_status()
            job_id = answer.json()["id"]
            while True:
                job = http.get("/import/videos/status", params={"id": job_id}).json()
                if job["finished"]:
                    break
                time.sleep(PAUSE_SECONDS)
            good += sum(item["state"] == "success" for item in job["videos"])
    sys.stdout.write(f"{good}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
