"""Ledgers with a run of every outcome, for the tests of the report."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

from ld_import.cli.output.sanitize import sanitize
from ld_import.ledger import SqliteLedger, TargetFilter
from ld_import.ledger.run_reader import RunReader
from ld_import.model import Invalid, Problem, State
from ld_import.report.data import data_of
from ld_import.report.page import Writing, page_of
from tests.ledger.story import at, outcomes, pend, send, settle
from tests.makers import TARGET, make_start

REASON = "Codec 'h266' is not supported in file {}"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</style></script></title><b>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "<!-- --><svg/onload=alert(1)>",
    "\u202egnp.exe\u2066\x1b[31m\x00",
    "&lt;b&gt;&amp;",
    "https://x.example/?token=geheimnis123&X-Amz-Signature=abcdef0123",
)
ANYTHING = TargetFilter()


LEFT = ("invalid", "repeated", "unchanged", "failedBefore", "notSent")


def summary_of(**counts):
    """Return the summary of a run as the ledger stores it."""
    outcomes = {name: counts.pop(name, 0) for name in ("success", "skipped", "failed", "open")}
    document = {
        "read": sum(outcomes.values()) + sum(counts.get(name, 0) for name in LEFT),
        "sent": sum(outcomes.values()),
        **counts,
        "outcomes": outcomes,
        "seconds": 90.0,
    }
    return json.dumps(document)


def begin(folder, run_id, *, started=0, command="ld-import videos", activity="import", **fields):
    """Open the ledger of a folder for a run that begins, so many seconds after the first one."""
    ledger = SqliteLedger(folder / "ledger.sqlite3", TARGET)
    start = make_start(run_id=run_id, **fields)
    ledger.begin_run(replace(start, started_at=at(started), command=command, activity=activity))
    return ledger


def end(ledger, *, exit_code=3, after=90, **counts):
    """Record the end of a run, and close the ledger."""
    ledger.end_run(exit_code=exit_code, summary=summary_of(**counts), ended_at=at(after))
    ledger.close()


def write_story(folder):
    """Write a ledger with two runs: the second has items of every state and invalid records."""
    ledger = begin(folder, "run-a")
    settle(ledger, send(ledger, 1, 2, now=at(0)), 1, 2, now=at(10))
    first = send(ledger, 3, 4, job_id="job2")
    settle(ledger, first, 3, 4, state=State.FAILED, reason="the old cause", now=at(20))
    end(ledger, success=2, failed=2, after=30)
    ledger = begin(folder, "run-b", started=40, template="v{{ number }}")
    settle(ledger, send(ledger, 11, 12, job_id="job3", now=at(40)), 11, 12, now=at(50))
    batch = send(ledger, 13, 14, 15, 16, 17, job_id="job4", now=at(40))
    ended = [
        *(
            outcomes(number, state=State.FAILED, reason=REASON.format(number))[0]
            for number in (13, 14, 15)
        ),
        *outcomes(16, state=State.SKIPPED, reason="already exists"),
        *outcomes(17),
    ]
    ledger.record_settled(batch, ended, job_state="success", now=at(70))
    send(ledger, 18, job_id="job5", now=at(80))
    ledger.record_refused(pend(ledger, 19, now=at(80)), "400 Bad Request", at(81))
    problems = (
        Problem("url", '`url` is "nowhere": it is not a URL; give an address'),
        Problem("title", "`title` is missing"),
    )
    ledger.record_invalid(
        [Invalid(21, "v21", problems), Invalid(22, None, problems[:1])], "/manifest.yaml"
    )
    end(ledger, success=3, skipped=1, failed=3, open=1, invalid=2, failedBefore=2, notSent=1)


def write_hostile(folder):
    """Write a ledger with a run whose every text is hostile."""
    ledger = begin(folder, "run-a", manifest="/x/<b>.yaml", template="</dd><script>")
    for number, text in enumerate(HOSTILE, 1):
        batch = send(ledger, number, job_id=f"job{number}")
        settle(ledger, batch, number, state=State.FAILED, reason=text, now=at(number))
    ledger.record_invalid([Invalid(99, HOSTILE[1], (Problem("", HOSTILE[0]),))], "/x/<b>.yaml")
    end(ledger, failed=len(HOSTILE), invalid=1)
    with closing(sqlite3.connect(folder / "ledger.sqlite3")) as database:
        for number, text in enumerate(HOSTILE, 1):
            # No valid item has such a URL; a damaged or foreign ledger may.
            database.execute(
                "UPDATE item SET start_id = 0, url_end = ?, file_name = ?, external_id = ?"
                " WHERE item_id = ?",
                (text, text, f"{number} {text}", number),
            )
        database.commit()


def reading(folder):
    """Open the ledger of a folder for queries about runs."""
    return RunReader(folder / "ledger.sqlite3")


def data_in(folder, run_id=None, **options):
    """Return the values of the report of a run, by default the latest."""
    with reading(folder) as reader:
        run = reader.run(run_id, of=ANYTHING)
        return data_of(reader, run, now=at(100), **options)


def page_in(folder, run_id=None, **options):
    """Return the page of a run as text."""
    return text_of(data_in(folder, run_id, **options))


def text_of(data):
    """Return the page of a report as text."""
    writing = Writing(clean=sanitize, csv_name="report.items.csv", version="1.0", now=at(100))
    return page_of(data, writing).decode()
