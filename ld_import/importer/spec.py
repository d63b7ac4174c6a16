"""One import as a value: every question about it is answered before anything is opened."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from ld_import.clock import Clock
from ld_import.errors import ManifestError
from ld_import.importer import checks
from ld_import.importer.checks import ON_EXISTING
from ld_import.importer.server import Server
from ld_import.kinds import KINDS
from ld_import.kinds.base import Kind
from ld_import.manifest import STANDARD_INPUT, Manifest
from ld_import.manifest import Mapping as Templates
from ld_import.manifest.files import name_of
from ld_import.model import Identity, RunStart, Target
from ld_import.pipeline.planning.chunk import Rules
from ld_import.redaction import Redactor

BATCH_SIZE = 100
# The server accepts 500 kB; the margin covers differences in how it counts.
BATCH_BYTES = 480_000
PARALLEL = 2
MAX_WAIT_SECONDS = 3600.0
# The token of a request is in the context under this name; its notification repeats the context.
TOKEN_NAME = "ldImport"  # noqa: S105 - the name, not a token
LONGEST_TOKEN = "0" * 32
SHORTEST_KEY = 16


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run that begins: its id (`2026-11-21T01:00:00Z-7f3a`) and its start by both clocks."""

    run_id: str
    started_at: datetime
    started_monotonic: float

    @classmethod
    def at(cls, clock: Clock, started_monotonic: float | None = None) -> Self:
        """Return a run with a new id; its seconds count from now or from `started_monotonic`."""
        now = clock.now()
        since = clock.monotonic() if started_monotonic is None else started_monotonic
        return cls(f"{now:%Y-%m-%dT%H:%M:%SZ}-{secrets.token_hex(2)}", now, since)


@dataclass(frozen=True, kw_only=True)
class ImportSpec:
    """Everything that decides about an import; all of it is settled, nothing is looked up later.

    Use `ImportSpec.for_manifest`, which takes from the header of the manifest what is not given.

    - `kind`: `videos`, `images`, `files` or `media-library`
    - `external_id`: Jinja template; `None` takes the record's `externalId`, else its `id`
    - `on_existing`: `skip`, `patch` or `fail` for items that are on the server already
    - `only`: externalIds to send; `None` sends all
    - `limit`: number of items to send at most
    - `max_wait_seconds`: until a job is overdue; `max_duration_seconds`: until no new batch starts
    - `is_waiting`: follow the jobs to their end; otherwise the next run does
    - `has_receiver`: each request carries a token by which `run_import(receive=…)` recognizes
      the notification of its job
    - `command`: what the ledger notes as the command of the run
    - `redactor`: what is redacted in ledger and events, the token and a webhook with a key included
    """

    kind: str
    manifest: Manifest
    ledger_path: Path
    server: Server | None = None
    system_name: str = ""
    external_id: str | None = None
    webhook: str | None = None
    context: Mapping[str, Any] | None = None
    has_random_ids: bool = False
    on_existing: str = ON_EXISTING[0]
    retry_failed: bool = False
    force: bool = False
    only: frozenset[str] | None = None
    limit: int | None = None
    accept_new_ids: bool = False
    batch_size: int = BATCH_SIZE
    batch_bytes: int = BATCH_BYTES
    parallel: int = PARALLEL
    max_rate: float | None = None
    is_waiting: bool = True
    max_wait_seconds: float = MAX_WAIT_SECONDS
    max_duration_seconds: float | None = None
    is_waiting_for_quota: bool = False
    daily_limit: int | None = None
    has_receiver: bool = False
    command: str = "ld_import.run_import"
    redactor: Redactor = field(default_factory=Redactor, repr=False, compare=False)

    @classmethod
    def for_manifest(cls, manifest: Manifest, **settled: Any) -> Self:
        """Return the spec of an import; systemName, templates, webhook and context are the header's
        unless they are given. Raises UsageError or ManifestError for what cannot be imported.
        """
        header = manifest.header
        from_header = {
            "system_name": header.system_name or "",
            "external_id": header.external_id,
            "webhook": header.webhook,
            "context": header.context,
        }
        spec = cls(manifest=manifest, **{**from_header, **settled})
        spec.check()
        return spec

    def check(self) -> None:
        """Raise UsageError or ManifestError for what cannot be imported."""
        checks.check_kind(self.kind)
        checks.check_list(self.kind_rules, self.manifest)
        checks.check_system_name(self.system_name, is_needed=not self.kind_rules.has_own_ids)
        checks.check_on_existing(self.on_existing)
        checks.check_webhook(self.webhook)
        checks.check_context(self.context, has_receiver=self.has_receiver)
        checks.check_rate(self.max_rate)
        checks.check_seconds("--max-wait", self.max_wait_seconds)
        checks.check_seconds("--max-duration", self.max_duration_seconds)
        self._keep_secrets()
        # The templates are compiled, so that a mistake in them is reported now.
        _ = self.mapping

    def _keep_secrets(self) -> None:
        if self.server is not None and self.server.token is not None:
            self.redactor.add(self.server.token)
        # The part of a webhook behind its host, where it looks like a key.
        rest = (self.webhook or "").partition("://")[2].partition("/")[2]
        if len(rest) >= SHORTEST_KEY and any(sign.isdigit() for sign in rest):
            self.redactor.add(rest, is_random=False)

    @cached_property
    def kind_rules(self) -> Kind:
        """The rules of the kind."""
        return kind_named(self.kind, has_random_ids=self.has_random_ids)

    @cached_property
    def mapping(self) -> Templates:
        """The compiled templates. Raises ManifestError naming the manifest."""
        try:
            return mapping_of(self.manifest, self.kind_rules, self.external_id)
        except ManifestError as error:
            where = name_of(self.manifest.path)
            raise ManifestError(f"{where}: {error}", hint=error.hint) from None

    @property
    def manifest_name(self) -> str:
        """The name of the manifest in the ledger."""
        return noted_name(self.manifest.path, self.system_name)

    @property
    def records_file(self) -> str | None:
        """The path of the records as it was given: a symbolic link keeps its name when it changes.

        `None` for standard input, which has no name.
        """
        path = self.manifest.records_path
        return None if path == STANDARD_INPUT else _in_utf8(os.path.normpath(path.absolute()))

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
        """The rules by which the plan decides."""
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
        """Return what the ledger notes of a run that begins."""
        # A dry run has none.
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
    """Return a kind by name, or the media library with ids the server chooses."""
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


def noted_name(path: Path, system_name: str) -> str:
    """Return the name of a manifest in the ledger; pipes are distinguished by systemName."""
    if path != STANDARD_INPUT:
        return _in_utf8(str(path.resolve()))
    return f"- ({system_name})" if system_name else "-"


def _in_utf8(name: str) -> str:
    """Return the name of a file for the ledger, which is UTF-8; file names need not be."""
    return name.encode(errors="backslashreplace").decode()
