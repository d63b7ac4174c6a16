"""An import, fully understood: found, read, checked and settled, before anything is opened."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ld_import.cli.config import Config, find_config
from ld_import.cli.find import find_ledger, find_manifest, read_manifest
from ld_import.cli.options import Connection, ImportOptions
from ld_import.cli.recipe import kind_of
from ld_import.cli.server import Server, find_server
from ld_import.cli.settings import Settings, settle_settings
from ld_import.cli.text import REDACTOR
from ld_import.errors import ManifestError, UsageError
from ld_import.kinds.base import Kind
from ld_import.ledger.ownership import check_owner
from ld_import.manifest import STANDARD_INPUT, Manifest, Mapping
from ld_import.manifest.files import name_of
from ld_import.model import Identity, Invalid, Item, ItemKey, Record, RunStart, Target

# Their values may hold secrets, which have no place in a ledger.
SECRET_OPTIONS = ("--token-command", "--webhook", "--context")
SHORTEST_KEY = 16
# Under this name a request's token stands in the context, which comes back in its notification.
OURS = "ldImport"
LONGEST_TOKEN = "0" * 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An import, fully understood, before anything is opened for writing.

    `is_ledger_found` when neither the user nor the configuration named the ledger.
    """

    kind: Kind
    manifest: Manifest
    manifest_name: str
    mapping: Mapping
    settings: Settings
    options: ImportOptions
    connection: Connection
    config: Config
    server: Server
    ledger_path: Path
    run_id: str
    started_at: datetime
    is_ledger_found: bool = False

    @property
    def target(self) -> Target:
        """Where the items of this import live."""
        return Target(self.server.url, self.server.project, self.kind.name)

    @property
    def records_file(self) -> str | None:
        """Where the records are, as it was named: a link keeps its name when it leads elsewhere.

        `None` for standard input, which has no name of its own.
        """
        path = self.manifest.records_path
        return None if path == STANDARD_INPUT else _in_utf8(os.path.normpath(path.absolute()))

    @property
    def identity(self) -> Identity:
        """What makes the keys of this import."""
        return Identity(self.settings.system_name, self.mapping.external_id_template)

    def keys_under(self, identity: Identity) -> Callable[[Record], tuple[ItemKey, str] | None]:
        """Return a function from a record to the key it has under an identity, and its masked URL.

        The function returns `None` for an invalid record.
        """
        settings = replace(
            self.settings,
            external_id=identity.external_id_template,
            system_name=identity.system_name,
        )
        mapping = mapping_of(self.kind, settings, self.options, self.manifest)

        def key_of(record: Record) -> tuple[ItemKey, str] | None:
            entry = mapping.entry_from(record)
            if isinstance(entry, Invalid):
                return None
            item = self.kind.item_from(entry, settings.system_name, b"")
            return (item.key, REDACTOR.redact(item.url)) if isinstance(item, Item) else None

        return key_of

    def notified_at(self, webhook: str) -> Task:
        """Return the same import, whose jobs notify this URL."""
        return replace(self, settings=replace(self.settings, webhook=webhook))

    @property
    def envelope(self) -> tuple[bytes, bytes]:
        """What stands around the items of a request, at its largest."""
        return self.envelope_for(LONGEST_TOKEN if self.options.listen else None)

    def envelope_for(self, token: str | None) -> tuple[bytes, bytes]:
        """Return what stands around the items of the request with this token."""
        chosen = self.settings
        context = chosen.context if token is None else {**(chosen.context or {}), OURS: token}
        return self.kind.envelope(chosen.system_name, webhook=chosen.webhook, context=context)


