"""dlt with a custom destination: extracts the records and loads them in requests of 100 items."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
from dlt.sources.helpers import requests

BATCH = 100
PAUSE_SECONDS = 0.1
HEADERS = {"Authorization": "Bearer benchmark-token"}


def main(path: Path, server: str, folder: Path) -> None:
    """Run the pipeline, with its working files in `folder`."""
    base = f"{server}/api/2026-05/import/videos"

    @dlt.resource(name="videos", max_table_nesting=0)
    def videos() -> Iterator[dict[str, Any]]:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)

    @dlt.destination(name="livingdocs", batch_size=BATCH)
    def livingdocs(records: list[dict[str, Any]], table: dict[str, Any]) -> None:
        body = {"systemName": "archive", "videos": [_video(record) for record in records]}
        answer = requests.post(base, json=body, headers=HEADERS)
        answer.raise_for_status()
        query = {"id": answer.json()["id"]}
        while not requests.get(f"{base}/status", params=query, headers=HEADERS).json()["finished"]:
            time.sleep(PAUSE_SECONDS)

    pipeline = dlt.pipeline("bench", destination=livingdocs, pipelines_dir=str(folder))
    pipeline.run(videos()).raise_on_failed_jobs()


def _video(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"talk-{record['slug']}",
        "url": record["url"],
        "fileName": record["title"],
        "metadata": {"title": record["title"], "credit": ", ".join(record["speakers"])},
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
