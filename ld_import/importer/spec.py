"""One import as a value, complete before anything is opened or sent."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from ld_import.errors import ManifestError
from ld_import.importer import checks
from ld_import.importer.new_run import NewRun, manifest_name, records_name
from ld_import.importer.settings import ImportSettings
from ld_import.kinds import KINDS
from ld_import.kinds.base import Kind
from ld_import.manifest import Manifest
from ld_import.manifest import Mapping as Templates
from ld_import.manifest.files import name_of
from ld_import.model import Identity, RunStart, Target
from ld_import.pipeline.planning.chunk import Rules

# The token of a request is in the context under this name; its notification repeats the context.
TOKEN_NAME = "ldImport"  # noqa: S105 - the name, not a token
LONGEST_TOKEN = "0" * 32
SHORTEST_KEY = 16

P = ParamSpec("P")
R = TypeVar("R")


def _with_settings(
    settings: Callable[P, object],
) -> Callable[[Callable[..., R]], Callable[Concatenate[Any, Manifest, P], R]]:
    """Give a method the keyword parameters of `settings`, for type checkers and for `help`."""

    def decorate(method: Callable[..., R]) -> Callable[Concatenate[Any, Manifest, P], R]:
        own = list(inspect.signature(method).parameters.values())[:-1]
        inherited = inspect.signature(settings).parameters.values()
        method.__signature__ = inspect.Signature([*own, *inherited])  # type: ignore[attr-defined]
        return method

    return decorate


@dataclass(frozen=True, kw_only=True)
class ImportSpec(ImportSettings):
    """A manifest, and the settings of its import: see `ImportSettings`.

    `ImportSpec.for_manifest` uses the header of the manifest and checks the settings; the
    constructor does neither.
    """

    manifest: Manifest

    @classmethod
    @_with_settings(ImportSettings)
    def for_manifest(cls, manifest: Manifest, **settings: Any) -> ImportSpec:
        """Return the checked spec of an import; the keywords are the fields of `ImportSettings`.

        `system_name`, `external_id`, `webhook` and `context` default to those in the header of the
        manifest. Raises UsageError for a setting, and ManifestError for a template, that cannot be
        used.
        """
        header = manifest.header
        if "ledger_path" in settings:
            settings["ledger_path"] = Path(settings["ledger_path"])
        from_header = {
            "system_name": header.system_name or "",
            "external_id": header.external_id,
            "webhook": header.webhook,
            "context": header.context,
        }
        spec = cls(manifest=manifest, **{**from_header, **settings})
        spec.check()
        return spec

    def check(self) -> None:
        """Raise UsageError for a setting, and ManifestError for a template, that cannot be used."""
        checks.check_kind(self.kind)
        checks.check_list(self.kind_rules, self.manifest)
        checks.check_storage(self.kind_rules, self.manifest)
        checks.check_system_name(
            self.system_name,
            is_needed=not self.kind_rules.has_own_ids,
            header=self.manifest.header,
        )
        checks.check_on_existing(self.on_existing)
        is_reprobing = self.assets is not None and self.assets.reprobe
        checks.check_reprobe(self.on_existing, is_wanted=is_reprobing)
        checks.check_webhook(self.webhook)
        checks.check_context(self.context, has_receiver=self.has_receiver)
        if self.batch_size is not None:
            checks.check_count("batch_size", self.batch_size)
        checks.check_count("parallel", self.parallel)
        checks.check_count("max_failures", self.max_failures, least=0)
        checks.check_rate(self.max_rate)
        checks.check_seconds("max_wait_seconds", self.max_wait_seconds)
        checks.check_seconds("max_duration_seconds", self.max_duration_seconds)
        self._keep_secrets()
        # Compiles the templates, so that a mistake in them is reported now.
        _ = self.mapping

    def _keep_secrets(self) -> None:
        if self.server is not None and self.server.token is not None:
            self.redactor.add(self.server.token)
        # The part of a webhook after its host, if it looks like a key.
        rest = (self.webhook or "").partition("://")[2].partition("/")[2]
        if len(rest) >= SHORTEST_KEY and any(character.isdigit() for character in rest):
            self.redactor.add(rest, is_random=False)

    @cached_property
    def kind_rules(self) -> Kind:
        """The rules of the kind."""
        return kind_named(self.kind, has_random_ids=self.random_ids)

    @cached_property
    def mapping(self) -> Templates:
        """The compiled templates. Raises ManifestError naming the manifest."""
        try:
            return mapping_of(self.manifest, self.kind_rules, self.external_id)
        except ManifestError as error:
            where = name_of(self.manifest.path)
            raise ManifestError(f"{where}: {error}", hint=error.hint) from None

    @property
    def prepares_files(self) -> bool:
        """Whether records may have a file that is uploaded before they are sent."""
        fields = self.manifest.header.map
        is_possible = self.kind == "media-library" and (fields is None or "file" in fields)
        return self.assets is not None and is_possible

    @cached_property
    def manifest_name(self) -> str:
        """The name of the manifest in the ledger."""
        return manifest_name(self.manifest.path, self.system_name)

    @property
    def records_file(self) -> str | None:
        """The name of the file with the records in the ledger; `None` for standard input."""
        return records_name(self.manifest.records_path)

    @property
    def target(self) -> Target:
        """The server, project and kind that the ledger rows belong to."""
        if self.server is None:
            return Target("", "", self.kind)
        return Target(self.server.url, self.server.project, self.kind)

    @property
    def identity(self) -> Identity:
        """The parts that make the keys of the items."""
        return Identity(self.system_name, self.mapping.external_id_template)

    @property
    def rules(self) -> Rules:
        """The rules by which the planner decides."""
        return Rules(
            retry_failed=self.retry_failed,
            force=self.force,
            only=self.only,
            limit=self.limit,
            patch=self.on_existing == "patch",
            largest_item_bytes=self.largest_item_bytes,
        )

    @property
    def largest_item_bytes(self) -> int:
        """The size of the largest item that fits into a request."""
        return self.batch_bytes - sum(map(len, self.envelope))

    @property
    def envelope(self) -> tuple[bytes, bytes]:
        """The bytes before and after the items of a request, at their largest."""
        return self.envelope_for(LONGEST_TOKEN if self.has_receiver else None)

    def envelope_for(self, token: str | None) -> tuple[bytes, bytes]:
        """Return the bytes before and after the items of the request with this token."""
        context = self.context if token is None else {**(self.context or {}), TOKEN_NAME: token}
        return self.kind_rules.envelope(self.system_name, webhook=self.webhook, context=context)

    def with_identity(self, identity: Identity) -> ImportSpec:
        """Return the same import with the keys of another identity."""
        return replace(
            self,
            system_name=identity.system_name,
            external_id=identity.external_id_template,
        )

    def run_start(self, run: NewRun) -> RunStart:
        """Return the ledger's record of a run that begins."""
        # Not needed by a dry run.
        import socket

        return RunStart(
            run_id=run.run_id,
            manifest=self.manifest_name,
            records_file=self.records_file,
            system_name=self.system_name,
            external_id_template=self.mapping.external_id_template,
            command=self.command,
            host=socket.gethostname(),
            pid=os.getpid(),
            started_at=run.started_at,
        )


def kind_named(name: str, *, has_random_ids: bool) -> Kind:
    """Return a kind by name; `has_random_ids` is for the media library only."""
    if not has_random_ids:
        return KINDS[name]
    from ld_import.kinds.media_library import MediaLibraryKind

    return MediaLibraryKind(has_random_ids=True)


def mapping_of(manifest: Manifest, kind: Kind, external_id: str | None) -> Templates:
    """Compile the templates of a manifest. Raises ManifestError."""
    return Templates(
        external_id=external_id,
        fields=manifest.header.map,
        has_own_ids=kind.has_own_ids,
        columns=manifest.columns,
    )
