"""Random runs of one program, each checked against the server's own record of requests.

`python -m tests.flow.nights --seeds 300` plays 300 stories and prints those with findings;
`--seed 7` plays one and prints every night of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.flow.crash_stages import FOLDERS
from tests.flow.nights_faults import told
from tests.flow.nights_oracle import Finding, Oracle
from tests.flow.nights_place import Place, Played, quiet
from tests.flow.nights_story import DAY, Night, story_of

# This number of quiet nights settles everything; the next one has nothing to do.
QUIET_PAUSES = (8 * DAY, DAY, 8 * DAY, 8 * DAY)


@dataclass(slots=True)
class Report:
    """The log of a story, night by night, and its findings."""

    seed: int
    log: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the log and the findings."""
        return "\n".join(
            [f"seed {self.seed}", *self.log, *(f"  !! {one}" for one in self.findings)]
        )


def play(seed: int) -> Report:
    """Play the story of a seed to its end, or to the first night with a finding."""
    story, report = story_of(seed), Report(seed)
    report.log.append(f"  {story.kind} {_shown(story.server)}")
    with tempfile.TemporaryDirectory(dir=FOLDERS) as folder:
        place = Place(story, Path(folder))
        try:
            oracle = Oracle(place)
            for number, night in enumerate(story.nights, 1):
                _play_night(place, oracle, night, report, str(number))
                if report.findings:
                    return report
            _settle(place, oracle, story.nights[-1], report)
        finally:
            place.close()
    return report


def _settle(place: Place, oracle: Oracle, last: Night, report: Report) -> None:
    """Play quiet nights until everything is settled, then an idle one, then one that patches."""
    place.clock.offset = 0.0
    clear = {"repeat": "skip"}
    for number, pause in enumerate(QUIET_PAUSES, 1):
        night = quiet(last, pause=pause, server=clear)
        _play_night(place, oracle, night, report, f"quiet {number}")
        report.findings += oracle.patience()
        unsettled = oracle.settled(night)
        if report.findings or not unsettled:
            break
    report.findings += [] if report.findings else unsettled
    if report.findings:
        return
    night = quiet(last, server=clear, options={"batch_size": 3})
    _play_night(place, oracle, night, report, "idle")
    if sum(place.book.requests.values()) and not report.findings:
        report.findings.append(Finding("nothing left to send", str(dict(place.book.requests))))
    options = {"batch_size": 3, "on_existing": "patch"}
    _play_night(place, oracle, quiet(last, server=clear, options=options), report, "patch")
    report.findings += [] if report.findings else oracle.settled(last, is_patched=True)


def _play_night(place: Place, oracle: Oracle, night: Night, report: Report, name: str) -> Played:
    place.before(night)
    place.book.requests.clear()
    oracle.begin()
    played = place.play(night)
    asked = ", ".join(f"{count} {method}" for method, count in place.book.requests.items())
    report.log += [
        f"  night {name}: {' '.join(map(str, night.lines))}",
        *(f"    {line}" for line in _circumstances(night)),
        f"    -> {played}; {asked or 'no requests'}",
    ]
    report.findings += oracle.look(night, played)
    return played


def _circumstances(night: Night) -> list[str]:
    scope = "" if night.has_read_scope else ", no read scope"
    shown = {
        "after": f"{night.pause:.0f} s, {'; '.join(map(str, night.acts))}",
        "options": _shown(night.options),
        "server": _shown(night.server) + scope,
        "faults": "; ".join(map(told, night.faults)),
        "end": f"{night.end.fuse} {night.end.at}" if night.end else "",
        "clock jumps": f"{night.jump[1]} s at request {night.jump[0]}" if night.jump else "",
    }
    return [f"{name}: {text}" for name, text in shown.items() if text]


def _shown(values: object) -> str:
    assert hasattr(values, "items")
    return " ".join(f"{name}={value}" for name, value in values.items())


def main(arguments: Sequence[str]) -> int:
    """Print the stories with findings and a table of them; return 1 if there is any."""
    parser = argparse.ArgumentParser(prog="python -m tests.flow.nights")
    parser.add_argument("--seeds", type=int, default=300, help="how many stories to play")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="play this one and print all of it")
    parser.add_argument("--brief", action="store_true", help="print seeds and findings only")
    chosen = parser.parse_args(arguments)
    if chosen.seed is not None:
        report = play(chosen.seed)
        sys.stdout.write(f"{report}\n")
        return 1 if report.findings else 0
    began = time.monotonic()
    failed: Counter[str] = Counter()
    red = []
    for seed in range(chosen.first, chosen.first + chosen.seeds):
        report = play(seed)
        if report.findings:
            red.append(seed)
            failed.update({one.promise for one in report.findings})
            brief = f"{seed}: {'; '.join(map(str, report.findings[:2]))}"
            sys.stdout.write(f"{brief if chosen.brief else report}\n")
            sys.stdout.flush()
    seconds = time.monotonic() - began
    sys.stdout.write(f"{chosen.seeds} stories, {len(red)} went wrong, {seconds:.1f} s\n")
    for promise, count in failed.most_common():
        sys.stdout.write(f"  {count:>5}  {promise}\n")
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
