"""One attempt to put a file into a bucket, without replacing an object of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from threading import Lock

from ld_import.assets.base import StorageSettings
from ld_import.assets.storages.base import Body, ObjectState, Stored, other_object
from ld_import.assets.storages.digests import MEGABYTE, Digests, part_size_for
from ld_import.assets.storages.meaning import ConditionsUnknown
from ld_import.assets.storages.objects import Exists, Objects
from ld_import.assets.storages.parts import PartsInFlight
from ld_import.assets.storages.pieces import close, emptying, first_part

# An object up to this size may be sent twice, to prove that the storage honours conditions.
MOST_PROOF = 8 * MEGABYTE
# Browsers download an object without a type, as they do with this one.
UNKNOWN_TYPE = "application/octet-stream"


@dataclass
class Bucket:
    """A bucket, and what the puts of this process found out about it.

    `has_conditions`: whether the storage refuses to replace an object on request. Some ignore the
    request, and replace it.
    """

    settings: StorageSettings
    objects: Objects
    parts: PartsInFlight = field(default_factory=PartsInFlight)
    has_conditions: bool | None = None
    proving: Lock = field(default_factory=Lock)


class Attempt:
    """One attempt to put one file."""

    def __init__(self, bucket: Bucket, key: str, body: Body, *, may_replace: bool) -> None:
        """Begin without bytes."""
        self._bucket = bucket
        self._objects = bucket.objects
        self._key = key
        self._body = body
        self._may_replace = may_replace
        self._part_size = part_size_for(body.size, bucket.settings.part_size)
        self._digests = Digests(self._part_size)

    def run(self) -> Stored:
        """Put a file that fits into one part as a whole, a larger one in flat memory."""
        pieces = self._body.open_pieces()
        try:
            passing = self._digests.passing(pieces)
            first = first_part(passing, self._part_size)
            if self._digests.size > self._part_size:
                return self._put_large(first, passing)
            return self._put_small(first)
        finally:
            close(pieces)

    def _put_small(self, content: list[bytes]) -> Stored:
        if not self._bucket.has_conditions:
            state = self._objects.head(self._key)
            if state is not None:
                return self._existing(state) or self._replaced(content)
        try:
            return self._created(content)
        except Exists:
            state = self._objects.head(self._key)
        return (state and self._existing(state)) or self._replaced(content)

    def _created(self, content: list[bytes]) -> Stored:
        if self._bucket.has_conditions is False:
            return self._replaced(content)
        try:
            etag = self._objects.create(self._key, content, self._body)
        except ConditionsUnknown:
            self._bucket.has_conditions = False
            return self._replaced(content)
        if self._bucket.has_conditions is None and self._digests.size <= MOST_PROOF:
            self._prove_conditions(content)
        return self._sent(etag)

    def _prove_conditions(self, content: list[bytes]) -> None:
        """Put the same object again: a storage that honours conditions refuses it."""
        if not self._bucket.proving.acquire(blocking=False):
            return
        try:
            if self._bucket.has_conditions is not None:
                return
            self._objects.create(self._key, content, self._body)
        except Exists:
            self._bucket.has_conditions = True
        except ConditionsUnknown:
            self._bucket.has_conditions = False
        else:
            self._bucket.has_conditions = False
        finally:
            self._bucket.proving.release()

    def _replaced(self, content: list[bytes]) -> Stored:
        return self._sent(self._objects.replace(self._key, content, self._body))

    def _put_large(self, first: list[bytes], rest: Iterator[bytes]) -> Stored:
        state = self._objects.head(self._key)
        if state is not None:
            return self._existing_large(state, first, rest)
        return self._sent_by_parts(chain(emptying(first), rest))

    def _existing_large(
        self, state: ObjectState, first: list[bytes], rest: Iterator[bytes]
    ) -> Stored:
        """Compare first, and send only if the contents differ and the object may be replaced."""
        if self._is_replaceable(state) and self._body.size not in (None, state.size):
            return self._sent_by_parts(chain(emptying(first), rest))
        first.clear()
        for _ in rest:
            pass
        stored = self._existing(state)
        return stored or Attempt(self._bucket, self._key, self._body, may_replace=True).replace()

    def replace(self) -> Stored:
        """Put a large file in place of any object, without looking at that."""
        pieces = self._body.open_pieces()
        try:
            return self._sent_by_parts(self._digests.passing(pieces))
        finally:
            close(pieces)

    def _sent_by_parts(self, pieces: Iterator[bytes]) -> Stored:
        with self._bucket.parts.taken() as parallel:
            etag = self._objects.replace_by_parts(
                self._key,
                pieces,
                self._body,
                part_size=self._part_size,
                parallel=parallel,
            )
        return self._sent(etag)

    def _sent(self, etag: str | None) -> Stored:
        digests = self._digests
        return Stored(digests.size, digests.sha256, etag, digests.etag, digests.size, is_own=True)

    def _existing(self, state: ObjectState) -> Stored | None:
        """Return the object that is there if it has this content.

        Returns `None` if it has another one and may be replaced; raises FileProblem if it may not.
        """
        if self._is_same(state):
            digests = self._digests
            warnings = self._warnings(state)
            return Stored(
                digests.size, digests.sha256, state.etag, digests.etag, 0, False, warnings
            )
        if self._is_replaceable(state):
            return None
        raise other_object(self._bucket.settings.name, self._key)

    def _is_replaceable(self, state: ObjectState) -> bool:
        return self._may_replace and state.owner == self._body.owner

    def _is_same(self, state: ObjectState) -> bool:
        if state.size != self._digests.size:
            return False
        if state.etag == self._digests.etag:
            return True
        return self._objects.has_content(self._key, self._digests.sha256)

    def _warnings(self, state: ObjectState) -> tuple[str, ...]:
        wanted = self._body.mime_type
        found = state.mime_type or UNKNOWN_TYPE
        if found == wanted:
            return ()
        return (
            f"the storage already had this file under the key `{self._key}`, with the type"
            f" `{found}` instead of `{wanted}`",
        )
