"""The project of a server: one request, before anything is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus

from ld_import.api import ClientOptions, LivingdocsClient
from ld_import.clock import Clock, SystemClock
from ld_import.errors import ApiError, RequestRefused, Unauthorized, UnexpectedAnswer
from ld_import.events import Listener, Note
from ld_import.importer.http import connect
from ld_import.importer.listening import ignore, waiting
from ld_import.importer.server import Server
from ld_import.kinds.media_library import MEDIA_LIBRARY, asset_problems
from ld_import.model import Invalid, Item
from ld_import.preflight import ProjectCheck, ProjectConfig, project_from
from ld_import.validation import Finding, Level, finding_from

READ_HINT = "give a token with the scope public-api:read; without it an import works, unchecked"


async def read_project(client: LivingdocsClient) -> ProjectConfig:
    """Return the configuration of the token's project.

    Raises UnexpectedAnswer if the answer is not one, and ApiError: Unauthorized (403) if the token
    has no read scope, RequestRefused (404) if the server has no such resource.
    """
    project = project_from(await client.project_config())
    if project is None:
        raise UnexpectedAnswer("the answer to GET projectConfig is not a project configuration")
    return project


def check_of(project: ProjectConfig, kind: str, now: datetime) -> ProjectCheck:
    """Return the check of items of a kind against a project."""
    return ProjectCheck(project, kind, now, asset_problems if kind == MEDIA_LIBRARY.name else None)


async def ask_project(
    server: Server, listen: Listener = ignore, clock: Clock | None = None
) -> ProjectConfig:
    """Connect to a server and return the project of its token. Raises as `read_project`."""
    connection = connect(server, parallel=1)
    client = LivingdocsClient(
        connection.http,
        clock or SystemClock(),
        ClientOptions(api_version=server.api_version, proxy=connection.proxy),
        on_retry=lambda retry: listen(waiting(retry)),
        on_notice=lambda text: listen(Note(text)),
    )
    async with client:
        return await read_project(client)


def project_of(
    server: Server, listen: Listener = ignore, clock: Clock | None = None
) -> ProjectConfig:
    """Return the project of a server, for a command that needs it.

    Raises as `read_project`; the message says which scope the token lacks, or that there is no such
    resource. Must not be called in a running event loop.
    """
    try:
        return asyncio.run(ask_project(server, listen, clock))
    except Unauthorized as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        raise Unauthorized(unread_sentence(error), status=error.status, hint=READ_HINT) from None
    except RequestRefused as error:
        text = unread_sentence(error)
        raise RequestRefused(text, status=error.status, hint=error.hint) from None


class ProjectInspection:
    """The check of items against a project, as a source of findings."""

    def __init__(self, check: ProjectCheck) -> None:
        """Report what this check finds."""
        self._check = check

    def inspect(self, item: Item) -> Iterable[Finding]:
        """Return an error for each reason to refuse the item, else its warnings."""
        checked = self._check.item(item)
        if checked.problems:
            record = Invalid(item.line, item.key.external_id, checked.problems)
            return [finding_from(record, problem) for problem in checked.problems]
        return [
            Finding(Level.WARNING, line, external_id, field, text, advice, rule)
            for line, external_id, rule, field, text, advice in checked.remarks
        ]

    def finish(self) -> Iterable[Finding]:
        """Return nothing: each item is checked for itself."""
        return ()

    def close(self) -> None:
        """Release nothing."""


def is_token_refused(error: ApiError) -> bool:
    """Return whether the server does not accept the token at all."""
    return isinstance(error, Unauthorized) and error.status == HTTPStatus.UNAUTHORIZED


def unread_sentence(error: ApiError) -> str:
    """Return why the project could not be read."""
    if isinstance(error, Unauthorized) and error.status == HTTPStatus.FORBIDDEN:
        return "the token lacks the scope public-api:read, which shows the project (403)"
    if isinstance(error, RequestRefused) and error.status == HTTPStatus.NOT_FOUND:
        return "the server has no projectConfig at this API version (404)"
    return str(error)