def understand(
    kind_name: str, options: ImportOptions, connection: Connection, now: datetime
) -> Task:
    """Find and check everything an import needs; nothing is sent, nothing written."""
    config = find_config(connection.config)
    path = find_manifest(options.manifest, kind_name, config)
    manifest = read_manifest(
        path, options.format_name, allow_outside_source=options.allow_outside_source
    )
    kind = kind_of(kind_name, has_random_ids=options.random_ids)
    check_list(kind, manifest)
    settings = settle_settings(
        options, manifest.header, config, kind_name, needs_system_name=not kind.has_own_ids
    )
    _keep_secret(settings.webhook)
    server = find_server(connection, config)
    profile = config.profile(connection.profile)
    ledger_path = find_ledger(connection.ledger, profile, config, folder=path.parent)
    is_ledger_found = not (connection.ledger or profile.get("ledger"))
    if is_ledger_found:
        check_owner(ledger_path)
    return Task(
        kind=kind,
        manifest=manifest,
        manifest_name=noted_name(path, settings.system_name),
        mapping=mapping_of(kind, settings, options, manifest),
        settings=settings,
        options=options,
        connection=connection,
        config=config,
        server=server,
        ledger_path=ledger_path,
        is_ledger_found=is_ledger_found,
        run_id=f"{now:%Y-%m-%dT%H:%M:%SZ}-{secrets.token_hex(2)}",
        started_at=now,
    )


def _keep_secret(webhook: str | None) -> None:
    """Tell nobody what follows the host of a webhook, where that looks like a key."""
    rest = (webhook or "").partition("://")[2].partition("/")[2]
    if len(rest) >= SHORTEST_KEY and any(sign.isdigit() for sign in rest):
        REDACTOR.add(rest, is_random=False)


def check_list(kind: Kind, manifest: Manifest) -> None:
    """Raise UsageError for a manifest that lists what is of another kind."""
    listed = manifest.header.list_key
    if listed not in (None, "items", kind.list_key):
        raise UsageError(
            f"{name_of(manifest.path)} lists `{listed}`, not `{kind.list_key}`",
            hint=f"import it with the command for {listed}, or rename the list to `items`",
        )


def noted_name(path: Path, system_name: str) -> str:
    """Name the manifest for the ledger: one pipe differs from another by its systemName."""
    if path != STANDARD_INPUT:
        return _in_utf8(str(path.resolve()))
    return f"- ({system_name})" if system_name else "-"


def _in_utf8(name: str) -> str:
    """Return the name of a file for the ledger, which is UTF-8; file names need not be."""
    return name.encode(errors="backslashreplace").decode()


def mapping_of(
    kind: Kind, settings: Settings, options: ImportOptions, manifest: Manifest
) -> Mapping:
    """Compile the templates. Raises UsageError for that of the flag, ManifestError for others."""
    try:
        return Mapping(
            external_id=settings.external_id,
            fields=manifest.header.map,
            has_own_ids=kind.has_own_ids,
            columns=manifest.columns,
        )
    except ManifestError as error:
        if options.external_id is not None and str(error).startswith("`externalId`"):
            raise UsageError(f"--external-id: {error}", hint=error.hint) from None
        raise ManifestError(f"{name_of(manifest.path)}: {error}", hint=error.hint) from None


def start_of(task: Task) -> RunStart:
    """Return what the ledger notes of a run that begins."""
    # A dry run is none.
    import socket

    return RunStart(
        run_id=task.run_id,
        manifest=task.manifest_name,
        records_file=task.records_file,
        system_name=task.settings.system_name,
        external_id_template=task.mapping.external_id_template,
        command=spoken_command(sys.argv[1:]),
        host=socket.gethostname(),
        pid=os.getpid(),
        started_at=task.started_at,
    )


def spoken_command(arguments: list[str]) -> str:
    """Return the command line without what may be secret in it."""
    words = ["ld-import"]
    is_secret = False
    for argument in arguments:
        name = argument.split("=")[0]
        if is_secret:
            words.append("…")
        elif name in SECRET_OPTIONS and "=" in argument:
            words.append(f"{name}=…")
        else:
            words.append(argument)
        is_secret = argument in SECRET_OPTIONS
    return REDACTOR.redact(" ".join(words))
