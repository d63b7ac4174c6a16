"""Resolves an import from flags, environment, configuration and manifest; reads each of them once.

Log file, metrics file and run use the same values. A part that cannot be resolved raises the same
error on each access, so that an early error reaches the log and the metrics with the parts that are
known.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from ld_import.cli.config.command_line import redacted_command
from ld_import.cli.config.discovery import (
    find_ledger,
    find_manifest,
    output_file,
    read_manifest,
)
from ld_import.cli.config.file import Config, config_path, find_config, ignored_config
from ld_import.cli.config.output_files import (
    Outputs,
    Used,
    ledger_files,
    named_source,
)
from ld_import.cli.config.server import find_server, with_credentials
from ld_import.cli.config.settings import resolve_settings
from ld_import.cli.options import ImportFlags
from ld_import.cli.output.sanitize import REDACTOR
from ld_import.errors import LdImportError, ManifestError, UsageError
from ld_import.importer.checks import STORING_KIND
from ld_import.importer.server import Server
from ld_import.importer.spec import ImportSpec
from ld_import.ledger.ownership import check_owner
from ld_import.manifest import STANDARD_INPUT, Manifest
from ld_import.model import Target

if TYPE_CHECKING:
    from ld_import.assets.base import AssetSettings
    from ld_import.cli.config.only_file import ListedIds

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - used like `property`
    """A property that is computed once; an error is also stored, and raised on each access."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        """Store the function; it is called on first access."""
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        """Choose the attribute that stores the value."""
        self._name = f"_once_{name}"

    @overload
    def __get__(self, instance: None, owner: type) -> once[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: Any, owner: type) -> T | once[T]:
        """Return the value, or raise the error of the first access."""
        if instance is None:
            return self
        if self._name not in vars(instance):
            try:
                vars(instance)[self._name] = (self._compute(instance), None)
            except LdImportError as raised:
                vars(instance)[self._name] = (None, raised)
        value, error = vars(instance)[self._name]
        if error is not None:
            raise error
        return value  # type: ignore[no-any-return]


class Resolution:
    """The parts of an import, each resolved on first access."""

    def __init__(self, kind: str, flags: ImportFlags) -> None:
        """Store the flags; nothing is read yet."""
        self.kind = kind
        self.flags = flags

    @once
    def config(self) -> Config:
        """The configuration; empty without a file. Raises UsageError."""
        return find_config(self.flags.config)

    @once
    def profile(self) -> Mapping[str, Any]:
        """The profile in the configuration. Raises UsageError."""
        return self.config.profile(self.flags.profile)

    @once
    def manifest_path(self) -> Path:
        """The path of the manifest. Raises UsageError."""
        return find_manifest(self.flags.manifest, self.kind, self.config)

    @once
    def manifest(self) -> Manifest:
        """The manifest with its checked header. Raises UsageError or ManifestError."""
        return read_manifest(
            self.manifest_path,
            self.flags.format_name,
            allow_outside_source=self.flags.allow_outside_source,
            delimiter=self.flags.delimiter,
            sheet=self.flags.sheet,
        )

    @once
    def ledger_path(self) -> Path:
        """The path of the ledger. Raises UsageError."""
        folder = self.manifest_path.parent
        return find_ledger(self.flags.ledger, self.profile, self.config, folder=folder)

    @property
    def is_ledger_found(self) -> bool:
        """Whether neither the user nor the configuration named the ledger."""
        return not (self.flags.ledger or self.profile.get("ledger"))

    @once
    def server(self) -> Server:
        """The server, without its token. Raises UsageError."""
        return find_server(self.flags, self.profile, self.config)

    @property
    def target(self) -> Target:
        """The server, project and kind that the ledger rows belong to. Raises UsageError."""
        return Target(self.server.url, self.server.project, self.kind)

    @once
    def settings(self) -> Mapping[str, Any]:
        """The settings that flags, header or configuration determine. Raises UsageError."""
        return resolve_settings(self.flags, self.manifest.header, self.config.command(self.kind))

    @once
    def listed(self) -> ListedIds | None:
        """The ids in the file of `--only-file`; `None` without one. Raises UsageError."""
        if self.flags.only_file is None:
            return None
        from ld_import.cli.config.only_file import Owner, read_ids

        return read_ids(self.flags.only_file, Owner(self.kind, self.settings["system_name"]))

    @once
    def spec(self) -> ImportSpec:
        """The import, whose server has no token yet. Raises UsageError or ManifestError."""
        values = dict(self.settings)
        if self.listed is not None:
            values["only"] = self.listed.ids.union(self.flags.only or ())
        spec = ImportSpec(
            kind=self.kind,
            manifest=self.manifest,
            server=self.server,
            ledger_path=self.ledger_path,
            command=redacted_command(sys.argv[1:]),
            redactor=REDACTOR,
            assets=self.assets,
            **values,
        )
        check_spec(spec, self.flags)
        if self.is_ledger_found:
            check_owner(self.ledger_path)
        return spec

    @once
    def assets(self) -> AssetSettings | None:
        """The settings for files to upload, if a storage is configured. Raises UsageError."""
        return resolve_assets(self.kind, self.flags, self.manifest, self.config)

    def authorized_server(self) -> Server:
        """Return the server with its token and proxy. Raises UsageError."""
        return with_credentials(self.server, self.flags, self.profile, self.config)

    @once
    def outputs(self) -> Outputs:
        """Log file, metrics file and report: flag, else configuration. Raises UsageError.

        Errors in other parts are not raised here: the run raises them, and the log records them.
        """
        config = Config()
        try:
            config = self.config
        except UsageError:
            if self.flags.log_file is None:
                raise
        outputs = Outputs(
            log_file=output_file(self.flags.log_file, config, self.kind, "logFile"),
            metrics_file=output_file(self.flags.metrics_file, config, self.kind, "metricsFile"),
            report=output_file(self.flags.report, config, self.kind, "report"),
        )
        if outputs != Outputs(None, None):
            outputs.check(*self._used())
        return outputs

    def _used(self) -> Iterator[Used]:
        yield "the configuration", config_path(self.flags.config)
        if ignored := ignored_config(self.flags.manifest):
            yield "a configuration", ignored
        folder = Path()
        with suppress(UsageError):
            folder = self.manifest_path.parent
            yield "the manifest", self.manifest_path
            if source := self._source():
                yield "the source of the manifest", source
        with suppress(UsageError):
            ledger = self._protected_ledger(folder)
            yield from (("the ledger", path) for path in ledger_files(ledger))

    def _protected_ledger(self, folder: Path) -> Path:
        """Return the ledger, which is protected even if profile or manifest are unknown."""
        try:
            return self.ledger_path
        except UsageError:
            return find_ledger(self.flags.ledger, *self._known_config(), folder=folder)

    def _known_config(self) -> tuple[Mapping[str, Any], Config]:
        try:
            return self.profile, self.config
        except UsageError:
            return {}, Config()

    def _source(self) -> Path | None:
        # Reading standard input can take long; it begins when the log is open.
        if self.manifest_path == STANDARD_INPUT:
            return None
        try:
            return self.manifest.records_path
        except LdImportError:
            # The run reports the error. The source must not be overwritten even so.
            return named_source(self.manifest_path, self.flags.format_name)


def resolve_import(kind: str, flags: ImportFlags) -> Resolution:
    """Return the resolution of an import; nothing is read yet."""
    return Resolution(kind, flags)


def resolve_assets(
    kind: str, flags: ImportFlags, manifest: Manifest, config: Config
) -> AssetSettings | None:
    """Return the settings for files to upload, `None` without any. Raises UsageError."""
    if kind != STORING_KIND:
        return None
    # Other kinds do not need it.
    from ld_import.cli.config.assets import asset_settings

    return asset_settings(flags, manifest, config)


def check_spec(spec: ImportSpec, flags: ImportFlags) -> None:
    """Check a spec. The error about a template from the command line names its flag."""
    try:
        spec.check()
    except ManifestError as error:
        message = str(error).partition(": ")[2]
        if flags.external_id is not None and message.startswith("`externalId`"):
            raise UsageError(f"--external-id: {message}", hint=error.hint) from None
        raise
