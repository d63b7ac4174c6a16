"""The check of a manifest's URLs: collects them, asks for each once, reports findings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGINT
from typing import Any, Protocol

from ld_import.clock import Clock, SystemClock
from ld_import.errors import Interrupted
from ld_import.importer.certificates import trust_for
from ld_import.importer.http import USER_AGENT
from ld_import.importer.run import Interrupts, NoInterrupts
from ld_import.importer.spec import ImportSpec
from ld_import.model import Item
from ld_import.url_checks.clients import Clients, ProxyFor
from ld_import.url_checks.expected import expected_of
from ld_import.url_checks.fetch import Fetcher
from ld_import.url_checks.gates import HostGates
from ld_import.url_checks.groups import UrlGroups
from ld_import.url_checks.probe import Prober
from ld_import.url_checks.queue import Choice, UrlQueue
from ld_import.url_checks.run import Progress, UrlRun
from ld_import.url_checks.sentences import findings_of
from ld_import.url_checks.store import CheckedRecord, UrlStore
from ld_import.validation import Finding
from ld_import.validation.subject import url_field_of

# Other files of records, on this machine or in a bucket, have no URL that the check can ask for.
WEB = ("https://", "http://")


class Watch(Protocol):
    """Observes a check of URLs."""

    def begin(self, choice: Choice) -> AbstractContextManager[Callable[[Progress], None]]:
        """Note the URLs to check; the context is the time in which they are asked for."""
        ...

    def take(self, record: CheckedRecord) -> None:
        """Note a record whose URL is bad or has remarks; called in the order of the manifest."""
        ...

    def end(self) -> None:
        """Note that all records were passed to `take`."""
        ...

    def close(self) -> None:
        """Release temporary files; safe to call at any point."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlCheckOptions:
    """The settings of a check of URLs.

    - `path`: the file with the results, created if it does not exist.
    - `sample`: the number of URLs to check, spread over manifest and hosts; `None` for all.
    - `is_recheck`: ask for URLs with a valid result as well.
    - `proxy_for`: returns the URL of the proxy for a URL.
    - `clock`, `interrupts`: time, and requests to stop.
    """

    path: Path
    sample: int | None = None
    is_recheck: bool = False
    proxy_for: ProxyFor = lambda url: None
    clock: Clock = field(default_factory=SystemClock)
    interrupts: Interrupts = field(default_factory=NoInterrupts)


class UrlCheck:
    """An inspection that collects the URLs of items, and asks for them at the end.

    Raises LedgerError if its file cannot be used, and Interrupted if it is stopped; the results so
    far are stored then.
    """

    def __init__(self, spec: ImportSpec, options: UrlCheckOptions, watch: Watch) -> None:
        """Open the file with the results."""
        self._kind = spec.kind
        self._options = options
        self._watch = watch
        self._store = UrlStore(options.path, spec.redactor.redact)
        self._queue = UrlQueue(self._store)
        self._groups = UrlGroups()
        self._choice: Choice | None = None
        self._bad_count = 0
        self._progress = Progress(0)

    def inspect(self, item: Item) -> Iterable[Finding]:
        """Collect the URL of an item; it has no findings yet."""
        if item.file and not item.file.startswith(WEB):
            return ()
        expected = expected_of(item, self._kind)
        self._queue.add(item.line, item.key.external_id, item.url, expected)
        return ()

    def finish(self) -> Iterator[Finding]:
        """Ask for the URLs, and yield the findings in the order of the manifest."""
        options = self._options
        choice = self._queue.choose(
            options.sample, is_recheck=options.is_recheck, now=options.clock.now()
        )
        self._choice = choice
        self._progress = Progress(choice.waiting_count)
        with self._watch.begin(choice) as listen:
            if choice.waiting_count:
                asyncio.run(self._ask(listen))
        self._bad_count = self._store.bad_count()
        field = url_field_of(self._kind)
        for record in self._store.found():
            self._groups.add(record)
            self._watch.take(record)
            yield from findings_of(record, field)
        self._watch.end()

    def close(self) -> None:
        """Close the file."""
        self._store.close()
        self._watch.close()

    @property
    def groups(self) -> UrlGroups:
        """The records with findings, by host and reason; complete after `finish`."""
        return self._groups

    @property
    def url_checks(self) -> dict[str, Any]:
        """The result as a JSON document; complete after `finish`."""
        choice, options = self._choice, self._options
        if choice is None:
            return {}
        return {
            "file": str(options.path),
            "urls": choice.url_count,
            "checked": choice.chosen_count,
            "sample": options.sample,
            "asked": self._progress.done - self._progress.not_asked,
            "notAsked": self._progress.not_asked,
            "reused": choice.known_count,
            "oldestReused": choice.oldest and choice.oldest.isoformat().replace("+00:00", "Z"),
            "bad": self._bad_count,
            "groups": [group.document() for group in self._groups.sorted()],
            "otherRecords": self._groups.other_count,
        }

    async def _ask(self, listen: Callable[[Progress], None]) -> None:
        main, numbers = asyncio.current_task(), list[int]()

        def stop(number: int) -> None:
            numbers.append(number)
            if main is not None:
                main.cancel()

        options = self._options
        trust = trust_for("https://", None, is_insecure=False)
        clients = Clients(USER_AGENT, options.proxy_for, trust=trust)
        gates = HostGates(options.clock)
        prober = Prober(Fetcher(clients, gates, options.clock), gates, options.clock)
        run = UrlRun(self._queue, self._store, prober, options.clock, self._progress, listen)
        try:
            with options.interrupts.handed_to(stop, lambda number: None):
                await run.run()
        except asyncio.CancelledError:
            raise Interrupted(numbers[0] if numbers else SIGINT) from None
        finally:
            await clients.aclose()
