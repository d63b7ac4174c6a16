"""The metrics of a run: names, help texts and labels, and their text format.

All are gauges, which are identical in OpenMetrics and in the older text format that node_exporter
reads: https://github.com/prometheus/node_exporter#textfile-collector
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest

from ld_import import __version__
from ld_import.cli.output.sanitize import sanitize

Row = tuple[Mapping[str, str], float]

# Labels and keys of the summary; their counts add up to `read`.
DECISIONS = {
    "sent": "sent",
    "unchanged": "unchanged",
    "repeated": "repeated",
    "failed_before": "failedBefore",
    "invalid": "invalid",
    "not_sent": "notSent",
}
# Keys of the summary and labels.
UPLOADS = ("stored", "same", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """The metrics of a run; `summary` is empty if it ended before the manifest was read.

    `last_success` and `last_completion` are Unix timestamps, 0 for never.
    """

    labels: Mapping[str, str]
    exit_code: int
    started_at: datetime
    ended_at: datetime
    last_success: int
    last_completion: int
    summary: Mapping[str, Any]

    def text(self) -> bytes:
        """Return the file's content."""
        content: bytes = generate_latest(self)  # type: ignore[no-untyped-call]
        return content

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield every metric."""
        yield self._one("exit_code", "Exit code of the last run.", self.exit_code)
        yield self._one(
            "start_timestamp_seconds", "When the last run began.", _seconds(self.started_at)
        )
        yield self._one(
            "end_timestamp_seconds", "When the last run ended.", _seconds(self.ended_at)
        )
        yield self._one(
            "last_success_timestamp_seconds",
            "When a run last ended with exit code 0; 0 is never.",
            self.last_success,
        )
        yield self._one(
            "last_completion_timestamp_seconds",
            "When a run last completed the whole manifest (exit code 0 or 3); 0 is never.",
            self.last_completion,
        )
        if self.summary:
            yield from self._counts(self.summary)

    def _counts(self, summary: Mapping[str, Any]) -> Iterator[GaugeMetricFamily]:
        requests = dict(summary["requests"])
        retried = requests.pop("retried")
        about = {"system_name": summary["systemName"], "version": __version__}
        yield self._family(
            "run_info", "Labels of the last run; the value is always 1.", [(about, 1)]
        )
        yield self._one("duration_seconds", "Duration of the last run.", summary["seconds"])
        yield self._each(
            "records",
            "Records of the manifest by the decision of the last run.",
            "decision",
            {label: summary[key] for label, key in DECISIONS.items()},
        )
        yield self._each(
            "items",
            "Items sent by the last run, by outcome; open ones have none yet.",
            "outcome",
            summary["outcomes"],
        )
        yield self._each("requests", "Requests of the last run.", "request", requests)
        yield self._one("retries", "Requests of the last run that were repeated.", retried)
        yield self._one(
            "server_warnings",
            "Responses to the last run with a Warning, Deprecation or Sunset header.",
            summary.get("serverWarnings", 0),
        )

        if uploads := summary.get("uploads"):
            yield from self._uploads(uploads)

    def _uploads(self, uploads: Mapping[str, int]) -> Iterator[GaugeMetricFamily]:
        yield self._each(
            "uploads",
            "Files of the last run by result; same ones were stored before with this content.",
            "result",
            {name: uploads[name] for name in UPLOADS if name in uploads},
        )
        yield self._one(
            "uploaded_bytes", "Bytes that the last run sent to storages.", uploads.get("bytes", 0)
        )

    def _one(self, name: str, text: str, value: float) -> GaugeMetricFamily:
        return self._family(name, text, [({}, value)])

    def _each(
        self, name: str, text: str, label: str, values: Mapping[str, float]
    ) -> GaugeMetricFamily:
        return self._family(name, text, [({label: key}, count) for key, count in values.items()])

    def _family(self, name: str, text: str, rows: Sequence[Row]) -> GaugeMetricFamily:
        names = [*self.labels, *rows[0][0]]
        family = GaugeMetricFamily(f"ld_import_{name}", text, labels=names)
        for labels, value in rows:
            family.add_metric(
                [sanitize(label) for label in {**self.labels, **labels}.values()], value
            )
        return family


def _seconds(moment: datetime) -> int:
    # Whole seconds, as in the ledger: the end of a run is the same number in both.
    return int(moment.timestamp())
