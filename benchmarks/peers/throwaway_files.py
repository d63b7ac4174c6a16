"""A throw-away script: Pillow, boto3 and POST in eight threads. No ledger, no checks, no retries.

Films are registered without size and duration, which Pillow cannot read.
"""

from __future__ import annotations

import json
import mimetypes
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped,import-not-found,unused-ignore]
from botocore.config import Config  # type: ignore[import-untyped,import-not-found,unused-ignore]
from PIL import Image

BATCH = 100
THREADS = 8
BUCKET = "benchmark"
PUBLIC_URL = "https://cdn.example/media"


def entry(client: Any, folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    """Upload the file of a record and return its entry."""
    path = folder / record["file"]
    mime_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    asset = {
        "key": path.name,
        "url": f"{PUBLIC_URL}/{path.name}",
        "size": path.stat().st_size,
        "mimeType": mime_type,
    }
    if mime_type.startswith("image/"):
        with Image.open(path) as picture:
            asset["width"], asset["height"] = picture.size
    client.upload_file(str(path), BUCKET, path.name, ExtraArgs={"ContentType": mime_type})
    return {
        "systemName": "archive",
        "externalId": record["slug"],
        "mediaType": mime_type.split("/")[0],
        "asset": asset,
        "metadata": {"title": record["title"]},
    }


def post(server: str, entries: list[dict[str, Any]]) -> int:
    """Register entries; return how many are created."""
    request = urllib.request.Request(  # noqa: S310 - the address of a benchmark
        f"{server}/api/2026-05/import/mediaLibrary",
        json.dumps({"mediaLibraryEntries": entries}).encode(),
        {"Authorization": "Bearer benchmark-token", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the address of a benchmark
        return sum(result["ok"] for result in json.load(answer)["results"])


def main(path: Path, server: str) -> None:
    """Upload and register all records."""
    client = boto3.client("s3", config=Config(max_pool_connections=THREADS))
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    good = 0
    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(records), BATCH):
            batch = records[start : start + BATCH]
            entries = pool.map(lambda record: entry(client, path.parent, record), batch)
            good += post(server, list(entries))
    sys.stdout.write(f"{good}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
