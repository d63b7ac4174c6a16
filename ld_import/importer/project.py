"""The project of a server: one request, before anything is sent."""

from __future__ import annotations

from ld_import.api import ClientOptions, LivingdocsClient
from ld_import.clock import Clock, SystemClock
from ld_import.errors import UnexpectedAnswer
from ld_import.events import Listener, Note
from ld_import.importer.build import waiting
from ld_import.importer.http import connect
from ld_import.importer.listening import ignore
from ld_import.importer.server import Server
from ld_import.preflight import ProjectConfig, project_from


async def read_project(client: LivingdocsClient) -> ProjectConfig:
    """Return the configuration of the token's project.

    Raises UnexpectedAnswer if the answer is not one, and ApiError: Unauthorized (403) if the token
    has no read scope, RequestRefused (404) if the server has no such resource.
    """
    project = project_from(await client.project_config())
    if project is None:
        raise UnexpectedAnswer("the answer to GET projectConfig is not a project configuration")
    return project


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
