"""Resolves the server and its credentials from flags, environment and profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ld_import.cli.config.file import Config
from ld_import.cli.config.overlooked import CONFIG_NAME, overlooked_hint
from ld_import.cli.options import ServerFlags
from ld_import.errors import UsageError
from ld_import.importer.server import Server
from ld_import.versions import NEWEST

# Imported when a request will be sent: a dry run needs neither token nor proxy.
if TYPE_CHECKING:
    from ld_import.cli.config.token import FoundToken

DEFAULT_API_VERSION = NEWEST


def find_server(flags: ServerFlags, profile: Mapping[str, Any], config: Config) -> Server:
    """Return the server from flag, environment or profile, without its token. Raises UsageError."""
    url = flags.server or profile.get("server")
    if not url:
        raise UsageError(
            "no server is named",
            hint="set --server, LD_IMPORT_SERVER, or `server:` in a profile of"
            f" {config.path or CONFIG_NAME}{'' if config.path else overlooked_hint()}",
        )
    return Server(
        url=url,
        project=profile.get("project") or "",
        api_version=flags.api_version or profile.get("apiVersion") or DEFAULT_API_VERSION,
        allow_http=flags.allow_http,
        is_insecure=flags.insecure,
        ca_file=flags.ca_file or config.file(profile.get("caFile")),
    )


def with_credentials(
    server: Server, flags: ServerFlags, profile: Mapping[str, Any], config: Config
) -> Server:
    """Return the server with its token and proxy. Raises UsageError."""
    from ld_import.cli.config.proxies import proxy_for

    return replace(
        server,
        token=token_for(flags, profile, config).text,
        proxy=proxy_for(server.url),
    )


def token_for(
    flags: ServerFlags,
    profile: Mapping[str, Any],
    config: Config,
    *,
    command_seconds: float | None = None,
) -> FoundToken:
    """Return the token from flag, environment or profile. Raises UsageError.

    A program that prints it may take `command_seconds`, by default a minute.
    """
    from ld_import.cli.config.token import COMMAND_SECONDS, find_token

    return find_token(
        token_file=flags.token_file,
        token_command=flags.token_command,
        profile_file=config.file(profile.get("tokenFile")),
        profile_command=profile.get("tokenCommand"),
        command_seconds=COMMAND_SECONDS if command_seconds is None else command_seconds,
    )
