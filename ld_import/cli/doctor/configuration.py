"""Checks of the configuration file and of the profile in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from ld_import.cli.config.file import Config, ConfigMistakes, config_path, find_config
from ld_import.cli.config.overlooked import overlooked_config
from ld_import.cli.doctor.check import Check, failed, passed, remark, skipped
from ld_import.cli.doctor.facts import Facts
from ld_import.errors import UsageError
from ld_import.kinds import KINDS
from ld_import.wording import amount

NAME = "configuration"
PROFILE = "profile"


def check_configuration(facts: Facts) -> Iterator[Check]:
    """Check the configuration file; all mistakes in it are reported at once."""
    try:
        facts.config = find_config(facts.flags.config)
    except ConfigMistakes as error:
        facts.config_problem = "the configuration has mistakes"
        path = config_path(facts.flags.config)
        yield failed(NAME, error, f"{path}: {amount(len(error.mistakes), 'mistake')}")
        for mistake in error.mistakes:
            yield failed(NAME, UsageError(mistake, hint=""))
    except UsageError as error:
        facts.config_problem = "the configuration cannot be read"
        yield failed(NAME, error)
    else:
        yield _found(facts.config)
        yield from _missing_manifests(facts.config)


def check_profile(facts: Facts) -> Iterator[Check]:
    """Check that the profile exists."""
    if facts.config_problem:
        yield skipped(PROFILE, facts.config_problem)
        return
    try:
        facts.profile = facts.config.profile(facts.flags.profile)
    except UsageError as error:
        facts.config_problem = "the profile is unknown"
        yield failed(PROFILE, error)
        return
    name = _name_of_profile(facts)
    if name:
        yield passed(PROFILE, f"{name} of {', '.join(facts.config.profiles)}")


def _name_of_profile(facts: Facts) -> str:
    names = list(facts.config.profiles)
    only = names[0] if len(names) == 1 else ""
    return facts.flags.profile or facts.config.default_profile or only


def _found(config: Config) -> Check:
    if config.path is not None:
        return passed(NAME, f"{config.path}, without mistakes")
    overlooked = overlooked_config()
    if overlooked is not None:
        return remark(
            NAME,
            f"none: the working directory has no ld-import.yaml, and {overlooked} is not read",
            f"use it with --config {quote(str(overlooked))}, or change to its folder",
        )
    return passed(NAME, "none; flags and environment are used")


def _missing_manifests(config: Config) -> Iterator[Check]:
    for kind in KINDS:
        path: Path | None = config.file(config.command(kind).get("manifest"))
        if path is not None and not path.exists():
            yield remark(
                NAME,
                f"`{kind}.manifest`: {path} does not exist",
                f"correct the path; it is relative to the folder of {config.path}",
            )
