"""The stored file of an item: kept while it describes the medium the item has now."""

from __future__ import annotations

from contextlib import closing

import pytest

from ld_import.ledger import LedgerReader
from ld_import.model import Content, MediaFacts, State
from tests.clock import START
from tests.ledger.story import next_run, outcomes, send

COLUMNS = ("originalUrl", "mimeType", "width", "height", "duration", "size", "key")
FILM = MediaFacts("https://cdn.example/1.mp4", "video/mp4", 640, 360, 12.5, 99, "1.mp4")


@pytest.fixture
def ledger(tmp_path):
    """Return the ledger of a run."""
    with closing(next_run(tmp_path)) as opened:
        yield opened


def settled(ledger, facts, **changes):
    """Settle one more batch with item 1, and return what the ledger says about its file."""
    batch_id = send(ledger, 1)
    (outcome,) = outcomes(1, state=changes.pop("state", State.SUCCESS))
    outcome = outcome._replace(facts=facts, **changes)
    ledger.record_settled(batch_id, [outcome], job_state="success", now=START)
    with LedgerReader(ledger.path) as reader:
        (row,) = reader.items()
    return tuple(row[name] for name in COLUMNS)


def test_facts_of_an_answer(ledger):
    """The facts of an answer become columns of the item."""
    assert settled(ledger, FILM) == FILM


def test_partial_answer_keeps_the_rest(ledger):
    """An answer about the same file that names fewer facts does not remove the others."""
    settled(ledger, FILM)

    assert settled(ledger, MediaFacts(FILM.original_url, "video/webm")) == FILM._replace(
        mime_type="video/webm"
    )


def test_another_file(ledger):
    """Facts of another file replace all facts."""
    settled(ledger, FILM)
    other = MediaFacts("https://cdn.example/2.mp4", "video/mp4")

    assert settled(ledger, other) == other


@pytest.mark.parametrize(
    ("changes", "is_kept"),
    [
        ({"state": State.SKIPPED}, True),
        ({"state": State.SKIPPED, "media_id": "another"}, False),
        ({"state": State.SKIPPED, "content": Content.OTHER, "held": b""}, False),
        ({"state": State.SUCCESS}, False),
        ({"state": State.FAILED}, True),
        ({"state": State.LOST}, True),
    ],
)
def test_answer_without_facts(ledger, changes, is_kept):
    """Facts remain only while the answer speaks of the same, unchanged medium."""
    settled(ledger, FILM)

    assert settled(ledger, None, **changes) == (FILM if is_kept else MediaFacts())


def test_address_with_a_secret(ledger):
    """A signed address is not stored: without its secret it is not an address."""
    signed = "https://cdn.example/1.mp4?X-Amz-Signature=0123456789abcdef0123"

    assert settled(ledger, FILM._replace(original_url=signed)) == FILM._replace(original_url=None)


def test_late_answer_of_an_earlier_batch(ledger):
    """An answer to a batch that the item has left says nothing about its present medium."""
    early = send(ledger, 1)
    assert settled(ledger, FILM) == FILM
    (outcome,) = outcomes(1, state=State.SUCCESS)
    other = MediaFacts("https://cdn.example/2.mp4", "video/mp4")

    for facts in (other, None):
        late = outcome._replace(facts=facts, media_id="another")
        ledger.record_settled(early, [late], job_state="success", now=START)

    with LedgerReader(ledger.path) as reader:
        (row,) = reader.items()
    assert tuple(row[name] for name in COLUMNS) == FILM
