"""The values of options and arguments that a shell completes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

# A value and its explanation, which may be empty.
Candidate = tuple[str, str]
Source = Callable[[Any], Iterable[Candidate]]

KINDS = ("videos", "images", "files", "media-library")
STATES = ("success", "skipped", "failed", "refused", "lost", "pending", "submitted", "invalid")


def _fixed(*values: str) -> Source:
    return lambda context: [(value, "") for value in values]


def candidates_of(param: Any, context: Any) -> list[Candidate] | None:
    """Return the values of a parameter of a command, `None` if they are not known."""
    is_argument = param.param_type_name == "argument"
    name = param.human_readable_name if is_argument else param.opts[0]
    source = SOURCES.get(f"{context.command_path} {name}") or SOURCES.get(name)
    return None if source is None else list(source(context))


def _versions(context: Any) -> Iterable[Candidate]:
    from ld_import.versions import VERSIONS

    return [(version, "") for version in reversed(VERSIONS)]


def _formats(context: Any) -> Iterable[Candidate]:
    from ld_import.suffixes import FORMAT_NAMES

    return [(name, "") for name in FORMAT_NAMES]


def _profiles(context: Any) -> Iterable[Candidate]:
    profiles = _config(context).profiles
    return [(name, str(profile.get("server", ""))) for name, profile in profiles.items()]


def _runs(context: Any) -> Iterable[Candidate]:
    from ld_import.ledger.quick_look import latest_runs

    return [(run_id, "") for run_id in latest_runs(_ledger(context))]


def _jobs(context: Any) -> Iterable[Candidate]:
    from ld_import.ledger.quick_look import latest_jobs

    return latest_jobs(_ledger(context))


def _commands_and_topics(context: Any) -> Iterable[Candidate]:
    from ld_import.cli.commands import COMMANDS
    from ld_import.cli.topics import TOPICS

    commands = [(name, lazy.help) for name, lazy in COMMANDS.items()]
    return [*commands, *TOPICS.items()]


def _schemas(context: Any) -> Iterable[Candidate]:
    from ld_import.cli.schemas import SCHEMAS

    return SCHEMAS.items()


def _config(context: Any) -> Any:
    from ld_import.cli.config.file import find_config

    return find_config(_path(context, "config"))


def _ledger(context: Any) -> Path:
    from ld_import.cli.config.discovery import find_ledger

    given = _path(context, "ledger")
    if given is not None:
        return given
    config = _config(context)
    profile = config.profile(context.params.get("profile"))
    return find_ledger(None, profile, config, folder=Path())


def _path(context: Any, name: str) -> Path | None:
    value = context.params.get(name)
    return None if value is None else Path(value)


EXPORT_FORMATS = ("jsonl", "csv", "sqlite", "nginx", "apache")
# By option or argument; after the name of a command, only for this command.
SOURCES: dict[str, Source] = {
    "--api-version": _versions,
    "--format": _formats,
    "--kind": _fixed(*KINDS),
    "--log-format": _fixed("text", "json"),
    "--log-level": _fixed("debug", "info", "warning", "error"),
    "--on-existing": _fixed("skip", "patch", "fail"),
    "--profile": _profiles,
    "--run": _runs,
    "--state": _fixed(*STATES),
    "--verify": _fixed("etag", "get", "none"),
    "JOB_ID": _jobs,
    "KIND": _fixed(*KINDS),
    "RUN": _runs,
    "SCHEMA": _schemas,
    "TOPIC": _commands_and_topics,
    "ld-import ledger export --as": _fixed("documents"),
    "ld-import ledger export --format": _fixed(*EXPORT_FORMATS),
    "ld-import ledger uploads --state": _fixed("started", "stored", "failed"),
    "ld-import validate --output": _fixed("text", "json", "sarif"),
}
