"""Limit of `import`: post prepared bodies, two at a time, and request each job once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

PARALLEL = 2
HEADERS = {"Authorization": "Bearer benchmark-token", "Content-Type": "application/json"}


async def post_all(bodies: Iterator[bytes], http: httpx.AsyncClient) -> None:
    """Post bodies until the iterator is exhausted."""
    for body in bodies:
        answer = await http.post("/import/videos", content=body)
        await http.get("/import/videos/status", params={"id": answer.json()["id"]})


async def main(path: Path, server: str) -> None:
    """Post all bodies with PARALLEL workers that share one iterator."""
    with path.open("rb") as bodies:
        async with httpx.AsyncClient(base_url=f"{server}/api/2026-05", headers=HEADERS) as http:
            await asyncio.gather(*(post_all(bodies, http) for _ in range(PARALLEL)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
