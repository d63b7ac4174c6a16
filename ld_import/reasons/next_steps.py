"""Advice about items of one state and cause, with the command to run next."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

# Failures whose cause is the configuration of the project, or the URL of the file. These are texts,
# which `re` compiles at their first use: most runs have no failures.
ABOUT_METADATA = r"(?i)propert|metadata|media ?type|locale|translation"
ABOUT_DOWNLOAD = r"(?i)download|upload|fetch|reach|\burl\b|\bhttp|\bhost\b|file not found"
# Failures of files that an import of entries uploads itself; its server fetches none.
UPLOADING = "media-library"
ABOUT_FILE = r"\bthe (?:file|content|picture)\b|cannot be read"
# The reason that an undo records; see `importer/undoing.py`.
UNDONE = "archived by `ledger undo`"
# The flag that a refused source names.
ALLOW_PRIVATE = "--allow-private-sources"
OTHER_CONTENT = "other content"
NOT_CONFIRMED = "could not be confirmed"


class Commands(NamedTuple):
    """The commands of an import; `manifest` is `None` if there are several, or a pipe.

    `options` are those that reading the manifest needs, `ledger` is one that the user named.
    """

    kind: str
    manifest: str | None = None
    options: tuple[str, ...] = ()
    ledger: str | None = None

    def again(self, *flags: str) -> str:
        """Return the import command with these flags."""
        ledger = () if self.ledger is None else ("--ledger", self.ledger)
        return self._shown("ld-import", self.kind, *self._manifest, *ledger, *flags)

    def validate(self, *flags: str) -> str:
        """Return the command that checks the manifest."""
        return self._shown("ld-import", "validate", *self._manifest, "--kind", self.kind, *flags)

    @property
    def _manifest(self) -> tuple[str, ...]:
        return () if self.manifest is None else (self.manifest, *self.options)

    @staticmethod
    def _shown(*words: str) -> str:
        return f"`{shlex.join(words)}`"


def advice_for(state: str, reason: str, commands: Commands) -> str:
    """Return what to do about items of a state with this reason."""
    match state:
        case "failed" | "failed before":
            return _after_failure(reason, commands)
        case "invalid":
            return f"correct the records; {commands.validate()} checks them"
        case "refused":
            return f"{commands.again()} sends them again"
        case "lost":
            return f"{commands.again()} looks for them on the server, and sends those it has not"
        case "pending" | "submitted" | "open":
            return f"{commands.again()} waits for the result"
        case "skipped":
            return _after_skipping(reason, commands)
        case _:
            return ""


def _after_failure(reason: str, commands: Commands) -> str:
    retry = commands.again("--retry-failed")
    if reason.startswith(UNDONE):
        return (
            "the server keeps these externalIds in use: give the records new ids, or remove them"
            f" from the manifest; if you restore the entries in Livingdocs, {retry} sends them"
        )
    if ALLOW_PRIVATE in reason:
        allowed = commands.again("--retry-failed", ALLOW_PRIVATE)
        return f"{allowed} reads them, if you trust the manifest"
    if commands.kind == UPLOADING and re.search(ABOUT_FILE, reason):
        return f"correct file or record; `ld-import probe FILE` shows what a file is; then {retry}"
    if re.search(ABOUT_METADATA, reason):
        fields = f"`ld-import fields {commands.kind}` lists what the project has"
        return f"{fields}; correct `map` or the project, then {retry}"
    if commands.kind != UPLOADING and re.search(ABOUT_DOWNLOAD, reason):
        return f"{commands.validate('--check-urls')} finds the URLs to repair; then {retry}"
    return f"remove the cause, then {retry}"


def _after_skipping(reason: str, commands: Commands) -> str:
    if OTHER_CONTENT in reason:
        return f"{commands.again('--on-existing', 'patch')} updates them"
    if NOT_CONFIRMED in reason:
        return "use a token with `public-api:read`, which allows to compare them"
    return "nothing to do: the server has them"
