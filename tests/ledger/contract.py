"""The suite every ledger must pass: the words of `ledger/base.py`, one by one.

A backend is tested by a subclass whose fixture `open_ledger` opens the same memory again and again.
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
    Double,
    Doubles,
    Identity,
    Invalid,
    ItemKey,
    Outcome,
    Problem,
    State,
    Target,
)
from tests.clock import START
from tests.ledger.story import at, outcomes, pend, send, settle
from tests.makers import SYSTEM, make_entry, make_item, make_key, make_start

OTHER_TARGET = Target("https://other.example", "", "videos")
LATER = at(3600)
SENT_BEFORE = (State.PENDING, State.SUBMITTED)


def known(ledger, number=1):
    """Return what is remembered of one item."""
    return ledger.find([make_key(number)]).get(make_key(number))


def state_of(ledger, number=1):
    """Return how far one item came."""
    return known(ledger, number).state


def renamed(number, prefix="a"):
    """Return an item with the URL of another one."""
    return make_item(number)._replace(key=ItemKey(SYSTEM, f"{prefix}{number}"))


def doubles(ledger, items, met=()):
    """Compare new items with the known ones that were not met."""
    urls = ledger.known_urls() if hasattr(ledger, "known_urls") else ledger
    with closing(urls.tally()) as tally:
        tally.add(items)
        return tally.doubles(met.__contains__)


class LedgerContract:
    """What the pipeline relies on, wherever the memory is kept."""

    @pytest.fixture
    def open_ledger(self):
        """Return a function that opens the memory: (target, read_only=False) → a ledger."""
        raise NotImplementedError

    @pytest.fixture
    def ledger(self, open_ledger):
        """Return an empty ledger in which a run has begun."""
        ledger = open_ledger()
        ledger.begin_run(make_start())
        return ledger

    def test_empty_ledger_knows_nothing(self, ledger):
        """Every question has an answer before anything was sent."""
        assert ledger.highest_row() == 0
        assert ledger.known([b"digest-1"]) == {}
        assert ledger.find([make_key()]) == {}
        assert list(ledger.open_batches()) == []
        assert ledger.identity_of("/manifest.yaml") is None
        assert ledger.count_sent(START, LATER) == 0
        assert ledger.oldest_sent(START, LATER) is None

    def test_questions_about_nothing(self, ledger):
        """Asking for no digest and no key is no mistake."""
        send(ledger, 1)

        assert ledger.known([]) == {}
        assert ledger.find([]) == {}

    # The three commits

    def test_pending_is_written_before_the_request(self, ledger, open_ledger):
        """When record_pending returns, a crash cannot undo it."""
        batch_id = pend(ledger, 1, 2, now=at(5))
        (batch,) = open_ledger(read_only=True).open_batches()

        assert (batch.batch_id, batch.job_id, batch.created_at) == (batch_id, None, at(5))
        assert batch.keys == (make_key(1), make_key(2))
        assert state_of(open_ledger(read_only=True)) is State.PENDING

    def test_submitted_has_its_job(self, ledger, open_ledger):
        """When record_submitted returns, the job can be followed by another run."""
        batch_id = send(ledger, 1, job_id="25bzj8j")
        (batch,) = open_ledger(read_only=True).open_batches()

        assert (batch.batch_id, batch.job_id) == (batch_id, "25bzj8j")
        assert state_of(open_ledger(read_only=True)) is State.SUBMITTED

    @pytest.mark.parametrize(
        ("state", "media_id"),
        [(State.SUCCESS, "m1"), (State.SKIPPED, "m1"), (State.FAILED, None), (State.LOST, None)],
    )
    def test_settled_is_closed(self, ledger, open_ledger, state, media_id):
        """When record_settled returns, the batch is closed with the outcomes of *all* its items."""
        settle(ledger, send(ledger, 1, 2), 1, 2, state=state)
        reading = open_ledger(read_only=True)

        assert list(reading.open_batches()) == []
        for number in (1, 2):
            assert state_of(reading, number) is state
        assert known(reading).media_id == media_id

    def test_settled_without_a_job(self, ledger):
        """A batch nobody answered for is closed by what was found of it."""
        settle(ledger, pend(ledger, 1), 1, state=State.LOST)

        assert list(ledger.open_batches()) == []
        assert state_of(ledger) is State.LOST

    def test_outcomes_may_differ(self, ledger):
        """Every item keeps its own end, whatever became of its neighbours."""
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
        """A batch settled twice, by this run and by the next, is settled once."""
        batch_id = send(ledger, 1, 2)
        settle(ledger, batch_id, 1, 2)
        before = ledger.find([make_key(1), make_key(2)])

        settle(ledger, batch_id, 1, 2)

        assert ledger.find([make_key(1), make_key(2)]) == before
        assert list(ledger.open_batches()) == []

    def test_late_settling_leaves_a_newer_attempt_alone(self, ledger):
        """An item that was sent again meanwhile is not set back by its earlier batch."""
        first = send(ledger, 1)
        settle(ledger, first, 1)
        send(ledger, 1, job_id="job2", fileName="Other")

        settle(ledger, first, 1)

        assert state_of(ledger) is State.SUBMITTED

    def test_refused_is_closed(self, ledger, open_ledger):
        """A batch of which the server took in nothing is closed, its items can be sent again."""
        ledger.record_refused(pend(ledger, 1, 2), "400 Bad Request", START)
        reading = open_ledger(read_only=True)

        assert list(reading.open_batches()) == []
        assert [state_of(reading, number) for number in (1, 2)] == [State.REFUSED] * 2

    def test_refusing_leaves_other_batches_alone(self, ledger):
        """What happens to one batch happens to its items only."""
        send(ledger, 1)
        ledger.record_refused(pend(ledger, 2), "no", START)

        assert state_of(ledger, 1) is State.SUBMITTED

    def test_nothing_of_a_batch_is_written_when_it_cannot_be(self, ledger, open_ledger):
        """When record_pending raises LedgerError, nothing of it was written."""
        with pytest.raises(LedgerError):
            pend(ledger, 1, 2, 1)

        assert ledger.find([make_key(1), make_key(2)]) == {}
        assert list(open_ledger(read_only=True).open_batches()) == []
        assert pend(ledger, 1, 2)

    # What is remembered

    def test_found_item(self, ledger):
        """Row, state, checksum, digest, media entry and marks of the last attempt are found."""
        item = make_item(1)
        settle(ledger, send(ledger, 1), 1)
        found = known(ledger)

        assert found.row == ledger.highest_row() == 1
        assert found.state is State.SUCCESS
        assert (found.checksum, found.record_digest) == (item.checksum, item.record_digest)
        assert found.media_id == "m1"
        assert found.marks == hashes_from(item.body)

    def test_keys_never_sent_are_not_in_the_answer(self, ledger):
        """Only what was sent is found, by system and id together."""
        send(ledger, 1)
        elsewhere = make_key(1)._replace(system_name="elsewhere")

        assert ledger.find([make_key(1), make_key(2), elsewhere]).keys() == {make_key(1)}

    def test_an_item_keeps_its_row(self, ledger):
        """Sent again with other content, it is the same item with what is new."""
        settle(ledger, send(ledger, 1, 2), 1, 2)
        before = known(ledger)
        send(ledger, 1, fileName="Other")
        after = known(ledger)

        assert after.row == before.row
        assert after.checksum == make_item(1, fileName="Other").checksum != before.checksum
        assert ledger.highest_row() == 2

    @pytest.mark.parametrize(
        ("state", "is_taken"), [(State.SUCCESS, True), (State.SKIPPED, False), (State.LOST, False)]
    )
    def test_marks_are_those_of_what_the_server_took(self, ledger, state, is_taken):
        """Only a success says that the server has the new content; before, the old counts."""
        settle(ledger, send(ledger, 1), 1)
        before = known(ledger).marks
        batch = send(ledger, 1, fileName="Other")
        assert known(ledger).marks == before

        settle(ledger, batch, 1, state=state)

        assert (known(ledger).marks != before) is is_taken

    @pytest.mark.parametrize("state", [State.FAILED, State.LOST])
    def test_media_id_survives_a_later_failure(self, ledger, state):
        """An entry the server has stays known, however a later attempt ends."""
        settle(ledger, send(ledger, 1), 1)
        settle(ledger, send(ledger, 1, fileName="Other"), 1, state=state)

        assert (known(ledger).state, known(ledger).media_id) == (state, "m1")

    def test_media_id_survives_a_refusal(self, ledger):
        """A declined request says nothing of what is there."""
        settle(ledger, send(ledger, 1), 1)
        ledger.record_refused(pend(ledger, 1, fileName="Other"), "no", START)

        assert (known(ledger).state, known(ledger).media_id) == (State.REFUSED, "m1")

    def test_media_id_may_change(self, ledger):
        """What the server says last is right."""
        settle(ledger, send(ledger, 1), 1)
        ended = [Outcome(make_key(1), State.SUCCESS, None, "m9")]
        batch_id = send(ledger, 1, fileName="Other")
        ledger.record_settled(batch_id, ended, job_state="success", now=START)

        assert known(ledger).media_id == "m9"

    def test_records_are_known_by_their_digest(self, ledger):
        """Row and state of the settled items that came from these records, and of no others."""
        settle(ledger, send(ledger, 1, 2), 1, 2)
        send(ledger, 3)
        ledger.note_digests()

        assert ledger.known([b"digest-1", b"digest-3", b"digest-9"]) == {
            b"digest-1": (1, State.SUCCESS)
        }

    def test_digests_are_noted_when_there_is_time(self, ledger, open_ledger):
        """What was sent since is not known by its record before it is asked for; then it stays."""
        settle(ledger, send(ledger, 1), 1)
        ledger.note_digests()
        ledger.note_digests()
        batch_id = send(ledger, 2)
        assert ledger.known([b"digest-1", b"digest-2"]) == {b"digest-1": (1, State.SUCCESS)}

        ledger.note_digests()
        settle(ledger, batch_id, 2, state=State.FAILED)

        assert open_ledger(read_only=True).known([b"digest-1", b"digest-2"]) == {
            b"digest-1": (1, State.SUCCESS),
            b"digest-2": (2, State.FAILED),
        }

    def test_many_records_are_known_at_once(self, ledger):
        """A chunk of the manifest is asked for in one question."""
        numbers = range(1, 1001)
        settle(ledger, send(ledger, *numbers), *numbers)
        ledger.note_digests()
        found = ledger.known([b"digest-%d" % number for number in range(1, 2001)])

        assert [found[b"digest-%d" % number][0] for number in numbers] == list(numbers)
        assert len(found) == 1000

    def test_digests_are_learned(self, ledger, open_ledger):
        """An unchanged item that now comes from another text is known by the new one only."""
        settle(ledger, send(ledger, 1, 2), 1, 2)
        ledger.note_digests()
        ledger.learn_digests([(1, b"new-1")])
        reading = open_ledger(read_only=True)

        assert reading.known([b"digest-1", b"new-1", b"digest-2"]) == {
            b"new-1": (1, State.SUCCESS),
            b"digest-2": (2, State.SUCCESS),
        }

    def test_item_is_not_known_by_what_its_record_was(self, ledger):
        """Once another text of the record was sent, the earlier one must be looked at again."""
        settle(ledger, send(ledger, 1), 1)
        ledger.note_digests()
        again = KINDS["videos"].item_from(make_entry(1), SYSTEM, b"later")
        settle(ledger, ledger.record_pending([again], [b""], request_digest=b"", now=START), 1)
        ledger.note_digests()

        assert ledger.known([b"digest-1", b"later"]) == {b"later": (1, State.SUCCESS)}

    # Blocks

    def test_block_is_known_to_the_next_run(self, ledger, open_ledger):
        """It comes back with its rows, in their order, for this target only."""
        settle(ledger, send(ledger, 1, 2, 3), 1, 2, 3)
        assert ledger.known_block(b"block") is None
        open_ledger().learn_blocks([Block(b"block", [3, 1])], "/manifest.yaml")

        assert list(open_ledger().known_block(b"block")) == [3, 1]
        assert open_ledger(OTHER_TARGET).known_block(b"block") is None
        assert open_ledger().known_block(b"other") is None

    @pytest.mark.parametrize("is_settled", [True, False])
    def test_block_does_not_outlive_an_attempt_at_its_items(self, ledger, open_ledger, is_settled):
        """What was tried since, even in vain, has to be looked at; other blocks still hold."""
        settle(ledger, send(ledger, 1, 2, 3), 1, 2, 3)
        blocks = [Block(b"touched", [1, 2]), Block(b"untouched", [3])]
        open_ledger().learn_blocks(blocks, "/manifest.yaml")
        later = open_ledger()
        later.begin_run(make_start(run_id="later"))
        batch_id = send(later, 2)
        if is_settled:
            settle(later, batch_id, 2)

        assert open_ledger().known_block(b"touched") is None
        assert list(open_ledger().known_block(b"untouched")) == [3]

    def test_block_that_is_learned_anew_holds_again(self, ledger, open_ledger):
        """After the attempt the same records may be found settled once more."""
        settle(ledger, send(ledger, 1), 1)
        open_ledger().learn_blocks([Block(b"block", [1])], "/manifest.yaml")
        later = open_ledger()
        later.begin_run(make_start(run_id="later"))
        settle(later, send(later, 1), 1)
        open_ledger().learn_blocks([Block(b"block", [1])], "/manifest.yaml")

        assert list(open_ledger().known_block(b"block")) == [1]

    def test_blocks_are_forgotten(self, ledger, open_ledger):
        """Of a manifest's blocks only those stay that it still has; those of others all do."""
        settle(ledger, send(ledger, 1), 1)
        later = open_ledger()
        later.learn_blocks([Block(b"a", [1]), Block(b"b", [1])], "/manifest.yaml")
        later.learn_blocks([Block(b"c", [1])], "/other.yaml")
        later.forget_blocks("/manifest.yaml", {b"a"})

        assert [digest for digest in (b"a", b"b", b"c") if later.known_block(digest)] == [
            b"a",
            b"c",
        ]

    # What is open

    def test_open_batches_come_oldest_first(self, ledger):
        """Their keys stand in the order of the request; settled and refused ones are gone."""
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
        """Each is read when it is asked for: one that is closed by then is passed over."""
        first, second, third = (send(ledger, number) for number in (1, 2, 3))
        batches = ledger.open_batches()
        assert next(batches).batch_id == first
        settle(ledger, second, 2)

        assert [batch.batch_id for batch in batches] == [third]

    def test_open_batch_tells_what_existed_before(self, ledger):
        """Keys that had a media entry before this batch prove nothing when they are found."""
        settle(ledger, send(ledger, 1, 2), 1, 2)
        settle(ledger, send(ledger, 3), 3, state=State.FAILED)
        pend(ledger, 2, 3, 4, fileName="Other")
        (batch,) = ledger.open_batches()

        assert set(batch.keys) == {make_key(2), make_key(3), make_key(4)}
        assert batch.existing == {make_key(2)}

    # Which keys a manifest has

    def test_identity_is_what_made_the_keys(self, ledger, open_ledger):
        """It is remembered by manifest when the manifest last sent anything."""
        send(ledger, 1)
        other = open_ledger()
        other.begin_run(make_start("/other.yaml", "{{ id }}", "tapes", run_id="run-2"))
        send(other, 2)

        assert other.identity_of("/manifest.yaml") == Identity(SYSTEM, None)
        assert other.identity_of("/other.yaml") == Identity("tapes", "{{ id }}")
        assert other.identity_of("/third.yaml") is None

    def test_identity_needs_something_sent(self, ledger, open_ledger):
        """A run that sent nothing, or nothing that was taken in, made no keys."""
        assert ledger.identity_of("/manifest.yaml") is None
        ledger.record_refused(pend(ledger, 1), "no", START)
        assert ledger.identity_of("/manifest.yaml") is None

        batch_id = pend(ledger, 1)
        assert ledger.identity_of("/manifest.yaml") == Identity(SYSTEM, None)
        settle(ledger, batch_id, 1)
        assert ledger.identity_of("/manifest.yaml") == Identity(SYSTEM, None)

    def test_identity_is_the_latest(self, ledger, open_ledger):
        """A manifest that was changed on purpose has the identity of its last run that sent."""
        send(ledger, 1)
        second, third = open_ledger(), open_ledger()
        second.begin_run(make_start(template="{{ a }}", run_id="run-2"))
        send(second, 2)
        third.begin_run(make_start(template="{{ b }}", run_id="run-3"))

        assert third.identity_of("/manifest.yaml") == Identity(SYSTEM, "{{ a }}")

    def test_open_batch_knows_the_runs_after_its_own(self, ledger, open_ledger):
        """The runs between that of the batch and the present one are dated; neither of these is."""
        send(ledger, 1)
        later = []
        for number, started_at in enumerate((at(50), at(30), at(40)), start=2):
            run = open_ledger()
            run.begin_run(replace(make_start(run_id=f"run-{number}"), started_at=started_at))
            (batch,) = run.open_batches()
            later.append(batch.later_runs)

        assert later == [None, (at(50), at(50)), (at(30), at(30))]
        (batch,) = ledger.open_batches()
        assert batch.later_runs is None

    def test_identity_of_a_file(self, ledger, open_ledger):
        """Manifests that share their records are found by them, those of a pipe are not."""
        send(ledger, 1)
        other = open_ledger()
        other.begin_run(make_start("/other.yaml", "{{ id }}", records_file=None, run_id="run-2"))
        send(other, 2)

        assert other.identity_of_file("/records.jsonl") == Identity(SYSTEM, None)
        assert other.identity_of_file("/other.yaml") is None

    # Known URLs

    def test_doubles_are_counted_by_their_urls(self, ledger):
        """A new item counts when the known item with its URL was not met; one of them is shown."""
        settle(ledger, send(ledger, 1, 2, 3), 1, 2, 3)
        new = [renamed(number) for number in (1, 2, 4)]

        assert doubles(ledger, new) == Doubles(2, Double(make_key(1), new[0].key, new[0].url))
        met = {known(ledger, 1).row}
        assert doubles(ledger, new, met) == Doubles(1, Double(make_key(2), new[1].key, new[1].url))
        assert doubles(ledger, new, {known(ledger, number).row for number in (1, 2)}).count == 0

    def test_doubles_of_few_rows(self, ledger):
        """Where the rows that were not met are few, only they are read; they may be any rows."""
        settle(ledger, send(ledger, 1, 2, 3), 1, 2, 3)
        rows = [known(ledger, number).row for number in (2, 3)]
        with closing(ledger.known_urls().tally()) as tally:
            tally.add([renamed(1), renamed(2)])

            assert tally.most_doubles([*rows, 999]) == 1
            assert tally.most_doubles([]) == 0
            assert tally.doubles(lambda row: row in rows).count == 1

    @pytest.mark.parametrize(("known_count", "found"), [(1, 1), (2, 2), (3, 2), (4, 0)])
    def test_shared_urls(self, ledger, known_count, found):
        """Each of two new items doubles one known; what many share is no URL of one medium."""
        numbers = range(1, known_count + 1)
        settle(ledger, send(ledger, *numbers, url="https://films.example/0.mp4"), *numbers)

        assert doubles(ledger, [renamed(0), renamed(0, "b")]).count == found

    @pytest.mark.parametrize(
        ("state", "found"),
        [
            (State.PENDING, 1),
            (State.SUCCESS, 1),
            (State.SKIPPED, 1),
            (State.LOST, 1),
            (State.FAILED, 0),
            (State.REFUSED, 0),
        ],
    )
    def test_items_that_may_have_arrived_count(self, ledger, state, found):
        """An item that is in flight may get its entry yet; one that failed has none."""
        batch_id = pend(ledger, 1)
        if state is State.REFUSED:
            ledger.record_refused(batch_id, "no", START)
        elif state is not State.PENDING:
            settle(ledger, batch_id, 1, state=state)

        assert doubles(ledger, [renamed(1)]).count == found

    def test_failed_item_keeps_its_entry(self, ledger):
        """An item that arrived once is there, however its last attempt ended."""
        settle(ledger, send(ledger, 1), 1)
        settle(ledger, send(ledger, 1), 1, state=State.FAILED)

        assert doubles(ledger, [renamed(1)]).count == 1

    def test_urls_are_those_of_one_moment(self, ledger, open_ledger):
        """Items added later, and those of other targets, are not compared."""
        assert ledger.known_urls() is None
        settle(ledger, send(ledger, 1), 1)
        before = ledger.known_urls()
        settle(ledger, send(ledger, 2), 2)

        assert doubles(before, [renamed(1), renamed(2)]).count == 1
        assert doubles(ledger, [renamed(1), renamed(2)]).count == 2
        assert open_ledger(OTHER_TARGET).known_urls() is None

    @pytest.mark.parametrize("count", [3, 25_000])
    def test_any_number_of_new_items(self, ledger, count):
        """Few URLs are compared by the database, many item by item, with the same result."""
        ledger.record_settled(
            send(ledger, 1, url="https://films.example/Z%C3%BCrich.mp4"),
            outcomes(1),
            job_state="success",
            now=START,
        )
        first = renamed(1)._replace(url="https://films.example/Zu%cc%88rich.mp4")
        others = (first._replace(url=f"https://films.example/{n}") for n in range(count - 1))

        assert doubles(ledger, [first, *others]).count == 1

    def test_urls_are_compared_masked(self, ledger):
        """A signature that is another one each night does not make another URL."""
        settle(ledger, send(ledger, 1, url="https://films.example/1.mp4?sig=one12345"), 1)
        found = doubles(ledger, [renamed(1)._replace(url="https://films.example/1.mp4?sig=two")])

        assert found.count == 1
        assert found.example.url == "https://films.example/1.mp4?sig=***"

    # What counts towards the quota

    def test_sent_items_are_counted(self, ledger):
        """Items in requests since a moment count, whatever became of them, but no declined ones."""
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
        """What was sent while the clock was ahead does not count until that moment has come."""
        send(ledger, 1, 2, now=at(10))
        send(ledger, 3, now=at(20))

        assert ledger.count_sent(START, at(15)) == 2
        assert ledger.oldest_sent(START, at(15)) == at(10)
        assert ledger.count_sent(START, at(5)) == 0
        assert ledger.oldest_sent(START, at(5)) is None
        assert ledger.count_sent(START, at(20)) == 3

    def test_oldest_sent_is_in_utc(self, ledger):
        """Moments are aware: what comes out can be compared with the clock."""
        send(ledger, 1, now=at(10))

        assert ledger.oldest_sent(START, LATER).utcoffset() == timedelta(0)

    # Targets

    def test_targets_do_not_see_each_other(self, ledger, open_ledger):
        """The same manifest against another target is all new."""
        settle(ledger, send(ledger, 1, 2), 1, 2)
        send(ledger, 3)
        other = open_ledger(OTHER_TARGET)

        other.note_digests()
        assert other.known([b"digest-1"]) == {}
        assert other.find([make_key(1)]) == {}
        assert list(other.open_batches()) == []
        assert other.identity_of("/manifest.yaml") is None
        assert other.count_sent(at(-10), LATER) == 0
        assert other.oldest_sent(at(-10), LATER) is None

    @pytest.mark.parametrize("part", ["server", "project", "kind"])
    def test_target_is_all_of_its_parts(self, ledger, open_ledger, part):
        """Another server, project or kind is another target each."""
        send(ledger, 1)
        original = Target("https://server.example", "", "videos")

        assert open_ledger(replace(original, **{part: "another"})).find([make_key(1)]) == {}
        assert open_ledger(original).find([make_key(1)]).keys() == {make_key(1)}

    def test_same_key_in_two_targets(self, ledger, open_ledger):
        """An item lives in each target on its own."""
        settle(ledger, send(ledger, 1), 1)
        other = open_ledger(OTHER_TARGET)
        other.begin_run(make_start(run_id="run-2"))
        settle(other, send(other, 1), 1, state=State.FAILED)
        ledger.record_refused(pend(ledger, 1, fileName="Other"), "no", START)

        assert (state_of(ledger), state_of(other)) == (State.REFUSED, State.FAILED)
        assert known(ledger).row != known(other).row
        other.note_digests()
        assert other.known([b"digest-1"]) == {b"digest-1": (known(other).row, State.FAILED)}

    def test_target_nobody_wrote_to(self, ledger, open_ledger):
        """Reading a target that is not there finds nothing and makes nothing."""
        send(ledger, 1)
        reading = open_ledger(OTHER_TARGET, read_only=True)

        assert reading.find([make_key(1)]) == {}
        assert reading.count_sent(at(-10), LATER) == 0

    # Readers and writers

    def test_reader_sees_what_is_committed(self, ledger, open_ledger):
        """A reader opened before goes along with the writer, commit by commit."""
        reading = open_ledger(read_only=True)
        batch_id = pend(ledger, 1)
        assert state_of(reading) is State.PENDING
        settle(ledger, batch_id, 1)
        assert state_of(reading) is State.SUCCESS

    def test_reading_never_writes(self, ledger, open_ledger):
        """A ledger opened for reading refuses to record."""
        reading = open_ledger(read_only=True)

        with pytest.raises(LedgerError):
            pend(reading, 1)
        with pytest.raises(LedgerError):
            reading.begin_run(make_start(run_id="run-2"))
        assert ledger.find([make_key(1)]) == {}

    def test_memory_outlives_the_ledger(self, ledger, open_ledger):
        """Closed and opened again, it knows what it knew."""
        settle(ledger, send(ledger, 1), 1)
        send(ledger, 2)
        ledger.close()
        again = open_ledger()

        assert [state_of(again, number) for number in (1, 2)] == [State.SUCCESS, State.SUBMITTED]
        assert len(list(again.open_batches())) == 1

    def test_a_run_begins_once(self, ledger):
        """begin_run is called *exactly once*: the same run cannot begin again."""
        with pytest.raises(LedgerError):
            ledger.begin_run(make_start())

    def test_invalid_records_change_no_item(self, ledger):
        """What is wrong with a record says nothing of an item that was sent under its id."""
        settle(ledger, send(ledger, 1), 1)
        ledger.record_invalid([Invalid(1, "v1", (Problem("url", "no"),))], "/manifest.yaml")
        ledger.forget_invalid("/manifest.yaml")

        assert state_of(ledger) is State.SUCCESS
        assert list(ledger.open_batches()) == []
