"""What can end a run, drawn once; each error knows its exit code and what to do next.

    LdImportError                 1   a bug, when raised bare
    ├── UsageError                2   flags, environment or configuration
    ├── ManifestError             4   the manifest cannot be read
    │   └── ManifestChanged       8   another process wrote to it while it was read
    ├── ApiError
    │   ├── Unauthorized          5   401, 403
    │   ├── RequestRefused        6   400, 404, 410, 413, 422 …; 409 of a PATCH
    │   ├── UnexpectedAnswer      6   not this API's JSON, a redirect, more than 64 MB
    │   ├── QuotaReached          7   429 "Usage Limit Exceeded"
    │   ├── ServerUnavailable     8   no connection, throttling, 408 or 5xx after all retries
    │   └── AnswerLost            8   a POST went out and no answer says what became of it
    ├── JobOverdue                8   a job ran longer than --max-wait
    ├── LedgerError               9   damaged, too new, disk full
    │   └── LedgerLocked         10   another run holds this ledger
    ├── TempSpaceError            9   the folder for temporary files is full or fails
    └── Interrupted         130/143   Ctrl-C, SIGTERM; 129 SIGHUP

`str(error)` is one sentence. What happens to *one item* is data (`Invalid`, `Outcome`), never an
exception.
"""

from __future__ import annotations

from collections.abc import Mapping


class LdImportError(Exception):
    """Something ended the run; `hint` says what to do next.

    `is_declined` is True when the server certainly took in nothing of the request it happened to.
    """

    exit_code = 1
    is_declined = False
    hint = "please report this with the command that caused it"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        """Keep the sentence; a `hint` given here replaces the one of the class."""
        super().__init__(message)
        if hint is not None:
            self.hint = hint


class UsageError(LdImportError):
    """The flags, the environment or the configuration ask for something impossible."""

    exit_code = 2
    hint = "see ld-import --help"


class ManifestError(LdImportError):
    """The manifest cannot be read."""

    exit_code = 4
    hint = "mend the manifest and run again; `ld-import validate` shows every problem at once"


class ManifestChanged(ManifestError):
    """The manifest is another file than before, or was written to, while it was read."""

    exit_code = 8
    hint = "run the same command again once nothing writes to it; it continues where it stopped"


class ApiError(LdImportError):
    """The server could not be reached or did not do what was asked."""

    exit_code = 6


class Unauthorized(ApiError):
    """The server does not accept the token, or the token lacks a scope."""

    exit_code = 5
    is_declined = True
    hint = "give a valid token with scope public-api:write, then run the same command again"

    def __init__(self, message: str, *, status: int, hint: str | None = None) -> None:
        """Keep the HTTP status: 401 is a token nobody takes, 403 one that may not do this."""
        super().__init__(message, hint=hint)
        self.status = status


class RequestRefused(ApiError):
    """The server declined the request as a whole: nothing of it was imported."""

    is_declined = True

    def __init__(
        self,
        message: str,
        *,
        status: int,
        hint: str | None = None,
        paths: Mapping[str, str] | None = None,
        is_address_unknown: bool = False,
    ) -> None:
        """Keep the HTTP status, and what the server says of which field, by dotted path.

        `is_address_unknown` tells a 404 for the address itself from one for what was asked there.
        """
        super().__init__(message, hint=hint)
        self.status = status
        self.paths = dict(paths or {})
        self.is_address_unknown = is_address_unknown

    hint = "the server's words name the cause; nothing of this request was imported"


class UnexpectedAnswer(ApiError):
    """The answer is not this API's."""

    def __init__(self, message: str, *, is_declined: bool = False, hint: str | None = None) -> None:
        """Say whether it is certain that nothing was taken in."""
        super().__init__(message, hint=hint)
        self.is_declined = is_declined

    hint = "check --server and --api-version: something else seems to answer there"


class QuotaReached(ApiError):
    """The daily allowance is used up; `limit` and `used` are the server's figures, if it told."""

    exit_code = 7
    is_declined = True
    hint = "run the same command again when the allowance returns; it continues where it stopped"

    def __init__(self, message: str, *, limit: int | None = None, used: int | None = None) -> None:
        """Keep the figures beside the sentence."""
        super().__init__(message)
        self.limit = limit
        self.used = used

    @property
    def remaining(self) -> int:
        """How many items still fit, 0 when the server did not tell."""
        if self.limit is None or self.used is None:
            return 0
        return max(0, self.limit - self.used)


class ServerUnavailable(ApiError):
    """The server did not answer, or only with trouble, and the retries are used up."""

    exit_code = 8
    hint = "run the same command again later; it continues where it stopped"

    def __init__(self, message: str, *, is_declined: bool, hint: str | None = None) -> None:
        """Say whether it is certain that nothing was taken in."""
        super().__init__(message, hint=hint)
        self.is_declined = is_declined


class AnswerLost(ApiError):
    """A request that changes something went out, but its answer did not come back."""

    exit_code = 8
    hint = "run the same command again; it first finds out what became of the last request"

    def __init__(
        self, message: str, *, is_busy: bool = False, retry_after_seconds: float | None = None
    ) -> None:
        """Keep what an answer says that leaves open whether the request was accepted.

        `is_busy`: the server as a whole is unavailable, so that no item is to blame. Before the
        next attempt it asks for a wait of `retry_after_seconds`.
        """
        super().__init__(message)
        self.is_busy = is_busy
        self.retry_after_seconds = retry_after_seconds


class JobOverdue(LdImportError):
    """An import job ran longer than it may; it stays open in the ledger."""

    exit_code = 8
    hint = "run the same command again; it first follows the open job to its end"


class LedgerError(LdImportError):
    """The ledger cannot be used."""

    exit_code = 9
    hint = "see that the disk has room and the file is writable, or restore it from a backup"


class LedgerLocked(LedgerError):
    """Another run holds this ledger."""

    exit_code = 10
    hint = "wait for the other run to end, then start this one again"


class TempSpaceError(LdImportError):
    """A temporary file cannot be written; everything in flight is recorded."""

    exit_code = 9
    hint = "make room there, or set TMPDIR to another folder; then run the same command again"


class Interrupted(LdImportError):
    """The user or the system asked the run to stop; everything in flight is recorded."""

    # Only waits and reads are interrupted: a POST without an answer in time is an AnswerLost.
    is_declined = True
    hint = "run the same command again; it continues where it stopped"

    def __init__(self, signal_number: int) -> None:
        """Exit as a shell would: 128 + signal."""
        super().__init__("stopped on request; everything in flight is recorded")
        self.exit_code = 128 + signal_number
