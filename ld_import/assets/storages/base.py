"""The contract of all storages, and the values that they take and return."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ld_import.assets.base import KeyTaken


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The bytes of an object, and what the storage must know about them.

    - `open_pieces` is called again for each attempt, and yields all bytes in order.
    - `size` is in bytes, `None` if unknown; it only chooses the size of parts.
    - `owner` is a short ASCII text for the item, the same in each run. A bucket keeps it with the
      object, so that no object of another item is replaced. Empty for an object of no item.
    """

    open_pieces: Callable[[], Iterator[bytes]]
    mime_type: str
    size: int | None = None
    owner: str = ""


class Stored(NamedTuple):
    """An object of a storage, and the content that it must have.

    - `sha256`: of the bytes that were read from the source.
    - `etag`: as the storage states it, without quotes; `None` if it states none.
    - `expected_etag`: computed from the bytes; most storages state the same.
    - `sent_bytes`: 0 if the storage already had this content under this key.
    - `is_own`: the object was written by this call.
    - `warnings`: sentences for the user.
    """

    size: int
    sha256: bytes
    etag: str | None
    expected_etag: str
    sent_bytes: int
    is_own: bool
    warnings: tuple[str, ...] = ()

    @property
    def is_confirmed(self) -> bool:
        """Whether the answer to a put had the digest of all bytes, which the storage computed.

        The ETag of an object of parts is a digest of digests; its size is worth a request.
        """
        is_whole = "-" not in self.expected_etag
        return self.is_own and is_whole and self.etag == self.expected_etag


class ObjectState(NamedTuple):
    """The statements of a storage about an object; `owner` is the one of its body."""

    size: int
    etag: str | None
    mime_type: str | None
    owner: str = ""


class RetryLimits(NamedTuple):
    """The limits of retries for a storage that does not answer, or damages bytes.

    - `attempts`: for a whole file, with new bytes from its source.
    - `request_retries`: for each request of an attempt.
    - `first_wait`: seconds before the second attempt; each further wait is twice as long.
    """

    attempts: int = 3
    request_retries: int = 10
    first_wait: float = 2.0


class Storage(Protocol):
    """A place for objects. Keys have no prefix; the storage adds its own.

    Each method raises StorageRefused if the credentials are not accepted, StorageUnavailable if the
    storage does not answer after all retries, and UsageError if there is no such bucket or folder.
    Every method may be called by several threads.
    """

    def check(self) -> None:
        """Return if the storage exists and accepts the credentials for reading.

        Permission to write is not proved, since a proof would leave an object for a moment.
        """
        ...

    def put(self, key: str, body: Body, *, may_replace: bool = False) -> Stored:
        """Store an object, unless the storage has the same content under this key.

        Raises FileProblem if it has another content there, and the errors of `body.open_pieces`;
        then no object appears. With `may_replace`, another content of the same owner is replaced.
        Safe to repeat.
        """
        ...

    def verify(self, key: str, stored: Stored, how: str) -> bool:
        """Return whether the storage has the object as it must be; `how` is one of `VERIFY`."""
        ...

    def head(self, key: str) -> ObjectState | None:
        """Return what the storage states about an object, `None` if it has none."""
        ...

    def read(self, key: str) -> Iterator[bytes]:
        """Yield the bytes of an object; raises FileProblem if there is none."""
        ...


def other_object(name: str, key: str) -> KeyTaken:
    """Return the problem of an object with another content under the key."""
    return KeyTaken(
        f"the storage `{name}` already has another object under the key `{key}`; nothing is"
        " overwritten: delete that object if no entry uses it"
    )
