"""The suite every ledger must pass: the guarantees of `ledger/base.py`.

A subclass tests a backend; its fixture `open_backend` opens the same ledger repeatedly.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from ld_import.errors import LedgerError
from ld_import.kinds import KINDS
from ld_import.kinds.field_hashes import hashes_from
from ld_import.model import (
    Block,
    DuplicateUrl,
    DuplicateUrls,
    Identity,
    Invalid,
    ItemKey,
    Outcome,
    Problem,
    SentBlock,
    State,
    Target,
)
from tests.clock import START
from tests.ledger.story import at, outcomes, pend, send, settle
from tests.makers import SYSTEM, make_entry, make_item, make_key, make_start

OTHER_TARGET = Target("https://other.example", "", "videos")
LATER = at(3600)
DIGESTS = [b"digest-1", b"digest-2", b"digest-3"]
SENT_BEFORE = (State.PENDING, State.SUBMITTED)


def known(ledger, number=1):
    """Return one item as the ledger knows it."""
    return ledger.find([make_key(number)]).get(make_key(number))


def state_of(ledger, number=1):
    """Return the state of one item."""
    return known(ledger, number).state


def keys_in(ledger):
    """Return the number of the item in each row."""
    found = ledger.find([make_key(number) for number in range(1, 10)])
    return {item.row: number for number in range(1, 10) if (item := found.get(make_key(number)))}


def renamed(number, prefix="a"):
    """Return an item with the URL of another item."""
    return make_item(number)._replace(key=ItemKey(SYSTEM, f"{prefix}{number}"))


def duplicates(ledger, items, met=()):
    """Compare new items with the known items that were not met."""
    urls = ledger.known_urls() if hasattr(ledger, "known_urls") else ledger
    with closing(urls.tally()) as tally:
        tally.add(items)
        return tally.duplicates(met.__contains__)


class LedgerContract:
    """The guarantees the pipeline relies on, for every backend."""

    @pytest.fixture
    def open_backend(self):
        """Return a function that opens the backend: (target, read_only=False) → a ledger."""
        raise NotImplementedError

    @pytest.fixture
    def ledger(self, open_backend):
        """Return an empty ledger in which a run has begun."""
        ledger = open_backend()
        ledger.begin_run(make_start())
        return ledger

    def test_queries_of_an_empty_ledger(self, ledger):
        """All queries return an empty result before anything was sent."""
        assert ledger.highest_row() == 0
        assert ledger.known([b"digest-1"]) == {}
        assert ledger.find([make_key()]) == {}
        assert list(ledger.open_batches()) == []
        assert ledger.identity_of("/manifest.yaml") is None
        assert ledger.count_sent(START, LATER) == 0
        assert ledger.oldest_sent(START, LATER) is None

    def test_queries_without_keys(self, ledger):
        """Queries without a digest or key return an empty result."""
        send(ledger, 1)

        assert ledger.known([]) == {}
        assert ledger.find([]) == {}

    # The three commits

    def test_pending_is_written_before_the_request(self, ledger, open_backend):
        """When record_pending returns, a crash cannot undo it."""
        batch_id = pend(ledger, 1, 2, now=at(5))
        (batch,) = open_backend(read_only=True).open_batches()

        assert (batch.batch_id, batch.job_id, batch.created_at) == (batch_id, None, at(5))
        assert batch.keys == (make_key(1), make_key(2))
        assert state_of(open_backend(read_only=True)) is State.PENDING

    def test_submitted_has_its_job(self, ledger, open_backend):
        """When record_submitted returns, the job can be followed by another run."""
        batch_id = send(ledger, 1, job_id="25bzj8j")
        (batch,) = open_backend(read_only=True).open_batches()

        assert (batch.batch_id, batch.job_id) == (batch_id, "25bzj8j")
        assert state_of(open_backend(read_only=True)) is State.SUBMITTED

    @pytest.mark.parametrize(
        ("state", "media_id"),
        [(State.SUCCESS, "m1"), (State.SKIPPED, "m1"), (State.FAILED, None), (State.LOST, None)],
    )
    def test_settled_is_closed(self, ledger, open_backend, state, media_id):
        """When record_settled returns, the batch is closed with the outcomes of *all* its items."""
        settle(ledger, send(ledger, 1, 2), 1, 2, state=state)
        reading = open_backend(read_only=True)

        assert list(reading.open_batches()) == []
        for number in (1, 2):
            assert state_of(reading, number) is state
        assert known(reading).media_id == media_id

    def test_settled_without_a_job(self, ledger):
        """A batch without an answer is closed with the outcomes found later."""
        settle(ledger, pend(ledger, 1), 1, state=State.LOST)

        assert list(ledger.open_batches()) == []
        assert state_of(ledger) is State.LOST

    def test_outcomes_may_differ(self, ledger):
        """Every item has its own outcome, independently of the other items."""
        batch_id = send(ledger, 1, 2, 3)
        ended = [
            *outcomes(3, state=State.FAILED, reason="no"),
            *outcomes(1),
            *outcomes(2, state=State.SKIPPED),
        ]
        ledger.record_settled(batch_id, ended, job_state="success", now=START)

        assert [state_of(ledger, number) for number in (1, 2, 3)] == [
            State.SUCCESS,
            State.SKIPPED,
            State.FAILED,
        ]

    def test_settling_is_safe_to_repeat(self, ledger):
        """Settling a batch again, in this run or the next, has the same result."""
        batch_id = send(ledger, 1, 2)
        settle(ledger, batch_id, 1, 2)
        before = ledger.find([make_key(1), make_key(2)])

        settle(ledger, batch_id, 1, 2)

        assert ledger.find([make_key(1), make_key(2)]) == before
        assert list(ledger.open_batches()) == []

    def test_late_settling_does_not_change_a_newer_attempt(self, ledger):
        """An item that was sent again since is not changed by its earlier batch."""
        first = send(ledger, 1)
        settle(ledger, first, 1)
        send(ledger, 1, job_id="job2", fileName="Other")

        settle(ledger, first, 1)

        assert state_of(ledger) is State.SUBMITTED

    def test_refused_is_closed(self, ledger, open_backend):
        """A batch that the server declined is closed, and its items can be sent again."""
        ledger.record_refused(pend(ledger, 1, 2), "400 Bad Request", START)
        reading = open_backend(read_only=True)

        assert list(reading.open_batches()) == []
        assert [state_of(reading, number) for number in (1, 2)] == [State.REFUSED] * 2

    def test_refusing_does_not_change_other_batches(self, ledger):
        """Closing a batch changes its own items only."""
        send(ledger, 1)
        ledger.record_refused(pend(ledger, 2), "no", START)

        assert state_of(ledger, 1) is State.SUBMITTED

    def test_failed_record_writes_nothing(self, ledger, open_backend):
        """If record_pending raises LedgerError, nothing was written."""
        with pytest.raises(LedgerError):
            pend(ledger, 1, 2, 1)

        assert ledger.find([make_key(1), make_key(2)]) == {}
        assert list(open_backend(read_only=True).open_batches()) == []
        assert pend(ledger, 1, 2)

    # Known items

    def test_found_item(self, ledger):
        """Row, state, checksum, digest, media id and field hashes of the last attempt are found."""
        item = make_item(1)
        settle(ledger, send(ledger, 1), 1)
        known_item = known(ledger)

        assert known_item.row == ledger.highest_row() == 1
        assert known_item.state is State.SUCCESS
        assert (known_item.checksum, known_item.record_digest) == (
            item.checksum,
            item.record_digest,
        )
        assert known_item.media_id == "m1"
        assert known_item.field_hashes == hashes_from(item.body)

    def test_keys_never_sent_are_omitted(self, ledger):
        """Only sent items are found, by system and id together."""
        send(ledger, 1)
        elsewhere = make_key(1)._replace(system_name="elsewhere")

        assert ledger.find([make_key(1), make_key(2), elsewhere]).keys() == {make_key(1)}

    def test_an_item_keeps_its_row(self, ledger):
        """An item sent again with other content keeps its row and has the new content."""
        settle(ledger, send(ledger, 1, 2), 1, 2)
        before = known(ledger)
        send(ledger, 1, fileName="Other")
        after = known(ledger)

        assert after.row == before.row
        assert after.checksum == make_item(1, fileName="Other").checksum != before.checksum
        assert ledger.highest_row() == 2

    @pytest.mark.parametrize(
        ("state", "is_accepted"),
        [(State.SUCCESS, True), (State.SKIPPED, False), (State.LOST, False)],
    )
    def test_field_hashes_are_those_of_the_accepted_content(self, ledger, state, is_accepted):
        """Only a success proves that the server has the new content; until then the old counts."""
        settle(ledger, send(ledger, 1), 1)
        before = known(ledger).field_hashes
        batch = send(ledger, 1, fileName="Other")
        assert known(ledger).field_hashes == before

        settle(ledger, batch, 1, state=state)

        assert (known(ledger).field_hashes != before) is is_accepted

    @pytest.mark.parametrize("state", [State.FAILED, State.LOST])
    def test_media_id_survives_a_later_failure(self, ledger, state):
        """The media id stays known, for any result of a later attempt."""
        settle(ledger, send(ledger, 1), 1)
        settle(ledger, send(ledger, 1, fileName="Other"), 1, state=state)

        assert (known(ledger).state, known(ledger).media_id) == (state, "m1")

    def test_media_id_survives_a_refusal(self, ledger):
        """A declined request does not change what is known about an entry."""
        settle(ledger, send(ledger, 1), 1)
        ledger.record_refused(pend(ledger, 1, fileName="Other"), "no", START)

        assert (known(ledger).state, known(ledger).media_id) == (State.REFUSED, "m1")

    def test_media_id_may_change(self, ledger):
        """The last answer of the server counts."""
        settle(ledger, send(ledger, 1), 1)
        ended = [Outcome(make_key(1), State.SUCCESS, None, "m9")]
        batch_id = send(ledger, 1, fileName="Other")
        ledger.record_settled(batch_id, ended, job_state="success", now=START)

        assert known(ledger).media_id == "m9"

    def test_records_are_known_by_their_digest(self, ledger):
        """Only the settled items that came from these records are returned."""
        settle(ledger, send(ledger, 1, 2), 1, 2)
        send(ledger, 3)
        ledger.note_digests()

        assert ledger.known([b"digest-1", b"digest-3", b"digest-9"]) == {
            b"digest-1": (1, State.SUCCESS)
        }

    def test_note_digests_makes_items_known(self, ledger, open_backend):
        """Items sent since are found by their records only after note_digests; then permanently."""
        settle(ledger, send(ledger, 1), 1)
        ledger.note_digests()
        ledger.note_digests()
        batch_id = send(ledger, 2)
        assert ledger.known([b"digest-1", b"digest-2"]) == {b"digest-1": (1, State.SUCCESS)}

        ledger.note_digests()
        settle(ledger, batch_id, 2, state=State.FAILED)

        assert open_backend(read_only=True).known([b"digest-1", b"digest-2"]) == {
            b"digest-1": (1, State.SUCCESS),
            b"digest-2": (2, State.FAILED),
        }

    def test_many_records_in_one_query(self, ledger):
        """One query serves a chunk of the manifest."""
        numbers = range(1, 1001)
        settle(ledger, send(ledger, *numbers), *numbers)
        ledger.note_digests()
        rows = ledger.known([b"digest-%d" % number for number in range(1, 2001)])

        assert [rows[b"digest-%d" % number][0] for number in numbers] == list(numbers)
        assert len(rows) == 1000

    def test_digests_are_learned(self, ledger, open_backend):
        """An unchanged item that now comes from another text is found by the new text only."""
        settle(ledger, send(ledger, 1, 2), 1, 2)
        ledger.note_digests()
        ledger.learn_digests([(1, b"new-1")])
        reading = open_backend(read_only=True)

        assert reading.known([b"digest-1", b"new-1", b"digest-2"]) == {
            b"new-1": (1, State.SUCCESS),
            b"digest-2": (2, State.SUCCESS),
        }

    def test_item_is_not_known_by_an_earlier_text(self, ledger):
        """After another text of the record was sent, the earlier text is not known any more."""
        settle(ledger, send(ledger, 1), 1)
        ledger.note_digests()
        again = KINDS["videos"].item_from(make_entry(1), SYSTEM, b"later")
        settle(ledger, ledger.record_pending([again], [b""], request_digest=b"", now=START), 1)
        ledger.note_digests()

        assert ledger.known([b"digest-1", b"later"]) == {b"later": (1, State.SUCCESS)}

    # Blocks

    def test_block_is_known_to_the_next_run(self, ledger, open_backend):
        """A block is returned with its rows, in their order, for this target only."""
        settle(ledger, send(ledger, 1, 2, 3), 1, 2, 3)
        assert ledger.known_block(b"block") is None
        open_backend().learn_blocks([Block(b"block", [3, 1])], "/manifest.yaml")

        assert list(open_backend().known_block(b"block")) == [3, 1]
        assert open_backend(OTHER_TARGET).known_block(b"block") is None
        assert open_backend().known_block(b"other") is None

    @pytest.mark.parametrize("is_settled", [True, False])
    def test_attempt_makes_a_block_invalid(self, ledger, open_backend, is_settled):
        """Any attempt since, even a failed one, makes a block invalid; other blocks stay valid."""
        settle(ledger, send(ledger, 1, 2, 3), 1, 2, 3)
        blocks = [Block(b"touched", [1, 2]), Block(b"untouched", [3])]
        open_backend().learn_blocks(blocks, "/manifest.yaml")
        later = open_backend()
        later.begin_run(make_start(run_id="later"))
        batch_id = send(later, 2)
        if is_settled:
            settle(later, batch_id, 2)

        assert open_backend().known_block(b"touched") is None
        assert list(open_backend().known_block(b"untouched")) == [3]

    def test_block_can_be_recorded_again(self, ledger, open_backend):
        """After the attempt the same block can be recorded again."""
        settle(ledger, send(ledger, 1), 1)
        open_backend().learn_blocks([Block(b"block", [1])], "/manifest.yaml")
        later = open_backend()
        later.begin_run(make_start(run_id="later"))
        settle(later, send(later, 1), 1)
        open_backend().learn_blocks([Block(b"block", [1])], "/manifest.yaml")

        assert list(open_backend().known_block(b"block")) == [1]

    def test_blocks_are_forgotten(self, ledger, open_backend):
        """The blocks a manifest no longer has are deleted; those of other manifests stay."""
        settle(ledger, send(ledger, 1), 1)
        later = open_backend()
        later.learn_blocks([Block(b"a", [1]), Block(b"b", [1])], "/manifest.yaml")
        later.learn_blocks([Block(b"c", [1])], "/other.yaml")
        later.forget_blocks("/manifest.yaml", {b"a"})

        assert [digest for digest in (b"a", b"b", b"c") if later.known_block(digest)] == [
            b"a",
            b"c",
        ]

    @pytest.mark.parametrize(
        ("sent", "is_known"),
        [
            (SentBlock(b"sent", 1, 3, 3, ()), True),
            # Another number of items was sent from these lines.
            (SentBlock(b"sent", 1, 3, 2, ()), False),
            (SentBlock(b"sent", 2, 3, 3, ()), False),
            # One of the records was left.
            (SentBlock(b"sent", 1, 2, 2, [0, 3, 0]), True),
        ],
    )
    def test_block_that_was_sent(self, ledger, open_backend, sent, is_known):
        """A block of which every item is settled is known to the next run, with all its rows."""
        settle(ledger, send(ledger, 3, 1, 2), 3, 1, 2)
        ledger.learn_sent([sent], [], "/manifest.yaml")
        rows = open_backend().known_block(b"sent")

        assert (rows is not None) is is_known
        assert not is_known or [keys_in(ledger)[row] for row in rows] == (
            [1, 2, 3] if not sent.rows else [1, keys_in(ledger)[3], 2]
        )

    @pytest.mark.parametrize("state", [State.FAILED, State.LOST, State.REFUSED])
    def test_block_with_an_item_that_is_not_settled(self, ledger, open_backend, state):
        """A block with an item that failed or is unknown is not recorded; others are."""
        settle(ledger, send(ledger, 1, 2), 1, 2)
        settle(ledger, send(ledger, 3), 3, state=state)
        blocks = [SentBlock(b"good", 1, 2, 2, ()), SentBlock(b"bad", 3, 3, 1, ())]
        ledger.learn_sent(blocks, [], "/manifest.yaml")

        assert open_backend().known_block(b"good")
        assert open_backend().known_block(b"bad") is None

    def test_attempt_makes_a_sent_block_invalid(self, ledger, open_backend):
        """A block that was sent is valid until one of its items is sent again."""
        settle(ledger, send(ledger, 1, 2), 1, 2)
        ledger.learn_sent([SentBlock(b"sent", 1, 2, 2, ())], [], "/manifest.yaml")
        later = open_backend()
        later.begin_run(make_start(run_id="later"))
        settle(later, send(later, 2), 2)

        assert open_backend().known_block(b"sent") is None

    def test_items_outside_of_the_sent_blocks(self, ledger, open_backend):
        """The other items that were sent are known by the digests of their records."""
        settle(ledger, send(ledger, 1, 2), 1, 2)
        settle(ledger, send(ledger, 3), 3, state=State.FAILED)
        ledger.learn_sent([SentBlock(b"sent", 1, 2, 2, ())], [], "/manifest.yaml")
        later = open_backend()
        assert later.known(DIGESTS) == {b"digest-3": (3, State.FAILED)}

        later.begin_run(make_start(run_id="later"))
        later.learn_sent([], [1], "/manifest.yaml")
        later.note_digests()

        assert later.known(DIGESTS) == {
            b"digest-1": (1, State.SUCCESS),
            b"digest-3": (3, State.FAILED),
        }

    # Open batches

    def test_open_batches_come_oldest_first(self, ledger):
        """Their keys are in the order of the request; settled and refused batches are omitted."""
        first = send(ledger, 5, 3)
        settle(ledger, send(ledger, 4), 4)
        ledger.record_refused(pend(ledger, 6), "no", START)
        second = pend(ledger, 1)

        assert [batch.batch_id for batch in ledger.open_batches()] == [first, second]
        assert next(ledger.open_batches()).keys == (make_key(5), make_key(3))

    def test_open_batches_are_settled_one_by_one(self, ledger):
        """It is *safe to* settle batches and to begin new ones in between."""
        ids = [send(ledger, number) for number in (1, 2, 3)]
        met = []
        for batch in ledger.open_batches():
            met.append(batch.batch_id)
            settle(ledger, batch.batch_id, len(met))
            last = pend(ledger, 10 + len(met))

        assert met == ids
        assert [batch.batch_id for batch in ledger.open_batches()][-1] == last
        assert [state_of(ledger, number) for number in (1, 2, 3)] == [State.SUCCESS] * 3

    def test_open_batch_that_settled_meanwhile(self, ledger):
        """Each batch is read on demand: a batch closed meanwhile is omitted."""
        first, second, third = (send(ledger, number) for number in (1, 2, 3))
        batches = ledger.open_batches()
        assert next(batches).batch_id == first
        settle(ledger, second, 2)

        assert [batch.batch_id for batch in batches] == [third]

    def test_open_batch_has_its_existing_keys(self, ledger):
        """Keys that had a media entry before this batch are marked as existing."""
        settle(ledger, send(ledger, 1, 2), 1, 2)
        settle(ledger, send(ledger, 3), 3, state=State.FAILED)
        pend(ledger, 2, 3, 4, fileName="Other")
        (batch,) = ledger.open_batches()

        assert set(batch.keys) == {make_key(2), make_key(3), make_key(4)}
        assert batch.existing == {make_key(2)}

    # The identity of a manifest

    def test_identity_of_the_last_sending_run(self, ledger, open_backend):
        """The identity is the one of the last run over the manifest that sent anything."""
        send(ledger, 1)
        other = open_backend()
        other.begin_run(make_start("/other.yaml", "{{ id }}", "tapes", run_id="run-2"))
        send(other, 2)

        assert other.identity_of("/manifest.yaml") == Identity(SYSTEM, None)
        assert other.identity_of("/other.yaml") == Identity("tapes", "{{ id }}")
        assert other.identity_of("/third.yaml") is None

    def test_identity_needs_something_sent(self, ledger, open_backend):
        """A run without accepted requests does not count."""
        assert ledger.identity_of("/manifest.yaml") is None
        ledger.record_refused(pend(ledger, 1), "no", START)
        assert ledger.identity_of("/manifest.yaml") is None

        batch_id = pend(ledger, 1)
        assert ledger.identity_of("/manifest.yaml") == Identity(SYSTEM, None)
        settle(ledger, batch_id, 1)
        assert ledger.identity_of("/manifest.yaml") == Identity(SYSTEM, None)

    def test_identity_is_the_latest(self, ledger, open_backend):
        """After a deliberate change the identity is that of the last run that sent anything."""
        send(ledger, 1)
        second, third = open_backend(), open_backend()
        second.begin_run(make_start(template="{{ a }}", run_id="run-2"))
        send(second, 2)
        third.begin_run(make_start(template="{{ b }}", run_id="run-3"))

        assert third.identity_of("/manifest.yaml") == Identity(SYSTEM, "{{ a }}")

    def test_open_batch_knows_the_runs_after_its_own(self, ledger, open_backend):
        """`later_runs` are runs between the run of the batch and the present run."""
        send(ledger, 1)
        later = []
        for number, started_at in enumerate((at(50), at(30), at(40)), start=2):
            run = open_backend()
            run.begin_run(replace(make_start(run_id=f"run-{number}"), started_at=started_at))
            (batch,) = run.open_batches()
            later.append(batch.later_runs)

        assert later == [None, (at(50), at(50)), (at(30), at(30))]
        (batch,) = ledger.open_batches()
        assert batch.later_runs is None

    def test_identity_of_a_file(self, ledger, open_backend):
        """Manifests that share a file of records are found by it; those of a pipe are not."""
        send(ledger, 1)
        other = open_backend()
        other.begin_run(make_start("/other.yaml", "{{ id }}", records_file=None, run_id="run-2"))
        send(other, 2)

        assert other.identity_of_file("/records.jsonl") == Identity(SYSTEM, None)
        assert other.identity_of_file("/other.yaml") is None

    # Known URLs

    def test_duplicates_are_counted_by_their_urls(self, ledger):
        """A new item counts if the known item with its URL was not met; one is the example."""
        settle(ledger, send(ledger, 1, 2, 3), 1, 2, 3)
        new = [renamed(number) for number in (1, 2, 4)]

        assert duplicates(ledger, new) == DuplicateUrls(
            2, DuplicateUrl(make_key(1), new[0].key, new[0].url)
        )
        met = {known(ledger, 1).row}
        assert duplicates(ledger, new, met) == DuplicateUrls(
            1, DuplicateUrl(make_key(2), new[1].key, new[1].url)
        )
        assert duplicates(ledger, new, {known(ledger, number).row for number in (1, 2)}).count == 0

    def test_duplicates_of_few_rows(self, ledger):
        """max_duplicates reads the given rows only, which may be any rows."""
        settle(ledger, send(ledger, 1, 2, 3), 1, 2, 3)
        rows = [known(ledger, number).row for number in (2, 3)]
        with closing(ledger.known_urls().tally()) as tally:
            tally.add([renamed(1), renamed(2)])

            assert tally.max_duplicates([*rows, 999]) == 1
            assert tally.max_duplicates([]) == 0
            assert tally.duplicates(lambda row: row in rows).count == 1

    @pytest.mark.parametrize(("known_count", "expected"), [(1, 1), (2, 2), (3, 2), (4, 0)])
    def test_shared_urls(self, ledger, known_count, expected):
        """Two new items can share a known URL; a URL of many known items does not count."""
        numbers = range(1, known_count + 1)
        settle(ledger, send(ledger, *numbers, url="https://films.example/0.mp4"), *numbers)

        assert duplicates(ledger, [renamed(0), renamed(0, "b")]).count == expected

    @pytest.mark.parametrize(
        ("state", "expected"),
        [
            (State.PENDING, 1),
            (State.SUCCESS, 1),
            (State.SKIPPED, 1),
            (State.LOST, 1),
            (State.FAILED, 0),
            (State.REFUSED, 0),
        ],
    )
    def test_items_that_may_have_arrived_count(self, ledger, state, expected):
        """An item in flight may still get an entry; a failed item has none."""
        batch_id = pend(ledger, 1)
        if state is State.REFUSED:
            ledger.record_refused(batch_id, "no", START)
        elif state is not State.PENDING:
            settle(ledger, batch_id, 1, state=state)

        assert duplicates(ledger, [renamed(1)]).count == expected

    def test_failed_item_keeps_its_entry(self, ledger):
        """An item that arrived once counts, for any result of its last attempt."""
        settle(ledger, send(ledger, 1), 1)
        settle(ledger, send(ledger, 1), 1, state=State.FAILED)

        assert duplicates(ledger, [renamed(1)]).count == 1

    def test_urls_are_those_of_one_moment(self, ledger, open_backend):
        """Items added later, and those of other targets, are not compared."""
        assert ledger.known_urls() is None
        settle(ledger, send(ledger, 1), 1)
        before = ledger.known_urls()
        settle(ledger, send(ledger, 2), 2)

        assert duplicates(before, [renamed(1), renamed(2)]).count == 1
        assert duplicates(ledger, [renamed(1), renamed(2)]).count == 2
        assert open_backend(OTHER_TARGET).known_urls() is None

    @pytest.mark.parametrize("count", [3, 25_000])
    def test_any_number_of_new_items(self, ledger, count):
        """The result is the same for few URLs, compared by the database, and for many."""
        ledger.record_settled(
            send(ledger, 1, url="https://films.example/Z%C3%BCrich.mp4"),
            outcomes(1),
            job_state="success",
            now=START,
        )
        first = renamed(1)._replace(url="https://films.example/Zu%cc%88rich.mp4")
        others = (first._replace(url=f"https://films.example/{n}") for n in range(count - 1))

        assert duplicates(ledger, [first, *others]).count == 1

    def test_urls_are_compared_redacted(self, ledger):
        """A signature that changes every night does not make a different URL."""
        settle(ledger, send(ledger, 1, url="https://films.example/1.mp4?sig=one12345"), 1)
        urls = duplicates(ledger, [renamed(1)._replace(url="https://films.example/1.mp4?sig=two")])

        assert urls.count == 1
        assert urls.example.url == "https://films.example/1.mp4?sig=***"

    # Items that count towards the quota

    def test_sent_items_are_counted(self, ledger):
        """Items in requests of the period count for any result, except declined ones."""
        settle(ledger, send(ledger, 1, 2, now=at(10)), 1, 2, state=State.FAILED, now=at(500))
        pend(ledger, 3, now=at(20))
        ledger.record_refused(pend(ledger, 4, 5, 6, now=at(30)), "no", at(31))

        assert ledger.count_sent(START, LATER) == 3
        assert ledger.oldest_sent(START, LATER) == at(10)
        assert ledger.count_sent(at(15), LATER) == 1
        assert ledger.oldest_sent(at(15), LATER) == at(20)
        assert ledger.count_sent(at(25), LATER) == 0
        assert ledger.oldest_sent(at(25), LATER) is None

    def test_requests_dated_in_the_future_are_not_counted(self, ledger):
        """A request recorded while the clock was ahead does not count before its time."""
        send(ledger, 1, 2, now=at(10))
        send(ledger, 3, now=at(20))

        assert ledger.count_sent(START, at(15)) == 2
        assert ledger.oldest_sent(START, at(15)) == at(10)
        assert ledger.count_sent(START, at(5)) == 0
        assert ledger.oldest_sent(START, at(5)) is None
        assert ledger.count_sent(START, at(20)) == 3

    def test_oldest_sent_is_in_utc(self, ledger):
        """Returned times are aware and can be compared with the clock."""
        send(ledger, 1, now=at(10))

        assert ledger.oldest_sent(START, LATER).utcoffset() == timedelta(0)

    # Targets

    def test_targets_do_not_see_each_other(self, ledger, open_backend):
        """For another target every item is new."""
        settle(ledger, send(ledger, 1, 2), 1, 2)
        send(ledger, 3)
        other = open_backend(OTHER_TARGET)

        other.note_digests()
        assert other.known([b"digest-1"]) == {}
        assert other.find([make_key(1)]) == {}
        assert list(other.open_batches()) == []
        assert other.identity_of("/manifest.yaml") is None
        assert other.count_sent(at(-10), LATER) == 0
        assert other.oldest_sent(at(-10), LATER) is None

    @pytest.mark.parametrize("part", ["server", "project", "kind"])
    def test_target_is_all_of_its_parts(self, ledger, open_backend, part):
        """Server, project and kind each make a different target."""
        send(ledger, 1)
        original = Target("https://server.example", "", "videos")

        assert open_backend(replace(original, **{part: "another"})).find([make_key(1)]) == {}
        assert open_backend(original).find([make_key(1)]).keys() == {make_key(1)}

    def test_same_key_in_two_targets(self, ledger, open_backend):
        """The items of two targets are independent."""
        settle(ledger, send(ledger, 1), 1)
        other = open_backend(OTHER_TARGET)
        other.begin_run(make_start(run_id="run-2"))
        settle(other, send(other, 1), 1, state=State.FAILED)
        ledger.record_refused(pend(ledger, 1, fileName="Other"), "no", START)

        assert (state_of(ledger), state_of(other)) == (State.REFUSED, State.FAILED)
        assert known(ledger).row != known(other).row
        other.note_digests()
        assert other.known([b"digest-1"]) == {b"digest-1": (known(other).row, State.FAILED)}

    def test_unknown_target(self, ledger, open_backend):
        """Reading an unknown target returns nothing and creates nothing."""
        send(ledger, 1)
        reading = open_backend(OTHER_TARGET, read_only=True)

        assert reading.find([make_key(1)]) == {}
        assert reading.count_sent(at(-10), LATER) == 0

    # Readers and writers

    def test_reader_sees_commits(self, ledger, open_backend):
        """A reader opened before sees each commit of the writer."""
        reading = open_backend(read_only=True)
        batch_id = pend(ledger, 1)
        assert state_of(reading) is State.PENDING
        settle(ledger, batch_id, 1)
        assert state_of(reading) is State.SUCCESS

    def test_reading_never_writes(self, ledger, open_backend):
        """A ledger opened for reading raises when it is written to."""
        reading = open_backend(read_only=True)

        with pytest.raises(LedgerError):
            pend(reading, 1)
        with pytest.raises(LedgerError):
            reading.begin_run(make_start(run_id="run-2"))
        assert ledger.find([make_key(1)]) == {}

    def test_reopened_ledger_has_its_content(self, ledger, open_backend):
        """A ledger that is closed and opened again has the same content."""
        settle(ledger, send(ledger, 1), 1)
        send(ledger, 2)
        ledger.close()
        again = open_backend()

        assert [state_of(again, number) for number in (1, 2)] == [State.SUCCESS, State.SUBMITTED]
        assert len(list(again.open_batches())) == 1

    def test_a_run_begins_once(self, ledger):
        """begin_run is called *exactly once*: the same run cannot begin again."""
        with pytest.raises(LedgerError):
            ledger.begin_run(make_start())

    def test_invalid_records_change_no_item(self, ledger):
        """An invalid record does not change an item that was sent under its id."""
        settle(ledger, send(ledger, 1), 1)
        ledger.record_invalid([Invalid(1, "v1", (Problem("url", "no"),))], "/manifest.yaml")
        ledger.forget_invalid("/manifest.yaml")

        assert state_of(ledger) is State.SUCCESS
        assert list(ledger.open_batches()) == []
