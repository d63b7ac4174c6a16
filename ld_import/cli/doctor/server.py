"""Checks of the server's URL, the API version and the access token; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from ld_import.cli.config.server import find_server, token_for
from ld_import.cli.doctor.check import Check, failed, passed, remark, skipped
from ld_import.cli.doctor.facts import Facts
from ld_import.errors import UsageError
from ld_import.importer.server import is_loopback
from ld_import.versions import NEWEST, VERSIONS, end_of

NAME = "server"
VERSION = "API version"
TOKEN = "token"  # noqa: S105 - the name of a check
COMMAND_SECONDS = 20.0


def check_server(facts: Facts) -> Iterator[Check]:
    """Check the URL of the server."""
    try:
        facts.server = find_server(facts.flags, facts.profile, facts.config)
    except UsageError as error:
        facts.obstacle = "no usable server is known"
        if facts.config_problem and not facts.flags.server:
            yield skipped(NAME, facts.config_problem)
        else:
            yield failed(NAME, error)
        return
    url = facts.server.url
    if url.startswith("http://") and not is_loopback(urlsplit(url).hostname or ""):
        yield remark(NAME, f"{url}: the token is sent unencrypted", "use https")
    else:
        yield passed(NAME, url)


def check_version(facts: Facts) -> Iterator[Check]:
    """Check that the API version is known and lives on."""
    if facts.server is None:
        yield skipped(VERSION, facts.obstacle)
        return
    version = facts.server.api_version
    newest = f"the newest known version is {NEWEST}"
    if end := end_of(version):
        yield remark(VERSION, f"{version} is removed from servers in {end}; {newest}", _advice())
    elif version not in VERSIONS:
        yield remark(VERSION, f"{version} is not a known version; {newest}", _advice())
    else:
        yield passed(VERSION, version if version == NEWEST else f"{version}; {newest}")


def check_token(facts: Facts) -> Iterator[Check]:
    """Check that there is a token."""
    try:
        found = token_for(facts.flags, facts.profile, facts.config, command_seconds=COMMAND_SECONDS)
    except UsageError as error:
        facts.obstacle = facts.obstacle or "no usable token is known"
        if facts.config_problem and "there is no access token" in str(error):
            yield skipped(TOKEN, facts.config_problem)
        else:
            yield failed(TOKEN, error)
        return
    if facts.server is not None:
        facts.server = replace(facts.server, token=found.text)
    yield passed(TOKEN, f"from {found.source}")


def _advice() -> str:
    return f"try --api-version {NEWEST}, or an older one if the server does not know it"
