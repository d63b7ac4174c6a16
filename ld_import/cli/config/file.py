"""`ld-import.yaml`: profiles (servers to import to), defaults of the import commands, storages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from os.path import realpath
from pathlib import Path
from shlex import quote
from typing import Any

from ld_import.cli.config.overlooked import CONFIG_NAME, overlooked_hint
from ld_import.errors import ManifestError, UsageError
from ld_import.small_file import check_small
from ld_import.wording import did_you_mean

LARGEST_BYTES = 1_000_000
FIX_HINT = "fix the configuration file"

# All other keys are sections of commands.
OTHER_KEYS = ("profile", "profiles", "storages", "sources")


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration file, checked. Without a file all fields are empty.

    Paths in it are relative to its folder.
    """

    path: Path | None = None
    profiles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    default_profile: str | None = None
    commands: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    storages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def profile(self, name: str | None) -> Mapping[str, Any]:
        """Return a profile: the named one, else the default, else the only one, else an empty one.

        Raises UsageError for an unknown name, and if there are several without a default.
        """
        wanted = name or self.default_profile
        if wanted is None:
            if len(self.profiles) > 1:
                known = ", ".join(self.profiles)
                raise UsageError(
                    f"{self.path} has several profiles ({known}) and names no default",
                    hint="choose one with --profile, or add `profile:` to the file",
                )
            return next(iter(self.profiles.values()), {})
        if self.path is None:
            raise UsageError(
                f"there is no profile {wanted!r}: the working directory has no {CONFIG_NAME}",
                hint=f"name the file with the profile with --config{overlooked_hint()}",
            )
        if wanted not in self.profiles:
            known = ", ".join(self.profiles) or "none"
            raise UsageError(
                f"there is no profile {wanted!r} in {self.path} ({known})",
                hint=f"{did_you_mean(wanted, self.profiles)} (--profile, LD_IMPORT_PROFILE, or"
                f" `profile:` in {self.path})",
            )
        return self.profiles[wanted]

    def command(self, name: str) -> Mapping[str, Any]:
        """Return the section with the defaults of a command."""
        return self.commands.get(name, {})

    def file(self, name: str | None) -> Path | None:
        """Return a path named in this file, relative to the folder of the file."""
        return None if name is None else self.path_of(name)

    def path_of(self, name: str) -> Path:
        """Return a path named in this file; it begins at the folder of the file."""
        base = self.path.parent if self.path else Path()
        return base / Path(name).expanduser()


class ConfigMistakes(UsageError):
    """A configuration file with mistakes, each with its line."""

    hint = FIX_HINT

    def __init__(self, path: Path, mistakes: list[str]) -> None:
        """Store the mistakes beside the message, which has all of them."""
        super().__init__(f"{path}: {'; '.join(mistakes)}")
        self.mistakes = tuple(mistakes)


def config_path(given: Path | None) -> Path:
    """Return the path of the configuration: the given file, else the one in the working directory.

    The folder of the manifest is not searched: its author could choose the server, the token and
    the files of the run.
    """
    return Path(CONFIG_NAME) if given is None else given


def find_config(given: Path | None) -> Config:
    """Read the configuration, if there is one. Raises UsageError."""
    path = config_path(given)
    if not path.exists():
        if given is None:
            return Config()
        raise UsageError(
            f"the configuration {given} does not exist",
            hint="check --config and LD_IMPORT_CONFIG: a relative path begins at the working"
            " directory",
        )
    return read_config(path)


def ignored_config(manifest: Path | None) -> Path | None:
    """Return the configuration in the folder of a manifest, which is read only with --config."""
    if manifest is None:
        return None
    path = manifest.parent / CONFIG_NAME
    is_ours = realpath(path.parent) == realpath(Path())
    return None if is_ours or not path.exists() else path


def config_notices(given: Path | None, manifest: Path | None) -> Iterator[tuple[str, str]]:
    """Yield the messages to log about the configuration, each with its level."""
    path = config_path(given)
    if path.exists():
        yield "info", f"the configuration is {path}"
    ignored = ignored_config(manifest) if given is None else None
    if ignored is not None:
        yield (
            "warning",
            f"{ignored}, beside the manifest, is not read; use it with --config"
            f" {quote(str(ignored))}",
        )


def read_config(path: Path) -> Config:
    """Read and check a configuration file. Raises UsageError with each mistake and its line."""
    from ld_import.cli.config.mistakes import mistakes_in
    from ld_import.manifest import read_mapping

    _check_size(path)
    try:
        values, lines = read_mapping(path)
    except ManifestError as error:
        raise UsageError(str(error), hint=FIX_HINT) from None
    if problems := mistakes_in(values, lines):
        raise ConfigMistakes(path, problems)
    return Config(
        path,
        values.get("profiles") or {},
        values.get("profile"),
        {key: value for key, value in values.items() if key not in OTHER_KEYS},
        values.get("storages") or {},
        values.get("sources") or {},
    )


def _check_size(path: Path) -> None:
    try:
        check_small(path, limit=LARGEST_BYTES)
    except OSError as error:
        raise UsageError(
            f"the configuration {path} cannot be read: {error.strerror}", hint="check --config"
        ) from None
    if path.suffix.lower() == ".gz":
        # Its uncompressed size has no limit.
        raise UsageError(f"the configuration {path} is compressed", hint="decompress it")
