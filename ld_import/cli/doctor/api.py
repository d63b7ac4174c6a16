"""Checks that send requests: is it this API, does it accept the token, and for what.

The write scope is proved by a request that needs it and only reads: the status of an unknown job.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from ld_import.cli.doctor.check import Check, failed, passed, remark, skipped
from ld_import.cli.doctor.facts import Facts
from ld_import.errors import (
    ApiError,
    LdImportError,
    RequestRefused,
    ServerUnavailable,
    Unauthorized,
)
from ld_import.importer.server import Server
from ld_import.wording import duration

if TYPE_CHECKING:
    from ld_import.importer.diagnosis import Diagnosis

API = "API"
ACCESS = "access"
WRITE = "write scope"
READ = "read scope"
PROJECT = "project"
CLOCK = "clock"
NAMES = (API, ACCESS, WRITE, READ, PROJECT, CLOCK)
LARGEST_SKEW_SECONDS = 60.0
SAME_SECONDS = 2.0
READ_HINT = (
    "imports work without public-api:read; but after a lost answer items cannot be looked up, and"
    " metadata cannot be checked against the project"
)


def check_api(facts: Facts) -> Iterator[Check]:
    """Send the requests, and check the answers one by one."""
    import asyncio

    from ld_import.importer.diagnosis import diagnose

    if facts.obstacle or facts.server is None:
        yield from (skipped(name, facts.obstacle) for name in NAMES)
        return
    try:
        diagnosis = asyncio.run(diagnose(facts.server, facts.kind, facts.clock))
    except LdImportError as error:
        yield failed(API, error)
        yield from (skipped(name, "no request could be sent") for name in NAMES[1:])
        return
    yield from _checks(diagnosis, facts)


def _checks(diagnosis: Diagnosis, facts: Facts) -> Iterator[Check]:
    server = facts.server
    if server is None:
        return
    obstacle = _api_check(diagnosis, server)
    yield obstacle
    yield from (remark(API, notice) for notice in diagnosis.notices)
    if obstacle.exit_code:
        yield from (skipped(name, "the API does not answer") for name in NAMES[1:-1])
    elif _status(diagnosis.write_error) == HTTPStatus.UNAUTHORIZED and diagnosis.write_error:
        yield failed(ACCESS, diagnosis.write_error)
        yield from (skipped(name, "the token is not accepted") for name in NAMES[2:-1])
    else:
        yield passed(ACCESS, "the server accepts the token")
        yield _write_check(diagnosis)
        yield from _read_checks(diagnosis, facts)
    yield _clock_check(diagnosis.skew_seconds)


def _api_check(diagnosis: Diagnosis, server: Server) -> Check:
    error, versions = diagnosis.write_error, diagnosis.other_versions
    address = f"{server.url}/api/{server.api_version}"
    if error is not None and versions:
        error = RequestRefused(
            f"the server does not have the API version {server.api_version}; it has"
            f" {', '.join(versions)}",
            status=HTTPStatus.NOT_FOUND,
            hint=f"add --api-version {versions[0]}, or `apiVersion: {versions[0]}` to the profile",
        )
        return failed(API, error)
    if error is None or _is_api(diagnosis):
        return passed(API, f"{address} answers")
    if isinstance(error, ServerUnavailable):
        return replace(failed(API, error), hints=_later(server))
    return failed(API, error)


def _later(server: Server) -> tuple[str, ...]:
    """Return advice on a server that accepts connections and does not answer."""
    later = "the server may be overloaded or restarting: try again later, or ask its operator"
    if server.url.startswith("https:"):
        return (later,)
    tls = server.url.replace("http:", "https:", 1)
    return (later, f"if it uses TLS at this port, give --server {tls}")


def _is_api(diagnosis: Diagnosis) -> bool:
    """Return whether this API answered; any other service may refuse a request with 400 or 404."""
    is_refused = any(
        isinstance(error, Unauthorized)
        for error in (diagnosis.write_error, diagnosis.project_error)
    )
    return diagnosis.write_error is None or diagnosis.project is not None or is_refused


def _write_check(diagnosis: Diagnosis) -> Check:
    from ld_import.importer.diagnosis import is_missing_job

    error = diagnosis.write_error
    # A 404 alone could be the answer of another service.
    if error is None or (is_missing_job(error) and diagnosis.project is not None):
        return passed(WRITE, "public-api:write is granted; nothing was written to prove it")
    if isinstance(error, Unauthorized):
        return failed(WRITE, error)
    return remark(
        WRITE,
        f"it could not be proved without writing: {error}",
        "import one item with --limit 1 to find out",
    )


def _read_checks(diagnosis: Diagnosis, facts: Facts) -> Iterator[Check]:
    project, error = diagnosis.project, diagnosis.project_error
    if project is None:
        problem = f"the project cannot be read: {error}"
        is_scope = _status(error) == HTTPStatus.FORBIDDEN
        yield remark(READ, problem, READ_HINT if is_scope else "imports work without it")
        yield skipped(PROJECT, "it cannot be read")
        return
    yield passed(READ, "public-api:read is granted")
    revision = f", revision {project.revision}" if project.revision else ""
    text = f"{project.handle or 'without a handle'}{revision}"
    expected = facts.server.project if facts.server else ""
    if expected and project.handle and expected != project.handle:
        yield remark(
            PROJECT,
            f"the token belongs to the project {text}, and the profile names {expected}",
            "use the token of the other project, or correct `project:`, which is part of the"
            " identity of imported items in the ledger",
        )
    else:
        yield passed(PROJECT, text)


def _clock_check(skew_seconds: float | None) -> Check:
    if skew_seconds is None:
        return skipped(CLOCK, "the server's answers have no usable date")
    direction = "ahead of" if skew_seconds > 0 else "behind"
    text = f"the server's clock is {duration(abs(skew_seconds))} {direction} that of this machine"
    # A `Date` header has whole seconds.
    if abs(skew_seconds) <= SAME_SECONDS:
        return passed(CLOCK, "the server's clock agrees with that of this machine")
    if abs(skew_seconds) <= LARGEST_SKEW_SECONDS:
        return passed(CLOCK, text)
    return remark(
        CLOCK,
        text,
        "synchronize both clocks (NTP): the quota of 24 hours and the times in the ledger depend on"
        " them",
    )


def _status(error: ApiError | None) -> int | None:
    return getattr(error, "status", None)
