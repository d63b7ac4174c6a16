"""Sample files at a source, a bucket for them, and the program that moves them there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.flow.assets_check import PUBLIC_URL, mistakes, name_of, registered
from tests.harness.http_source import HttpSource
from tests.harness.media_files import Expected
from tests.harness.s3_server import REGION, Bucket
from tests.harness.sftp_server import SftpFolder

LIST_KEY = "mediaLibraryEntries"


@dataclass(frozen=True, slots=True)
class Origin:
    """The place of the files of a manifest; `base` is the beginning of their paths or URLs.

    `sources` are entries for the configuration, `flags` those that the program needs.
    """

    base: str
    sources: Mapping[str, Any]
    flags: tuple[str, ...] = ()
    is_quoted: bool = True

    def source_of(self, file: Expected) -> str:
        """Return the path or URL of a file."""
        return f"{self.base}/{quote(file.path) if self.is_quoted else file.path}"


def from_folder() -> Origin:
    """Return files in a folder beside the manifest."""
    return Origin("files", {}, is_quoted=False)


def from_http(source: HttpSource, folder: Path) -> Origin:
    """Return files on an old host."""
    for path in folder.rglob("*"):
        if path.is_file():
            source.serve("/" + quote(path.relative_to(folder).as_posix()), path)
    return Origin(source.url, {}, ("--allow-http", "--allow-private-sources"))


def from_bucket(bucket: Bucket, folder: Path) -> Origin:
    """Return files in another bucket."""
    for path in folder.rglob("*"):
        if path.is_file():
            bucket.put(f"old/{path.relative_to(folder).as_posix()}", path.read_bytes())
    entry = {"url": f"{bucket.url}/old", "endpoint": bucket.endpoint, "region": REGION}
    # Keys are written as they are, as in other programs.
    return Origin(entry["url"], {"old-bucket": entry}, is_quoted=False)


def from_sftp(served: SftpFolder, folder: Path) -> Origin:
    """Return files on an SFTP server."""
    shutil.copytree(folder, served.local, dirs_exist_ok=True)
    base = f"sftp://{served.host}:{served.port}/{served.name}"
    entry = {
        "url": base,
        "user": served.user,
        "keyFile": str(served.key_path),
        "knownHosts": str(served.known_hosts_path),
    }
    return Origin(base, {"old-host": entry}, ("--allow-private-sources",))


@dataclass(frozen=True, slots=True)
class Migration:
    """Files with their facts in `folder`/files, a manifest of them, and a bucket for them."""

    folder: Path
    files: list[Expected]
    origin: Origin
    bucket: Bucket
    system_name: str

    @property
    def files_folder(self) -> Path:
        """The folder of the files, as they were made."""
        return self.folder / "files"

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of the program."""
        return (
            "media-library",
            "manifest.json",
            *dict.fromkeys(("--allow-http", *self.origin.flags)),
        )

    def configure(self, **storage: Any) -> None:
        """Write the configuration; more members of the storage can be given."""
        media = {
            "url": self.bucket.url,
            "endpoint": self.bucket.endpoint,
            "region": REGION,
            "publicUrl": PUBLIC_URL,
            **storage,
        }
        config = {"storages": {"media": media}, "sources": self.origin.sources}
        (self.folder / "ld-import.yaml").write_text(json.dumps(config), encoding="utf-8")

    def write_manifest(self, name: str = "manifest.json") -> None:
        """Write the manifest; JSON is YAML, too."""
        records = [
            {
                "externalId": name_of(number),
                "file": self.origin.source_of(file),
                "metadata": {"title": file.title},
            }
            for number, file in enumerate(self.files)
        ]
        manifest = {"systemName": self.system_name, LIST_KEY: records}
        (self.folder / name).write_text(json.dumps(manifest), encoding="utf-8")

    @property
    def sound_count(self) -> int:
        """The number of files that can be registered."""
        return sum(file.is_sound for file in self.files)

    def mistakes(self, entries: Sequence[Mapping[str, Any]]) -> list[str]:
        """Return all differences between the files and what was registered and stored."""
        return mistakes(self.files, registered(entries, self.bucket))
