"""The settings of a run as the ledger recorded them: without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ld_import.report.facts import RunFacts

REQUESTS = {
    "import": "import requests",
    "status": "status requests",
    "lookup": "look-ups",
    "patch": "PATCH requests",
    "retried": "retried",
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
        ("project checked", _project(run.summary.get("preflight"))),
    )
    yield from ((name, value) for name, value in rows if value)


def _requests(counts: Any) -> str:
    if not isinstance(counts, Mapping):
        return ""
    return ", ".join(
        f"{count:,} {REQUESTS.get(name, name)}" for name, count in counts.items() if count
    )


def _project(preflight: Any) -> str:
    if not isinstance(preflight, Mapping) or not preflight.get("revision"):
        return ""
    return f"revision {preflight['revision']}"
