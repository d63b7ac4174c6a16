"""The end of a run: failures and skips with one cause are one line."""

from __future__ import annotations

from dataclasses import replace

from ld_import.cli.output.run_groups import RunGroups
from ld_import.events import Settled
from ld_import.model import Outcome, State
from ld_import.reasons import Commands
from tests.harness.records import videos
from tests.makers import make_key

COMMANDS = Commands("videos", "manifest.json")


def test_failures_of_a_run(place):
    """A line has number, cause, first items and the next command; the JSON summary has them too."""
    place.emulator.settings = replace(
        place.emulator.settings, fail_url={f"/{n}.mp4": f"HTTP 404 ({n})" for n in range(2, 7)}
    )
    manifest = place.write(*videos(6))
    ended = place.run("videos", manifest, "--batch-size", "2")
    (line,) = [line for line in ended.out.splitlines() if line.startswith("5 items")]

    assert "failed: HTTP 404 (…)   v2, v3, v4 …   " in line
    assert f"`ld-import validate {manifest} --kind videos --check-urls`" in line
    assert f"`ld-import videos {manifest} --retry-failed`" in line

    (group,) = place.summary("--retry-failed", code=3)["reasons"]
    assert (group["state"], group["count"], group["text"]) == ("failed", 5, "HTTP 404 (…)")
    assert group["items"][0] == {"externalId": "v2", "line": None}


def test_items_of_an_earlier_run():
    """Items that an earlier run sent are a group of their own: the counts do not include them."""
    groups = RunGroups("manifest.json", COMMANDS)
    outcome = Outcome(make_key(1), State.FAILED, "gone")
    groups(Settled(1, "job1", "failed", (outcome,)))
    groups(Settled(2, "job2", "failed", (outcome, outcome), is_resumed=True))

    assert [(group["count"], group["text"]) for group in groups.documents()["reasons"]] == [
        (2, "gone (sent by an earlier run)"),
        (1, "gone"),
    ]


def test_text_of_a_server_is_safe(capsys):
    """A reason cannot control the terminal."""
    groups = RunGroups("manifest.json", COMMANDS)
    groups(Settled(1, None, "done", (Outcome(make_key(1), State.FAILED, "\x1b[31mred\nline"),)))
    groups.print(shows_all=False)

    assert "\x1b" not in (out := capsys.readouterr().out)
    assert out.count("\n") == 1


def test_many_causes(capsys):
    """Only the largest groups are shown; the last line says how to see all."""
    groups = RunGroups("manifest.json", COMMANDS)
    for letter in "abcdefghijklmnopqrstuvwxyz":
        groups(Settled(1, None, "done", (Outcome(make_key(1), State.FAILED, f"it is {letter}"),)))
    groups.print(shows_all=False)
    lines = capsys.readouterr().out.splitlines()

    assert len(lines) == 21
    assert lines[-1] == (
        "… and 6 more groups (6 items); -v or `ld-import ledger reasons` shows all"
    )
