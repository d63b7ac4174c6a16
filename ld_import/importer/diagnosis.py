"""Requests to a server that change nothing on it: does it accept what an import needs?

Each request is sent once, without retries, and ends within seconds.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from http import HTTPStatus

from ld_import.api import ClientOptions, LivingdocsClient, TimeLimits
from ld_import.clock import Clock
from ld_import.errors import ApiError, RequestRefused, Unauthorized, UnexpectedAnswer
from ld_import.importer.http import connect
from ld_import.importer.project import read_project
from ld_import.importer.server import Server
from ld_import.kinds import KINDS
from ld_import.preflight import ProjectConfig
from ld_import.versions import VERSIONS

# An id of the documented form that no job has: the ids of jobs are shorter.
UNKNOWN_JOB = "ld-import-doctor-asks-for-no-job"
# The status of a job needs the same scope as an import, for every kind; the media library has none.
STATUS_KIND = "videos"
REQUEST_SECONDS = 10.0
SEARCH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The answers of a server. An error is `None` if the request succeeded.

    - `write_error`: of the status of an unknown job, which needs `public-api:write`.
    - `project_error`: of GET projectConfig, which needs `public-api:read`; `project` is the
      answer. Both are `None` if it was not requested, since the token was refused before.
    - `skew_seconds`: the server's clock minus ours, `None` if no answer shows it.
    - `notices`: the server's warnings, such as the end of an API version.
    - `other_versions`: if the server does not know the version, those that it knows, newest first.
    """

    write_error: ApiError | None
    project: ProjectConfig | None = None
    project_error: ApiError | None = None
    skew_seconds: float | None = None
    notices: tuple[str, ...] = ()
    other_versions: tuple[str, ...] = ()


async def diagnose(
    server: Server, kind: str, clock: Clock, *, request_seconds: float = REQUEST_SECONDS
) -> Diagnosis:
    """Send the requests and return the answers; each request ends after `request_seconds`.

    Raises UsageError for an unusable setting.
    """
    notices: list[str] = []
    limits = TimeLimits(request_seconds=request_seconds)
    async with _client(server, clock, limits, notices) as client:
        write_error = await _error_of(_check_write(client, kind))
        project, project_error = None, None
        if _is_project_readable(write_error):
            try:
                project = await read_project(client)
            except ApiError as error:
                project_error = error
        skew_seconds = client.server_skew_seconds
    others = await _other_versions(server, kind, clock, limits) if is_unknown(write_error) else ()
    return Diagnosis(write_error, project, project_error, skew_seconds, tuple(notices), others)


def is_unknown(error: ApiError | None) -> bool:
    """Return whether the server does not know the address: wrong path or wrong API version."""
    return isinstance(error, RequestRefused) and (
        error.is_address_unknown or error.status == HTTPStatus.GONE
    )


def is_missing_job(error: ApiError | None) -> bool:
    """Return whether the server reports the requested job, and not the address, as missing."""
    return (
        isinstance(error, RequestRefused)
        and error.status == HTTPStatus.NOT_FOUND
        and not error.is_address_unknown
    )


async def _check_write(client: LivingdocsClient, kind: str) -> None:
    rules = KINDS[STATUS_KIND if KINDS[kind].has_own_ids else kind]
    answer = await client.status(rules.path, UNKNOWN_JOB)
    if rules.job_from(answer, UNKNOWN_JOB) is None:
        raise UnexpectedAnswer("the answer about a job does not describe a job")


async def _error_of(request: Awaitable[None]) -> ApiError | None:
    try:
        await request
    except ApiError as error:
        return error
    return None


def _is_project_readable(write_error: ApiError | None) -> bool:
    if isinstance(write_error, Unauthorized):
        return write_error.status == HTTPStatus.FORBIDDEN
    return write_error is None or (
        isinstance(write_error, RequestRefused) and not is_unknown(write_error)
    )


async def _other_versions(
    server: Server, kind: str, clock: Clock, limits: TimeLimits
) -> tuple[str, ...]:
    """Return the versions that the server knows; the search ends with the first unclear answer."""
    ends_at = clock.monotonic() + SEARCH_SECONDS
    known: list[str] = []
    for version in reversed(VERSIONS):
        if clock.monotonic() > ends_at:
            break
        other = replace(server, api_version=version)
        async with _client(other, clock, limits, []) as client:
            error = await _error_of(_check_write(client, kind))
        if error is None or isinstance(error, Unauthorized) or is_missing_job(error):
            known.append(version)
        elif not is_unknown(error):
            break
    return tuple(known)


def _client(
    server: Server, clock: Clock, limits: TimeLimits, notices: list[str]
) -> LivingdocsClient:
    connection = connect(server, parallel=1)
    options = ClientOptions(
        api_version=server.api_version, proxy=connection.proxy, limits=limits, attempts=1
    )
    return LivingdocsClient(connection.http, clock, options, on_notice=notices.append)
