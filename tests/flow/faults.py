"""Every kind of fault as a case: the behaviour of the server, and how the program runs into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpcore

from ld_import.emulator import Fault, Token
from ld_import.ledger import exclusive
from tests.harness.crashing import Fuse
from tests.harness.program import Ended, Program, crash

POST = "POST import/videos"
STATUS = "GET import/videos/status"
LIBRARY = "POST import/mediaLibrary"
RECORDS = 6
FOR_GOOD = 999


def ordinary(program: Program, options: Mapping[str, Any]) -> Ended:
    """Run without interference."""
    return program.run(parallel=1, **options)


def killed(program: Program, options: Mapping[str, Any]) -> None:
    """Run until a kill just after the first request was answered."""
    assert crash(program, events=Fuse(2), **options)


def terminated(program: Program, options: Mapping[str, Any]) -> Ended:
    """Run until SIGTERM in the middle of the first job."""
    return program.run(stop_after=20, **options)


def beside_another(program: Program, options: Mapping[str, Any]) -> Ended:
    """Run while another run holds the ledger."""
    program.ledger_path.parent.mkdir(exist_ok=True)
    with exclusive(program.ledger_path):
        return program.run(**options)


def on_real_network(program: Program, options: Mapping[str, Any]) -> Ended:
    """Run with the real resolver and sockets of this machine."""
    program.network = httpcore.AnyIOBackend()
    try:
        return program.run(**options)
    finally:
        program.network = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """A fault; `fix` removes the causes that `emulator.recover` does not remove."""

    name: str
    did: str
    faults: tuple[Fault, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    run: Callable[[Program, Mapping[str, Any]], Ended | None] = ordinary
    prepare: Callable[[Program], None] = lambda program: None
    fix: Callable[[Program], None] = lambda program: None
    next_options: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "videos"
    records: int = RECORDS


def fault(action: str, on: str = POST, **members: Any) -> tuple[Fault, ...]:
    """Return the faults of a case with one fault."""
    return (Fault(on=on, action=action, **members),)  # type: ignore[arg-type]


def good_token(program: Program) -> None:
    """Restore the access of the token."""
    program.emulator.settings = type(program.emulator.settings)(job_polls=0)


def damage(program: Program) -> None:
    """Import, then write over the beginning of the ledger."""
    program.run()
    program.ledger_path.write_bytes(b"\0" * 64 + program.ledger_path.read_bytes()[64:])


def start_anew(program: Program) -> None:
    """Move the damaged ledger away, following the hint."""
    program.ledger_path.rename(program.ledger_path.with_name("damaged"))


def forget_jobs(program: Program) -> None:
    """Let the server forget the stuck job."""
    lost = {"finished": False, "state": "lost", "id": "no import job found"}
    program.emulator.script(*fault("status", STATUS, status=200, body=lost))


def wait_a_day(program: Program) -> None:
    """Let a day pass."""
    program.clock.advance(86_500)


IN_TIME = {"job_polls": 0}
SLOW = {"job_polls": 0, "job_seconds": 60}

CONNECTION = (
    Case(name="connection refused once", did="did not listen for a moment", faults=fault("refuse")),
    Case(
        name="server down",
        did="did not listen at all",
        faults=fault("refuse", times=FOR_GOOD),
    ),
    Case(name="name not known", did="is in no DNS", run=on_real_network),
    Case(
        name="connection broken before the work",
        did="hung up and accepted nothing",
        faults=fault("drop"),
    ),
    Case(
        name="answer lost after the work",
        did="accepted the request, then hung up",
        faults=fault("drop_after"),
    ),
    Case(
        name="answer broken off",
        did="accepted the request and sent half a JSON",
        faults=fault("truncated"),
    ),
    Case(
        name="broken again and again",
        did="hung up on every request",
        faults=fault("drop", times=FOR_GOOD),
    ),
    Case(
        name="slow answer",
        did="answered after 40 seconds",
        faults=fault("slow", seconds=40),
    ),
    Case(
        name="connection broken while asking for a job",
        did="hung up on three status requests",
        faults=fault("drop", STATUS, times=3),
    ),
)
ANSWERS = (
    Case(
        name="503 with HTML, three times",
        did="was being restarted behind a proxy",
        faults=fault("html", status=503, times=3),
    ),
    Case(
        name="503 without end",
        did="stayed away behind a proxy",
        faults=fault("html", status=503, times=FOR_GOOD),
    ),
    Case(
        name="502 with HTML",
        did="never saw the request; the proxy said 502",
        faults=fault("html", status=502),
    ),
    Case(
        name="504 after the work",
        did="accepted the request; the proxy said 504",
        faults=fault("status_after", status=504),
    ),
    Case(
        name="500 after the work",
        did="accepted the request and failed",
        faults=fault("status_after", status=500),
    ),
    Case(
        name="408 after the work",
        did="accepted the request; the proxy said 408",
        faults=fault("status_after", status=408),
    ),
    Case(
        name="499 for status requests",
        did="was asked through a proxy that gave up waiting",
        faults=fault("status", STATUS, status=499, times=3),
    ),
    Case(
        name="522 before the work",
        did="never saw the request; the proxy said 522",
        faults=fault("html", status=522),
    ),
    Case(
        name="504 for status requests without end",
        did="works, but cannot be asked",
        faults=fault("html", STATUS, status=504, times=FOR_GOOD),
    ),
    Case(
        name="throttled",
        did="said 429 with Retry-After: 30",
        faults=fault("status", status=429, headers={"Retry-After": "30"}),
    ),
    Case(
        name="a page with 200",
        did="is hidden by a login page",
        faults=fault("status", status=200, body="<html>Sign in</html>", times=FOR_GOOD),
    ),
    Case(
        name="route unknown",
        did="knows no such address",
        faults=fault(
            "status",
            status=404,
            body={"status": 404, "error": "Not Found", "error_details": {"url": "/api"}},
            times=FOR_GOOD,
        ),
    ),
    Case(
        name="version switched off",
        did="said 410",
        faults=fault("status", status=410, times=FOR_GOOD),
    ),
)
ACCESS = (
    Case(
        name="token expired",
        did="said 401 at once",
        settings={"tokens": {"demo-token": Token(expires_at=0)}},
        fix=good_token,
    ),
    Case(
        name="token without scope",
        did="said 403",
        settings={"tokens": {"demo-token": Token(scopes=("public-api:read",))}},
        fix=good_token,
    ),
    Case(
        name="token expires in mid-run",
        did="said 401 to the second request",
        faults=fault("status", status=401, nth=2, times=FOR_GOOD),
    ),
    Case(
        name="token expires while a job works",
        did="said 401 to a status request",
        faults=fault("status", STATUS, status=401, times=FOR_GOOD),
    ),
    Case(
        name="quota used up",
        did="takes 4 items in 24 hours",
        settings={"quota": 4},
        fix=wait_a_day,
    ),
)
REQUESTS = (
    Case(
        name="request too large",
        did="takes bodies of 450 bytes",
        settings={"body_limit": 450},
    ),
    Case(
        name="one bad entry, named",
        did="refused each request with it, by its path",
        faults=fault("refuse_request_with_path", external_id="v2", times=FOR_GOOD),
        next_options={"retry_failed": True},
    ),
    Case(
        name="one bad entry, not named",
        did="refused each request with it, without a word which",
        faults=fault("refuse_request", external_id="v2", times=FOR_GOOD),
        next_options={"retry_failed": True},
    ),
    Case(
        name="an item fails",
        did="could not fetch one video",
        faults=fault("fail_item", external_id="v2", reason="Could not upload video"),
        next_options={"retry_failed": True},
    ),
)
JOBS = (
    Case(
        name="job stuck",
        did="never finished a job, and forgot it in a restart",
        faults=fault("stuck_job"),
        fix=forget_jobs,
    ),
    Case(
        name="job lost, nothing imported",
        did="forgot a job before its work",
        faults=fault("lose_job"),
    ),
    Case(
        name="job lost after its work",
        did="forgot a job after its work",
        faults=fault("lose_job", imported_before_loss=True),
    ),
    Case(
        name="jobs lost again and again",
        did="forgot every job",
        faults=fault("lose_job", times=FOR_GOOD),
        records=60,
    ),
    Case(
        name="job failed as a whole",
        did="failed one job and named no item",
        faults=fault("fail_job"),
    ),
    Case(
        name="poisoned item",
        did="failed every job with this item as a whole",
        faults=fault("fail_job", external_id="v2", times=FOR_GOOD),
        next_options={"retry_failed": True},
    ),
    Case(
        name="every job fails",
        did="failed every job as a whole",
        faults=fault("fail_job", times=FOR_GOOD),
        records=60,
    ),
    Case(
        name="unknown job state",
        did="said `queued` for a while",
        faults=fault("unknown_state", count=3),
    ),
    Case(
        name="item missing from the result",
        did="imported an item and did not mention it",
        faults=fault("missing_items"),
        next_options={"retry_failed": True},
    ),
    Case(
        name="unknown and repeated items in the result",
        did="mentioned items that were not sent, and others twice",
        faults=fault("surplus_items", count=2),
    ),
    Case(
        name="unknown item state",
        did="called an item `postponed`",
        faults=fault("unknown_item_state", external_id="v2", state="postponed"),
        next_options={"retry_failed": True},
    ),
)
LIBRARY_CASES = (
    Case(
        name="media library: answer lost after the work",
        did="accepted the entries, then hung up",
        faults=fault("drop_after", LIBRARY),
        kind="media-library",
    ),
    Case(
        name="media library: connection broken before the work",
        did="hung up and accepted nothing",
        faults=fault("drop", LIBRARY),
        kind="media-library",
    ),
    Case(
        name="media library: entry missing from the result",
        did="accepted an entry and did not mention it",
        faults=fault("missing_items", LIBRARY),
        kind="media-library",
        next_options={"retry_failed": True},
    ),
)
OURSELVES = (
    Case(
        name="killed after a request",
        did="accepted the request; the program was killed",
        run=killed,
    ),
    Case(
        name="asked to stop (SIGTERM)",
        did="was working on a job of a minute",
        settings=SLOW,
        run=terminated,
    ),
    Case(
        name="another run at work",
        did="was not asked",
        run=beside_another,
    ),
    Case(
        name="ledger damaged",
        did="was not asked",
        prepare=damage,
        fix=start_anew,
    ),
)
CASES = (*CONNECTION, *ANSWERS, *ACCESS, *REQUESTS, *JOBS, *LIBRARY_CASES, *OURSELVES)
