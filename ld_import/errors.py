"""The errors that end a run, with their exit codes and hints.

    LdImportError                 1   a bug, when raised bare
    ├── UsageError                2   flags, environment or configuration
    ├── ManifestError             4   the manifest cannot be read
    │   └── ManifestChanged       8   another process changed it while it was read
    ├── ApiError
    │   ├── Unauthorized          5   401, 403
    │   ├── RequestRefused        6   400, 404, 410, 413, 422 …; 409 of a PATCH
    │   ├── UnexpectedAnswer      6   not this API's JSON, a redirect, more than 64 MB
    │   ├── QuotaReached          7   429 "Usage Limit Exceeded"
    │   ├── ServerUnavailable     8   no connection, throttling, 408 or 5xx after all retries
    │   └── AnswerLost            8   a POST was sent and its result is unknown
    ├── StorageRefused            5   a storage or source does not accept the credentials
    ├── StorageUnavailable        8   a storage, source or cluster cannot be reached
    ├── TooManyFailures           6   the first --max-failures outcomes are all failures
    ├── JobOverdue                8   a job ran longer than --max-wait
    ├── LedgerError               9   damaged, too new, disk full
    │   └── LedgerLocked         10   another run holds this ledger
    ├── TempSpaceError            9   the folder for temporary files is full or not usable
    └── Interrupted         130/143   Ctrl-C, SIGTERM; 129 SIGHUP

`str(error)` is one sentence; `error.hint` says what to do. The result of *one item* is data
(`Invalid`, `Outcome`), never an exception.
"""

from __future__ import annotations

from collections.abc import Mapping

# The exit code of a command that did its work and leaves items that need attention: no error.
EXIT_TROUBLE = 3


class LdImportError(Exception):
    """Base of all errors that end a run; `hint` says what to do next.

    `is_declined` is True if the server certainly accepted nothing of the failed request.
    """

    exit_code = 1
    is_declined = False
    hint = "please report this with the command that caused it"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        """Create an error with this message; a `hint` replaces the one of the class."""
        super().__init__(message)
        if hint is not None:
            self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the attributes: constructors of subclasses require keyword arguments."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(
    kind: type[LdImportError], args: tuple[object, ...], state: dict[str, object]
) -> LdImportError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class UsageError(LdImportError):
    """The flags, the environment or the configuration are not valid."""

    exit_code = 2
    hint = "see ld-import --help"


class ManifestError(LdImportError):
    """The manifest cannot be read."""

    exit_code = 4
    hint = "fix the manifest and run again; `ld-import validate` shows all problems at once"


class ManifestChanged(ManifestError):
    """The manifest was replaced or changed while it was read."""

    exit_code = 8
    hint = "run the same command again when nothing writes to it; it continues where it stopped"


class ApiError(LdImportError):
    """The server could not be reached or did not do what was requested."""

    exit_code = 6


class Unauthorized(ApiError):
    """The server does not accept the token, or the token lacks a scope."""

    exit_code = 5
    is_declined = True
    hint = (
        "give a valid token of this server: create one in the settings of the project under Api"
        " Clients, with the scopes public-api:write and public-api:read; then run the same command"
        " again"
    )

    def __init__(self, message: str, *, status: int, hint: str | None = None) -> None:
        """Store the HTTP status: 401 for an invalid token, 403 for a missing permission."""
        super().__init__(message, hint=hint)
        self.status = status


class RequestRefused(ApiError):
    """The server declined the request as a whole and imported nothing of it."""

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
        """Store the HTTP status and the server's messages about fields, by dotted path.

        `is_address_unknown` is True for a 404 that concerns the URL itself, not a resource of it.
        """
        super().__init__(message, hint=hint)
        self.status = status
        self.paths = dict(paths or {})
        self.is_address_unknown = is_address_unknown

    hint = "see the server's message for the cause; nothing of this request was imported"


