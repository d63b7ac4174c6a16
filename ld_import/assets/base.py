"""The values of this package: settings of sources and storages, a task for one file, its result.

All of them can be pickled: a task may run in another process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from ld_import.model import StoredFile

MEDIA = ("image", "video", "file")
CHECKSUMS = ("crc64nvme", "sha256", "none")
VERIFY = ("etag", "get", "none")
# In place of the suffix in a key that is rendered before the content of the file is known.
SUFFIX = "\ue000"


class FileProblem(Exception):
    """A file cannot be prepared; its item fails. The text is one sentence for the user."""


class KeyTaken(FileProblem):
    """Another object is under the key of a file; it is not replaced."""


class SourceChanged(FileProblem):
    """The file changed at its source while it was read."""


class Stopped(Exception):
    """The run is to stop; the transfer leaves no object."""


class SourceState(NamedTuple):
    """The state of a source, known without reading its bytes.

    `identity` is a text that changes with the content: size and modification time of a local file,
    ETag or Last-Modified of a remote one. It is empty if the source states nothing. `size` is in
    bytes, `None` if unknown.
    """

    identity: str
    size: int | None


class Source(Protocol):
    """One file at its source. Each method raises `FileProblem` if the file cannot be read.

    Errors that concern all files of a host or storage, such as refused credentials, are of
    `ld_import.errors`.
    """

    @property
    def state(self) -> SourceState:
        """The state when it was opened."""
        ...

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes from `start` on, fewer than `length` at the end of the file."""
        ...

    def stream(self) -> Iterator[bytes]:
        """Yield all bytes in order, in pieces of at most 1 MB; continues after a lost connection.

        Raises SourceChanged if the file changed since it was opened, and FileProblem if fewer or
        more bytes arrive than the source stated.
        """
        ...

    def close(self) -> None:
        """Release the connection."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """An entry of `sources:` in the configuration: how files below `url` are reached.

    Secrets are in files, or in the environment; each `…_file` is a path.
    """

    name: str
    url: str
    user: str | None = None
    password_file: Path | None = None
    key_file: Path | None = None
    known_hosts: Path | None = None
    token_file: Path | None = None
    max_connections: int | None = None
    endpoint: str | None = None
    region: str | None = None
    access_key_file: Path | None = None
    secret_key_file: Path | None = None
    service_account_file: Path | None = None
    allow_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRules:
    """The files that a manifest may name, and the ways to reach them.

    Relative paths begin at `folder`, and stay inside it unless `allow_outside`. `allow_private`
    permits https hosts with private addresses, `allow_http` hosts without TLS.
    """

    folder: Path
    allow_outside: bool = False
    allow_private: bool = False
    allow_http: bool = False
    sources: tuple[SourceSettings, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSettings:
    """An entry of `storages:` in the configuration: a bucket, and the form of keys and URLs.

    - `url`: `s3://`, `gs://` or `az://` with bucket and prefix, or `file:` with a folder.
    - `public_url`: the address of bucket and prefix that the CMS and browsers use.
    - `key`: template of the key, without the prefix.
    - `key_with_prefix`: whether `asset.key` begins with the prefix.
    - `checksum`: sent with each put, so that the storage refuses damaged bytes.
    - `part_size`: bytes of one part of a large file.
    """

    name: str
    url: str
    public_url: str
    key: str
    endpoint: str | None = None
    region: str | None = None
    key_with_prefix: bool = False
    checksum: str = CHECKSUMS[0]
    part_size: int = 8 * 1024 * 1024
    access_key_file: Path | None = None
    secret_key_file: Path | None = None
    service_account_file: Path | None = None
    allow_http: bool = False


class Given(NamedTuple):
    """The statements of a record about its file; they win over probed values.

    `size` and `sha256` must be those of the file, or the item fails.
    """

    media_type: str | None = None
    mime_type: str | None = None
    file_name: str | None = None
    size: int | None = None
    sha256: str | None = None
    width: float | None = None
    height: float | None = None
    duration: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTask:
    """The work for one file: open it at its source, probe, store and verify it.

    - `storages`: the storage of each of `MEDIA`.
    - `keys`: the key in each storage, by name of the storage, with `SUFFIX` in place of the suffix.
    - `version`: number of the content, for the result; `size`: bytes that the source stated.
    - `stored`: the content of the item that was stored last, if any. The same content is not stored
      again, and has its old key.
    - `is_begun`: an earlier run may have stored this content, or another one, under this key.
    - `owner`: the same short text for the item in each run; no object of another owner is replaced.
    - `verify`: how the stored object is compared with the sent bytes.
    """

    source: str
    rules: SourceRules
    storages: Mapping[str, StorageSettings]
    keys: Mapping[str, str]
    given: Given = Given()
    version: int = 1
    size: int | None = None
    stored: StoredFile | None = None
    is_begun: bool = False
    owner: str = ""
    verify: str = VERIFY[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A file that is stored and verified.

    `is_same`: it has the content of `FileTask.stored`, and nothing was sent. `sent_bytes` were
    sent. `warnings` are sentences about limits of the CMS.
    """

    identity: str
    file: StoredFile
    media: str
    is_same: bool = False
    sent_bytes: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotPrepared:
    """A file that cannot be stored, and why; its item fails.

    `is_taken`: another object is under its key.
    """

    reason: str
    identity: str = ""
    is_taken: bool = False


FileResult = Prepared | NotPrepared


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetSettings:
    """Settings for the files of a manifest.

    - `storages`: by the name in the configuration.
    - `storage`: the name for each of `MEDIA`, from the header of the manifest.
    - `transfers`: files in flight.
    - `workers`: address of a Dask scheduler, `None` for threads.
    - `reprobe`: read files again whose source is unchanged.
    - `bytes_per_second`: limit of the bandwidth of all transfers; `None` without one.
    """

    rules: SourceRules
    storages: Mapping[str, StorageSettings] = field(default_factory=dict)
    storage: Mapping[str, str] = field(default_factory=dict)
    transfers: int = 8
    workers: str | None = None
    verify: str = VERIFY[0]
    reprobe: bool = False
    bytes_per_second: float | None = None
