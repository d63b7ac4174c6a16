"""The settings of a run as the ledger recorded them: without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ld_import.report.facts import RunFacts
from ld_import.wording import size

REQUESTS = {
    "import": "import requests",
    "status": "status requests",
    "lookup": "look-ups",
    "patch": "PATCH requests",
    "retried": "retried",
}
FILES = {
    "stored": "stored",
    "same": "stored before with this content",
    "failed": "failed",
    "kept": "changed, but kept as stored",
    "unasked": "not asked for changes",
}


def settings_of(run: RunFacts, ledger: str = "") -> Iterator[tuple[str, str]]:
    """Yield names and values, those without a value left out."""
    rows = (
        ("command", run.command),
        ("server", run.server),
        ("project", run.project),
        ("kind", run.kind),
        ("systemName", run.system_name),
        ("externalId", run.template or ""),
        ("manifest", run.manifest),
        ("ledger", ledger),
        ("run", run.run_id),
        ("machine", f"{run.host}, process {run.pid}" if run.host else ""),
        ("requests", _requests(run.summary.get("requests"))),
        ("files", _files(run.summary.get("uploads"))),
        ("project checked", _project(run.summary.get("preflight"))),
    )
    yield from ((name, value) for name, value in rows if value)


def _requests(counts: Any) -> str:
    if not isinstance(counts, Mapping):
        return ""
    return ", ".join(
        f"{count:,} {REQUESTS.get(name, name)}" for name, count in counts.items() if count
    )


def _files(counts: Any) -> str:
    if not isinstance(counts, Mapping) or not any(counts.values()):
        return ""
    known = [f"{counts[name]:,} {words}" for name, words in FILES.items() if counts.get(name)]
    return ", ".join([*known, f"{size(counts.get('bytes') or 0)} sent"])


def _project(preflight: Any) -> str:
    if not isinstance(preflight, Mapping) or not preflight.get("revision"):
        return ""
    return f"revision {preflight['revision']}"