class UnexpectedAnswer(ApiError):
    """The answer does not come from this API."""

    def __init__(self, message: str, *, is_declined: bool = False, hint: str | None = None) -> None:
        """Store whether the server certainly accepted nothing."""
        super().__init__(message, hint=hint)
        self.is_declined = is_declined

    hint = "check --server and --api-version: another service seems to answer at this address"


class QuotaReached(ApiError):
    """The daily quota is used up; `limit` and `used` are the server's numbers, if known."""

    exit_code = 7
    is_declined = True
    hint = "run the same command again when the quota is renewed; it continues where it stopped"

    def __init__(
        self,
        message: str,
        *,
        limit: int | None = None,
        used: int | None = None,
        hint: str | None = None,
    ) -> None:
        """Store the server's numbers beside the message."""
        super().__init__(message, hint=hint)
        self.limit = limit
        self.used = used

    @property
    def remaining(self) -> int:
        """Number of items that fit into the quota, 0 if unknown."""
        if self.limit is None or self.used is None:
            return 0
        return max(0, self.limit - self.used)


class ServerUnavailable(ApiError):
    """The server did not answer, or only with errors, and all retries are used up."""

    exit_code = 8
    hint = "run the same command again later; it continues where it stopped"

    def __init__(self, message: str, *, is_declined: bool, hint: str | None = None) -> None:
        """Store whether the server certainly accepted nothing."""
        super().__init__(message, hint=hint)
        self.is_declined = is_declined


class AnswerLost(ApiError):
    """A request that changes data was sent, but its answer did not arrive."""

    exit_code = 8
    hint = "run the same command again; it first finds the result of the last request"

    def __init__(
        self, message: str, *, is_busy: bool = False, retry_after_seconds: float | None = None
    ) -> None:
        """Store the details of an answer that does not say whether the request was accepted.

        `is_busy`: the whole server is unavailable, so that no item caused the failure.
        `retry_after_seconds` is the wait the server requests before the next attempt.
        """
        super().__init__(message)
        self.is_busy = is_busy
        self.retry_after_seconds = retry_after_seconds


class StorageRefused(LdImportError):
    """A storage, or a source of files, does not accept the credentials."""

    exit_code = 5
    hint = "check the credentials in the environment or in the files that ld-import.yaml names"


class StorageUnavailable(LdImportError):
    """A storage, a source of files, or the cluster that prepares files, cannot be reached."""

    exit_code = 8
    hint = "run the same command again later; what is stored is not sent again"


class TooManyFailures(LdImportError):
    """The first outcomes of a run are all failures, so that the rest is not sent."""

    exit_code = 6
    hint = "fix the cause, then run the same command with --retry-failed"


class JobOverdue(LdImportError):
    """An import job exceeded the allowed time; it stays open in the ledger."""

    exit_code = 8
    hint = "run the same command again; it first waits for the open job"


class LedgerError(LdImportError):
    """The ledger cannot be used."""

    exit_code = 9
    hint = "check that the disk has free space and the file is writable, or restore a backup"


class LedgerLocked(LedgerError):
    """Another run holds this ledger."""

    exit_code = 10
    hint = "wait for the other run to end, then start this one again"


class TempSpaceError(LdImportError):
    """A temporary file cannot be written; everything in flight is recorded."""

    exit_code = 9
    hint = "free space there, or set TMPDIR to another folder; then run the same command again"


class Interrupted(LdImportError):
    """The user or the system stopped the run; everything in flight is recorded."""

    # Only waits and reads are interrupted: a POST without an answer raises AnswerLost.
    is_declined = True
    hint = "run the same command again; it continues where it stopped"

    def __init__(self, signal_number: int, *, has_recorded: bool = True) -> None:
        """Set the exit code a shell uses: 128 + signal.

        Without `has_recorded` the command has nothing to record and begins anew the next time.
        """
        if has_recorded:
            super().__init__("stopped on request; everything in flight is recorded")
        else:
            super().__init__("stopped on request", hint="run the same command again")
        self.exit_code = 128 + signal_number
