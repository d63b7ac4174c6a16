"""The verification of a ledger as a call: asks the server for its items, and returns a result.

It changes neither the server nor the ledger. Its own two files are beside the ledger.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import aclosing, closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from ld_import.api import ClientOptions, LivingdocsClient
from ld_import.clock import Clock, SystemClock
from ld_import.errors import UsageError
from ld_import.events import Listener, Note
from ld_import.importer.http import Connection, connect
from ld_import.importer.listening import ignore, waiting
from ld_import.importer.run import Interrupts, NoInterrupts
from ld_import.importer.server import Server
from ld_import.importer.spec import ImportSpec
from ld_import.importer.verifier import PARALLEL, Verifier
from ld_import.importer.verify_files import FileCheck
from ld_import.importer.verify_manifest import ManifestCounts, check_manifest
from ld_import.importer.verify_result import MOST_SHOWN, Verification, named, named_counts
from ld_import.kinds.comparison import FieldNames
from ld_import.ledger import SqliteLedger
from ld_import.model import Target
from ld_import.pipeline.shutdown import StoppableClock
from ld_import.redaction import Redactor
from ld_import.verification.counts import Counts
from ld_import.verification.files import progress_path, write_result
from ld_import.verification.judge import Judge
from ld_import.verification.mismatch import Mismatch
from ld_import.verification.progress import Progress, ProgressFile, Question

LARGEST_SEED = 999_999
# Names of properties that an entry may lack, so that it cannot name them itself.
COMMON_NAMES = (
    "mediaType",
    "translations",
    *(
        f"asset.{name}"
        for name in ("key", "url", "size", "width", "height", "duration", "filename", "mimeType")
    ),
    *(f"metadata.{name}" for name in ("title", "description", "caption", "credit", "copyright")),
)
Watch = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifySpec:
    """The settings of a verification.

    - `server`: with its token; `target`: the rows of the ledger to verify.
    - `files`: also ask for the stored file of each entry.
    - `system_name`: only items with this systemName.
    - `sample`: number of items to draw at random, `None` for all; `seed` repeats an earlier sample.
    - `is_restarted`: do not continue a verification that was stopped.
    - `manifest`: the import of a manifest whose records should be in the ledger.
    """

    server: Server
    target: Target
    ledger_path: Path
    system_name: str | None = None
    files: bool = False
    sample: int | None = None
    seed: int | None = None
    max_rate: float | None = None
    is_restarted: bool = False
    manifest: ImportSpec | None = None
    redactor: Redactor = field(default_factory=Redactor, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyEnvironment:
    """Everything that a verification takes from the program it is part of.

    `proxy_for` returns the URL of the proxy for the URL of a stored file.
    """

    clock: Clock = field(default_factory=SystemClock)
    interrupts: Interrupts = field(default_factory=NoInterrupts)
    connection: Connection | None = None
    proxy_for: Callable[[str], str | None] = lambda url: None


def verify_ledger(
    spec: VerifySpec,
    listen: Listener = ignore,
    watch: Watch = lambda progress: None,
    *,
    environment: VerifyEnvironment | None = None,
) -> Verification:
    """Compare a ledger with the server; store the result beside the ledger, and return it.

    `watch` is called after each part. Raises the errors of the client, and Interrupted; a later
    call for the same continues where this one stopped. Raises UsageError for a systemName of no
    item. Raises LedgerLocked if another verification
    of the target is running. Must not be called in a running event loop.
    """
    environment = environment or VerifyEnvironment()
    clock = StoppableClock(environment.clock)
    with (
        closing(SqliteLedger(spec.ledger_path, spec.target, read_only=True)) as ledger,
        closing(ProgressFile(progress_path(spec.ledger_path, spec.target))) as file,
    ):
        progress = _progress_of(spec, ledger, file, listen, clock)
        judge = Judge(spec.redactor.redact, FieldNames(COMMON_NAMES))
        judge.names.learn((name, None) for name in progress.names)
        client = _client(spec, environment.connection, clock, listen)
        verifier = Verifier(ledger, client, judge, file, progress)
        asyncio.run(_run(verifier, client, clock, environment, watch, spec.files))
        found = list(islice(file.mismatches(), MOST_SHOWN))
        counts = progress.counts
        manifest = _check_manifest(spec, ledger, judge, file, found, counts)
        file.end()
        result = Verification(
            question=progress.question,
            counts=named_counts(counts, judge.names),
            found=named(found, judge.names),
            manifest=manifest,
            not_imported=ledger.not_held_count(spec.system_name),
            requests={"lookup": client.counts["lookup"], "retried": client.retried},
            mismatches_file=file.path.name,
            ended_at=clock.now(),
        )
    write_result(spec.ledger_path, spec.target, result.document())
    return result


async def _run(
    verifier: Verifier,
    client: LivingdocsClient,
    clock: StoppableClock,
    environment: VerifyEnvironment,
    watch: Watch,
    has_files: bool,
) -> None:
    clock.on_stop(client.stop)
    with environment.interrupts.handed_to(clock.stop, clock.note):
        async with client:
            if not has_files:
                await verifier.run(clock, watch)
                return
            async with aclosing(FileCheck(client, clock, environment.proxy_for)) as verifier.files:
                clock.on_stop(verifier.files.stop)
                await verifier.run(clock, watch)


def _check_manifest(
    spec: VerifySpec,
    ledger: SqliteLedger,
    judge: Judge,
    file: ProgressFile,
    found: list[Mismatch],
    counts: Counts,
) -> ManifestCounts | None:
    if spec.manifest is None:
        return None

    def take(unknown: list[Mismatch]) -> None:
        file.add_of_manifest(unknown)
        for mismatch in unknown:
            counts.note(mismatch)
        found.extend(unknown[: MOST_SHOWN - len(found)])

    return check_manifest(spec.manifest, ledger, judge, found, take)


def _client(
    spec: VerifySpec, connection: Connection | None, clock: Clock, listen: Listener
) -> LivingdocsClient:
    connection = connection or connect(spec.server, parallel=PARALLEL)
    return LivingdocsClient(
        connection.http,
        clock,
        ClientOptions(
            api_version=spec.server.api_version,
            max_rate=spec.max_rate,
            proxy=connection.proxy,
        ),
        on_retry=lambda retry: listen(waiting(retry)),
        on_notice=lambda text: listen(Note(text)),
    )


def _progress_of(
    spec: VerifySpec,
    ledger: SqliteLedger,
    file: ProgressFile,
    listen: Listener,
    clock: Clock,
) -> Progress:
    """Return the progress to continue, or begin."""
    total = ledger.held_count(spec.system_name)
    if spec.system_name and not total and not ledger.not_held_count(spec.system_name):
        raise UsageError(
            f"the ledger {spec.ledger_path} has no items of the systemName {spec.system_name!r}",
            hint="check its spelling, or omit --system-name",
        )
    seed = spec.seed
    if spec.sample is not None and seed is None:
        seed = random.SystemRandom().randint(1, LARGEST_SEED)
    question = Question(
        server=spec.target.server,
        project=spec.target.project,
        kind=spec.target.kind,
        first_run=ledger.first_run_id(),
        system_name=spec.system_name,
        sample=spec.sample,
        seed=seed,
        files=spec.files,
        total=total,
        started_at=clock.now().isoformat(),
    )
    progress = None if spec.is_restarted else file.read()
    if progress is None or progress.is_ended:
        return file.begin(question)
    if not progress.question.is_continued_by(replace(question, seed=spec.seed), clock.now()):
        return file.begin(question)
    started = progress.question.started_at[:16].replace("T", " ")
    done = f"{progress.counts.checked:,} items are checked already"
    listen(Note(f"continuing the verification of {started} UTC: {done}"))
    return progress
