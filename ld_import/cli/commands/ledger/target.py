"""Chooses the one target of a ledger that a command shows: rehearsal and live import stay apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ld_import.cli.options import TargetFlags
from ld_import.cli.output.console import print_err
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import UsageError
from ld_import.importer.server import normal_url
from ld_import.ledger.target_filter import TargetFilter

if TYPE_CHECKING:
    from ld_import.ledger import LedgerReader

MOST_NAMED = 10
CHOICE = "choose one with --server, --project or --kind, or all with --all-targets"


def chosen_target(
    reader: LedgerReader, flags: TargetFlags, profile: Mapping[str, Any]
) -> TargetFilter:
    """Return the target to show and name it on standard error.

    It is the one of the flags, else the configured one, else the only one of the ledger. Raises
    UsageError that lists the targets if there are several, or if none is meant.
    """
    wanted = _wanted(flags, profile)
    targets = [TargetFilter(**row) for row in reader.targets()]
    matching = [target for target in targets if _is_part(target, wanted)]
    if not targets or (flags.all_targets and matching):
        print_err(f"{len(matching):,} targets" if len(matching) != 1 else _text(matching[0]))
        return wanted
    if not matching:
        raise UsageError(
            f"the ledger {reader.path} has no import of {_text(wanted)}",
            hint=f"{CHOICE}: it has {_listed(targets)}",
        )
    if len(matching) > 1:
        raise UsageError(
            f"the ledger {reader.path} has {len(matching):,} targets",
            hint=f"{CHOICE}: {_listed(matching)}",
        )
    (target,) = matching
    print_err(_text(target))
    return TargetFilter(target.server, target.project, target.kind, flags.system_name)


def _wanted(flags: TargetFlags, profile: Mapping[str, Any]) -> TargetFilter:
    server, project = (None, None) if flags.all_targets else (flags.server, flags.project)
    if server is None and not flags.all_targets and profile.get("server"):
        server = profile["server"]
        project = profile.get("project") or "" if project is None else project
    url = None if server is None else normal_url(server, allow_http=True)
    return TargetFilter(url, project, flags.kind, flags.system_name)


def _is_part(target: TargetFilter, wanted: TargetFilter) -> bool:
    return (
        wanted.server in (None, target.server)
        and wanted.project in (None, target.project)
        and wanted.kind in (None, target.kind)
    )


def _listed(targets: Sequence[TargetFilter]) -> str:
    named = "; ".join(_text(target) for target in targets[:MOST_NAMED])
    more = len(targets) - MOST_NAMED
    return f"{named}; {more:,} more" if more > 0 else named


def _text(target: TargetFilter) -> str:
    kind = target.kind or "any kind"
    server = f" on {target.server}" if target.server else ""
    project = f", project {target.project}" if target.project else ""
    return sanitize(f"{kind}{server}{project}")
