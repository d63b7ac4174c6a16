"""Asks for one URL: HEAD first, a ranged GET where HEAD is refused, says too little or lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from ld_import.clock import Clock
from ld_import.url_checks.addresses import host_of
from ld_import.url_checks.answers import Answer
from ld_import.url_checks.expected import Expected
from ld_import.url_checks.failures import ProbeFailed
from ld_import.url_checks.fetch import Fetcher
from ld_import.url_checks.gates import HostGates
from ld_import.url_checks.results import HOST_REASONS, Reason, Remark, UrlResult
from ld_import.url_checks.verdict import judge

ATTEMPTS = 3
THROTTLED_ATTEMPTS = 4
FIRST_WAIT_SECONDS = 1.0
FIRST_THROTTLED_WAIT_SECONDS = 5.0
GROWTH = 3.0
# HEAD requests of a host are verified by a GET until this number of them agreed with it.
VERIFIED_COUNT = 3
# The rest of a host is not asked after this number of URLs without an answer, one after another.
MOST_HOST_FAILURES = 5
THROTTLING = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
NO_HEAD = (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A URL to check; `number` identifies it in the queue, `expires_at` is that of a signature."""

    number: int
    url: str
    expected: Expected
    expires_at: datetime | None = None


@dataclass(slots=True)
class HostState:
    """The experience with one host, in one run.

    - `agreed_count` is the number of HEAD answers that a GET confirmed.
    - `is_head_useless` means that HEAD is refused, or contradicts GET.
    - `failure` is the last failure that concerns the whole host, `failure_count` their number.
    """

    agreed_count: int = 0
    is_head_useless: bool = False
    failure: UrlResult | None = None
    failure_count: int = 0

    @property
    def is_down(self) -> bool:
        """Whether the other URLs of this host are not worth a request."""
        return self.failure_count >= MOST_HOST_FAILURES

    def note(self, result: UrlResult) -> None:
        """Count a result."""
        if result.reason in HOST_REASONS:
            self.failure, self.failure_count = result, self.failure_count + 1
        else:
            self.failure, self.failure_count = None, 0


class Prober:
    """Checks URLs, one at a time for each caller."""

    def __init__(self, fetcher: Fetcher, gates: HostGates, clock: Clock) -> None:
        """Send requests with `fetcher`; the waits that hosts request are set in `gates`."""
        self._fetcher = fetcher
        self._gates = gates
        self._clock = clock

    async def probe(self, wanted: Wanted, host: HostState) -> UrlResult:
        """Return the result for one URL, and note the experience with its host."""
        try:
            result = await self._result(wanted, host)
        except ProbeFailed as failure:
            result = UrlResult(failure.reason, detail=str(failure))
        host.note(result)
        return result

    async def _result(self, wanted: Wanted, host: HostState) -> UrlResult:
        head = None if host.is_head_useless else await self._head(wanted, host)
        if head is not None and host.agreed_count >= VERIFIED_COUNT:
            return head
        result = await self._get(wanted)
        if head is not None:
            if head.reason is result.reason:
                host.agreed_count += 1
            else:
                host.is_head_useless = True
        return result

    async def _head(self, wanted: Wanted, host: HostState) -> UrlResult | None:
        """Return the result of a HEAD request if it says enough."""
        try:
            answer = await self._fetcher.fetch("HEAD", wanted.url)
        except ProbeFailed as failure:
            if failure.is_lasting:
                raise
            return None
        if answer.status in THROTTLING:
            self._hold(answer, attempt=1)
        host.is_head_useless |= answer.status in NO_HEAD
        result = self._judged(answer, wanted)
        if result.reason is Reason.GONE:
            return result
        is_complete = result.is_good and Remark.UNKNOWN_TYPE not in result.remarks
        return result if is_complete and answer.byte_count and answer.media_type else None

    async def _get(self, wanted: Wanted) -> UrlResult:
        answer = await self._persistent("GET", wanted.url, is_ranged=True)
        if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and answer.byte_count != 0:
            answer = await self._persistent("GET", wanted.url, is_ranged=False)
        return self._judged(answer, wanted)

    async def _persistent(self, method: str, url: str, *, is_ranged: bool) -> Answer:
        """Return the answer, after retries if the host is busy or the connection fails."""
        attempt = 1
        while True:
            try:
                answer = await self._fetcher.fetch(method, url, is_ranged=is_ranged)
            except ProbeFailed as failure:
                if failure.is_lasting or attempt >= ATTEMPTS:
                    raise
            else:
                if not _is_retried(answer, attempt):
                    return answer
                self._hold(answer, attempt)
            await self._clock.sleep(FIRST_WAIT_SECONDS * GROWTH ** (attempt - 1))
            attempt += 1

    def _hold(self, answer: Answer, attempt: int) -> None:
        """Let the whole host of an answer rest, if it is busy or requests a wait."""
        wait = answer.retry_after_seconds
        if wait is None and answer.status in THROTTLING:
            wait = FIRST_THROTTLED_WAIT_SECONDS * GROWTH ** (attempt - 1)
        if wait is not None:
            self._gates.hold(host_of(answer.url), wait)

    def _judged(self, answer: Answer, wanted: Wanted) -> UrlResult:
        return judge(
            answer,
            wanted.expected,
            wanted.url,
            expires_at=wanted.expires_at,
            now=self._clock.now(),
        )


def _is_retried(answer: Answer, attempt: int) -> bool:
    if answer.status in THROTTLING:
        return attempt < THROTTLED_ATTEMPTS
    return answer.status >= 500 and attempt < ATTEMPTS
