"""A few random nights: `nights` has what is played, `nights_oracle` what must hold."""

from __future__ import annotations

import pytest

from tests.flow.nights import play
from tests.flow.nights_story import KINDS, story_of

# Runs by the dozen: tracing their lines takes as long again, and the other tests cover them.
pytestmark = pytest.mark.no_cover

SEEDS = (1, 2, 3)


@pytest.mark.parametrize("seed", SEEDS)
def test_nights(seed):
    """Whatever happens in these nights, the ledger claims only what the server held."""
    report = play(seed)

    assert report.findings == [], f"\n{report}"


def test_seeds_cover_every_kind():
    """The seeds have stories of every kind, the same ones each time."""
    assert {story_of(seed).kind for seed in SEEDS} == set(KINDS)
    assert all(story_of(seed) == story_of(seed) for seed in SEEDS)
