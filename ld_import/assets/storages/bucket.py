"""Buckets of S3, Google and Azure: attempts, and the comparison of objects with what was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock
from typing import TypeVar

from ld_import.assets.base import FileProblem, StorageSettings
from ld_import.assets.key import check_key
from ld_import.assets.storages.base import Body, ObjectState, RetryLimits, Stored
from ld_import.assets.storages.meaning import Again
from ld_import.assets.storages.objects import Objects
from ld_import.assets.storages.sending import Attempt, Bucket

T = TypeVar("T")
# A user waits for a check, and a wrong address is more likely than an outage. A process of a
# cluster begins at any time, and one of its outages ends the whole run.
CHECK_RETRIES = 2
FIRST_PUT_RETRIES = 6
LONGEST_WAIT_SECONDS = 30.0


class BucketStorage:
    """A bucket, reached by one library for all clouds."""

    def __init__(self, settings: StorageSettings, limits: RetryLimits) -> None:
        """Open the bucket; no request is sent."""
        self._settings = settings
        self._limits = limits
        self._objects = Objects(settings, retries=limits.request_retries)
        self._bucket = Bucket(settings, self._objects)
        self._lock = Lock()
        self._is_checked = False
        # Whether ETags were found to be no digests, for objects sent as a whole and by parts.
        self._has_other_etags = {False: False, True: False}

    def check(self) -> None:
        """Return if the bucket exists and may be listed; a failure takes a second."""
        self._check(CHECK_RETRIES)

    def _check(self, most_retries: int) -> None:
        retries = min(most_retries, self._limits.request_retries)
        _once(Objects(self._settings, retries=retries).list_nothing)
        self._is_checked = True

    def put(self, key: str, body: Body, *, may_replace: bool = False) -> Stored:
        """Store an object; damaged bytes and lost connections are sent again."""
        check_key(self._settings, key)
        with self._lock:
            if not self._is_checked:
                self._check(FIRST_PUT_RETRIES)
        return self._attempts(
            lambda: Attempt(self._bucket, key, body, may_replace=may_replace).run()
        )

    def verify(self, key: str, stored: Stored, how: str) -> bool:
        """Compare the object with what was sent.

        `etag` compares size and ETag. If the ETag is another one, the object is read back; with the
        right content, the storage has ETags of another kind. From then on, two other statements
        are enough: that the answer to the put had the right ETag, or that AWS accepted the
        checksum of each request.
        """
        if how == "none":
            return True
        if how == "get":
            return self._has_content(key, stored)
        state = self.head(key)
        if state is None or state.size != stored.size:
            return False
        return state.etag == stored.expected_etag or self._is_right_without_etag(key, stored)

    def _is_right_without_etag(self, key: str, stored: Stored) -> bool:
        is_parted = "-" in stored.expected_etag
        is_stated = stored.etag == stored.expected_etag or self._are_checksums_compared
        if self._has_other_etags[is_parted] and stored.is_own and is_stated:
            return True
        is_right = self._has_content(key, stored)
        if is_right:
            self._has_other_etags[is_parted] = True
        return is_right

    @property
    def _are_checksums_compared(self) -> bool:
        # Other servers accept the header with the checksum, too, but may ignore it.
        settings = self._settings
        is_aws = settings.url.startswith("s3:") and settings.endpoint is None
        return is_aws and settings.checksum != "none"

    def _has_content(self, key: str, stored: Stored) -> bool:
        return _once(lambda: self._objects.has_content(key, stored.sha256))

    def head(self, key: str) -> ObjectState | None:
        """Return size, ETag and type of an object by one request without its bytes."""
        return _once(lambda: self._objects.head(key))

    def read(self, key: str) -> Iterator[bytes]:
        """Yield the bytes of an object."""
        try:
            yield from self._objects.read(key)
        except FileNotFoundError as error:
            raise FileProblem(
                f"the storage `{self._settings.name}` has no object under the key `{key}`"
            ) from error
        except Again as again:
            raise again.error from again

    def _attempts(self, action: Callable[[], T]) -> T:
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
        from tenacity import wait_random_exponential as wait

        retrying = Retrying(
            retry=retry_if_exception_type(Again),
            stop=stop_after_attempt(self._limits.attempts),
            wait=wait(multiplier=self._limits.first_wait, max=LONGEST_WAIT_SECONDS),
            reraise=True,
        )
        return _once(lambda: retrying(action))


def _once(action: Callable[[], T]) -> T:
    """Call a function whose requests the library has already retried."""
    try:
        return action()
    except Again as again:
        raise again.error from again
