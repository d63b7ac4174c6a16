"""The project of the configured server, if there is one; `init` goes on without it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ld_import.cli.config.file import find_config
from ld_import.cli.config.server import find_server, with_credentials
from ld_import.cli.output.console import print_err
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import LdImportError, UsageError

if TYPE_CHECKING:
    from ld_import.cli.init.flags import InitFlags
    from ld_import.importer.server import Server
    from ld_import.preflight import ProjectConfig


def server_url(flags: InitFlags) -> str | None:
    """Return the URL of the configured server, or `None`. Raises UsageError for an invalid one."""
    server = _server(flags)
    return server.url if server is not None else None


def find_project(flags: InitFlags) -> ProjectConfig | None:
    """Return the project of the configured server; `None`, with a message, if it cannot be read.

    Raises UsageError for a configuration with mistakes.
    """
    server = _server(flags)
    if server is None:
        print_err("no server is configured: the fields of the project are not known")
        return None
    print_err(f"asking {sanitize(server.url)} for the fields of the project")
    try:
        return asyncio.run(_asked(server, flags))
    except LdImportError as error:
        print_err(
            f"the fields of the project are not known: {sanitize(error)}"
            f"{f' ({sanitize(error.hint)})' if isinstance(error, UsageError) else ''}"
        )
        return None


def _server(flags: InitFlags) -> Server | None:
    config = find_config(flags.config)
    profile = config.profile(flags.profile)
    if not (flags.server or profile.get("server")):
        return None
    return find_server(flags, profile, config)


async def _asked(server: Server, flags: InitFlags) -> ProjectConfig:
    from ld_import.importer.project import ask_project

    config = find_config(flags.config)
    return await ask_project(with_credentials(server, flags, config.profile(flags.profile), config))
