"""The S3 server of the works with files, and the settings by which programs reach it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contest import RunFailed
from tests.harness.s3_server import CLIENT, REGION, Bucket, S3Server, launch
from tests.harness.shared import Shared

BUCKET = "benchmark"
PUBLIC_URL = "https://cdn.example/media"


@dataclass(frozen=True, slots=True)
class Storage:
    """A running server with one bucket, which `empty` makes anew."""

    server: S3Server

    @property
    def bucket(self) -> Bucket:
        """The bucket."""
        return Bucket(BUCKET, self.server.endpoint, self.server.filer)

    @property
    def variables(self) -> dict[str, str]:
        """The environment of the program and all peers."""
        credentials = self.bucket.credentials
        return {
            **self.bucket.variables,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "S3_ENDPOINT_URL": self.server.endpoint,
            "RCLONE_CONFIG_MEDIA_TYPE": "s3",
            "RCLONE_CONFIG_MEDIA_PROVIDER": "SeaweedFS",
            "RCLONE_CONFIG_MEDIA_ENDPOINT": self.server.endpoint,
            "RCLONE_CONFIG_MEDIA_ACCESS_KEY_ID": credentials.key,
            "RCLONE_CONFIG_MEDIA_SECRET_ACCESS_KEY": credentials.secret,
            "RCLONE_CONFIG_MEDIA_REGION": REGION,
        }

    def empty(self) -> None:
        """Delete all objects and give their space back."""
        self.server.remove(self.bucket)
        CLIENT.post(f"{self.server.filer}/buckets/{BUCKET}/").raise_for_status()

    def check(self, count: int, byte_count: int) -> None:
        """Raise RunFailed unless the bucket has so many objects and bytes."""
        sizes = [entry["size"] for part in self.bucket.store().list() for entry in part]
        if (len(sizes), sum(sizes)) != (count, byte_count):
            raise RunFailed(
                f"the bucket has {len(sizes):,} objects with {sum(sizes):,} bytes, not {count:,}"
                f" with {byte_count:,}"
            )

    def settings(self) -> dict[str, Any]:
        """Return the entry of `storages:` for the program."""
        return {
            "url": f"s3://{BUCKET}",
            "endpoint": self.server.endpoint,
            "region": REGION,
            "publicUrl": PUBLIC_URL,
        }


@contextmanager
def s3_storage(folder: Path) -> Iterator[Storage]:
    """Run a server that keeps its data in `folder`."""
    shared = Shared(folder, launch)
    try:
        storage = Storage(S3Server(**shared.facts()))
        CLIENT.post(f"{storage.server.filer}/buckets/{BUCKET}/").raise_for_status()
        yield storage
    finally:
        shared.close()
