"""The requests to a bucket, with the prefix in each name and errors of this program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ld_import.assets.base import StorageSettings
from ld_import.assets.key import object_name
from ld_import.assets.storages.base import Body, ObjectState
from ld_import.assets.storages.meaning import no_bucket, translated
from ld_import.assets.storages.opening import open_bucket
from ld_import.assets.storages.pieces import Guarded, sha256_of

if TYPE_CHECKING:
    from obstore import Attributes, GetResult

# A list below this name is empty in every bucket.
PROBE = "ld-import-check"
# Metadata of objects; Azure allows letters only.
OWNER = "ldimport"
PIECE = 1024 * 1024


class Exists(Exception):
    """The storage has an object under the name, and nothing was replaced."""


class Objects:
    """A bucket. Its methods raise Again if another attempt may succeed."""

    def __init__(self, settings: StorageSettings, *, retries: int) -> None:
        """Open the bucket; each request is retried this often. No request is sent."""
        self._settings = settings
        self._bucket = urlsplit(settings.url).netloc
        self._store = open_bucket(settings, retries=retries)

    def list_nothing(self) -> None:
        """Return if the bucket exists and may be listed."""
        import obstore

        with self._translated():
            for _ in obstore.list(self._store, object_name(self._settings, PROBE)):
                return

    def head(self, key: str) -> ObjectState | None:
        """Return what the bucket states about an object, `None` if it has none."""
        try:
            found = self._get(key, is_head=True)
        except FileNotFoundError:
            return None
        etag = found.meta["e_tag"]
        attributes = found.attributes
        return ObjectState(
            found.meta["size"],
            etag and etag.strip('"'),
            attributes.get("Content-Type"),
            attributes.get(OWNER, ""),
        )

    def read(self, key: str) -> Iterator[bytes]:
        """Yield the bytes of an object; continues after a lost connection.

        Raises FileNotFoundError.
        """
        found = self._get(key, is_head=False)
        with self._translated():
            for piece in found.stream(min_chunk_size=PIECE):
                yield bytes(piece)

    def has_content(self, key: str, sha256: bytes) -> bool:
        """Read an object back and return whether it has the bytes with this digest."""
        try:
            return sha256_of(self.read(key)) == sha256
        except FileNotFoundError:
            return False

    def create(self, key: str, content: list[bytes], body: Body) -> str | None:
        """Put an object of these pieces and return its ETag.

        Raises Exists if there is one, and ConditionsUnknown if the server cannot put so.
        """
        from obstore.exceptions import AlreadyExistsError

        try:
            return self._put(key, _joined(content), body, mode="create", use_multipart=False)
        except AlreadyExistsError as error:
            raise Exists from error

    def replace(self, key: str, content: list[bytes], body: Body) -> str | None:
        """Put an object in place of any other, and return its ETag."""
        return self._put(key, _joined(content), body, use_multipart=False)

    def replace_by_parts(
        self, key: str, pieces: Iterator[bytes], body: Body, *, part_size: int, parallel: int
    ) -> str | None:
        """Put a large object in place of any other, and return its ETag.

        Memory is at most `parallel` + 1 parts. An error of `pieces` is raised as it is, and no
        object appears.
        """
        guarded = Guarded(pieces)
        try:
            return self._put(
                key,
                guarded.pieces(),
                body,
                use_multipart=True,
                chunk_size=part_size,
                max_concurrency=parallel,
            )
        except Exception:
            if guarded.error is not None:
                raise guarded.error from None
            raise

    def _put(self, key: str, content: Any, body: Body, **options: Any) -> str | None:
        import obstore

        attributes: Attributes = {"Content-Type": body.mime_type}
        if body.owner:
            attributes[OWNER] = body.owner
        name = object_name(self._settings, key)
        try:
            with self._translated():
                put = obstore.put(self._store, name, content, attributes=attributes, **options)
        except FileNotFoundError as error:
            raise no_bucket(self._settings.name, self._bucket) from error
        etag = put["e_tag"]
        return etag and etag.strip('"')

    def _get(self, key: str, *, is_head: bool) -> GetResult:
        import obstore

        with self._translated():
            name = object_name(self._settings, key)
            return obstore.get(self._store, name, options={"head": is_head})

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with translated(self._settings.name, self._bucket):
            yield


def _joined(content: list[bytes]) -> bytes | list[bytes]:
    # The library sends a list as it is; joining it would need twice the memory.
    return content if len(content) > 1 else b"".join(content)
