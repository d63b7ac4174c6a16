"""The check of URLs that the flags of `validate` request."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ld_import.errors import UsageError

# Imported when URLs are checked: they import httpx and SQLite.
if TYPE_CHECKING:
    from ld_import.cli.options import UrlCheckFlags
    from ld_import.importer.spec import ImportSpec
    from ld_import.importer.url_checks import UrlCheck

MEMBER = "urlChecks"
# The property of `UrlCheck`, which is not imported here unless URLs are checked.
MEMBER_SOURCE = "url_checks"
# Flags that have a meaning with --check-urls only.
DEPENDENT = {"sample": "--sample", "recheck": "--recheck", "url_report": "--url-report"}
LONGEST_CACHE = 1024


def url_inspection(spec: ImportSpec, flags: UrlCheckFlags) -> UrlCheck | None:
    """Return the inspection that asks for the URLs; `None` without --check-urls.

    Raises UsageError for flags that cannot be used, and LedgerError for the file of results.
    """
    given = [flag for name, flag in DEPENDENT.items() if getattr(flags, name)]
    if not flags.check_urls:
        if given:
            raise UsageError(
                f"{given[0]} has no meaning without --check-urls", hint="add --check-urls"
            )
        return None
    from ld_import.cli.output.url_watch import UrlWatch
    from ld_import.clock import SystemClock
    from ld_import.importer.url_checks import UrlCheck, UrlCheckOptions

    path = _results_path(spec)
    if flags.url_report is not None:
        _check_report(flags.url_report, spec, path)
    clock = SystemClock()
    options = UrlCheckOptions(
        path=path,
        sample=flags.sample,
        is_recheck=flags.recheck,
        proxy_for=proxy_finder(),
        clock=clock,
        interrupts=RequestInterrupts(),
    )
    return UrlCheck(spec, options, UrlWatch(clock, flags.url_report))


def url_documents(inspections: Iterable[object]) -> dict[str, Any]:
    """Return the members that a check of URLs adds to the JSON document."""
    for inspection in inspections:
        if document := getattr(inspection, MEMBER_SOURCE, None):
            return {MEMBER: document}
    return {}


class RequestInterrupts:
    """Signals while requests are made; at other times they end the program as usual."""

    def defer(self) -> None:
        """Defer nothing."""

    @contextmanager
    def handed_to(self, take: Callable[[int], None], note: Callable[[int], None]) -> Iterator[None]:
        """Pass signal numbers to `take` in the event loop, and to `note` immediately."""
        from ld_import.cli.signals import Signals

        with Signals().installed() as signals, signals.handed_to(take, note):
            yield


def _results_path(spec: ImportSpec) -> Path:
    from ld_import.cli.config.discovery import LEDGER_NAME
    from ld_import.manifest import STANDARD_INPUT
    from ld_import.url_checks.store_file import FILE_NAME

    path = spec.manifest.path
    folder = Path() if path == STANDARD_INPUT else path.parent
    return folder / LEDGER_NAME.parent / FILE_NAME


def _check_report(report: Path, spec: ImportSpec, results: Path) -> None:
    """Raise UsageError now, not after hours of requests, if the report cannot be written."""
    from ld_import.cli.config.output_files import same_file

    used = (
        (spec.manifest.path, "the manifest"),
        (spec.manifest.records_path, "the source of the manifest"),
        (results, "the file with results of URL checks"),
    )
    for path, use in used:
        if same_file(report, path):
            raise UsageError(f"the URL report {report} is {use}", hint="name another file")
    if report.is_dir() or report.is_symlink() or not os.access(report.parent, os.W_OK):
        raise UsageError(
            f"the URL report {report} cannot be written",
            hint="name a file in a folder that exists and is writable",
        )


def proxy_finder() -> Callable[[str], str | None]:
    """Return a function from a URL to its proxy, which asks the environment once for each host."""
    from ld_import.cli.config.proxies import proxy_for

    @lru_cache(LONGEST_CACHE)
    def of_origin(origin: str) -> str | None:
        proxy = proxy_for(origin)
        return proxy.url if proxy else None

    def finder(url: str) -> str | None:
        parts = urlsplit(url)
        return of_origin(f"{parts.scheme}://{parts.netloc}")

    return finder
