"""The quota of 24 hours at the end of a run: what was sent, and the limits that are known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ld_import.ledger.reader import Row
from ld_import.ledger.run_reader import RunReader
from ld_import.report.facts import moment

WINDOW_SECONDS = 24 * 3600
# The server names its limit only when it refuses a request.
READ_REFUSALS = 50
SERVER_LIMIT = re.compile(r"does not allow.*?more than ([0-9]{1,12})\b")
OWN_LIMIT = re.compile(r"--daily-limit[ =]([0-9]{1,12})\b")


@dataclass(frozen=True, slots=True)
class Quota:
    """The items sent in the 24 hours before a moment, and the limits, `None` where unknown."""

    until: datetime
    sent: int
    server_limit: int | None
    own_limit: int | None

    @property
    def since(self) -> datetime:
        """The begin of the 24 hours."""
        return self.until - timedelta(seconds=WINDOW_SECONDS)

    @property
    def limit(self) -> int | None:
        """The lower one of the known limits."""
        return min(filter(None, (self.server_limit, self.own_limit)), default=None)


def quota_of(reader: RunReader, run: Row, *, until: int, own_limit: int | None = None) -> Quota:
    """Return the quota at a moment, which is in seconds since 1970.

    Without `own_limit`, the user's limit is that in the command of the run.
    """
    at = moment(until)
    assert at is not None
    own = OWN_LIMIT.search(run["command"])
    return Quota(
        until=at,
        sent=reader.sent_until(run, until, WINDOW_SECONDS),
        server_limit=_limit(reader.refusals(run, until=until, limit=READ_REFUSALS)),
        own_limit=own_limit or (int(own[1]) if own else None),
    )


def _limit(reasons: Iterable[str]) -> int | None:
    """Return the limit in the latest refusal that names one."""
    for reason in reasons:
        if match := SERVER_LIMIT.search(reason):
            return int(match[1])
    return None
