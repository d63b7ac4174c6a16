"""The record of one import job in the ledger, apart from a run."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path

from ld_import.clock import SystemClock
from ld_import.errors import LedgerLocked
from ld_import.importer.listening import ignore
from ld_import.ledger import SqliteLedger, exclusive
from ld_import.model import Job, Target
from ld_import.pipeline.delivery.recorder import Recorder, SentBatch
from ld_import.pipeline.delivery.settle import settle_own
from ld_import.redaction import Redactor


def record_job(job: Job, target: Target, ledger_path: Path, redactor: Redactor) -> None:
    """Settle the job's batch, unless it is settled or unknown, or a run holds the ledger.

    A job that failed as a whole has no results for items: the next run bisects it.
    """
    if not ledger_path.exists() or job.results is None:
        return
    # A run that holds the ledger follows its jobs itself.
    with (
        suppress(LedgerLocked),
        exclusive(ledger_path),
        closing(SqliteLedger(ledger_path, target, redact=redactor.redact)) as ledger,
    ):
        recorder = Recorder(ledger, SystemClock(), ignore)
        for batch in ledger.open_batches():
            outcomes = settle_own(batch.keys, job) if batch.job_id == job.job_id else None
            if outcomes is not None:
                recorder.settle(SentBatch(batch.batch_id), outcomes, job.state)
