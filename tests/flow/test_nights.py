"""A few random nights, played by `nights` and checked by `nights_oracle`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from ld_import.emulator import Fault
from tests.flow.nights import play
from tests.flow.nights_oracle import Oracle
from tests.flow.nights_place import Place, quiet
from tests.flow.nights_records import Line
from tests.flow.nights_story import KINDS, Act, Night, Story, story_of

# Dozens of runs: tracing doubles their time, and other tests cover the same lines.
pytestmark = pytest.mark.no_cover

SEEDS = (1, 2, 3, 5, 6, 18, 24, 41, 58, 66, 102, 111, 114, 135, 211, 299, 782, 993)
LINES = (Line(1), Line(2), Line(3))


@pytest.mark.parametrize("seed", SEEDS)
def test_nights(seed):
    """The ledger claims only content that the server had, whatever happens."""
    report = play(seed)

    assert report.findings == [], f"\n{report}"


def test_seeds_cover_every_kind():
    """The fixed seeds have stories of every kind."""
    assert {story_of(seed).kind for seed in SEEDS} == set(KINDS)
    assert all(story_of(seed) == story_of(seed) for seed in SEEDS)


@pytest.fixture
def place(tmp_path):
    """Return a place where videos were imported on a quiet night."""
    place = Place(Story(0, "videos", (), {}), tmp_path)
    yield place
    place.close()


def looked(place, night=None, lie=""):
    """Play a night, falsify the ledger, and return the names of the oracle's findings."""
    night = night or quiet(Night(lines=LINES))
    oracle = Oracle(place)
    place.before(night)
    oracle.begin()
    played = place.play(night)
    with closing(sqlite3.connect(place.program.ledger_path)) as ledger, ledger:
        ledger.executescript(lie)
    return [found.promise for found in oracle.look(night, played)]


def test_true_ledger(place):
    """A true ledger has no findings, whatever others change afterwards."""
    assert looked(place) == []
    edited = quiet(
        Night(lines=LINES), acts=(Act("edit", 1), Act("team", lines=(Line(2, title=7),)))
    )
    assert looked(place, edited) == []


@pytest.mark.parametrize(
    ("lie", "promises"),
    [
        (
            "UPDATE item SET media_id = 'foreign' WHERE external_id = 'v1'",
            ["mediaId is of the pair"],
        ),
        (
            "UPDATE item SET state = 'failed' WHERE external_id = 'v2'",
            ["failed has a cause", "exit code"],
        ),
    ],
)
def test_lie_about_an_item(place, lie, promises):
    """A false media id and a false failure are found."""
    assert looked(place, lie=lie) == promises


def test_lie_about_content(place):
    """A success for content that the server skipped is found."""
    assert looked(place) == []
    changed = quiet(Night(lines=(Line(1, title=1), *LINES[1:])), server={"repeat": "skip"})

    assert looked(place, changed) == []
    assert looked(place, changed, lie="UPDATE item SET state = 'success'") == ["success is proved"]


def test_nothing_is_settled_yet(place):
    """A batch that is still open is found."""
    stuck = Fault(on="POST import/videos", action="stuck_job")
    night = replace(quiet(Night(lines=LINES)), faults=(stuck,))

    looked(place, night)

    assert {found.promise for found in Oracle(place).settled(night)} == {"settled at last"}
