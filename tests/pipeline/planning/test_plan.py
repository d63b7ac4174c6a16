"""Deciding: the table of decisions, repeats, and that known text is not even parsed."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import closing
from itertools import islice

import pytest

from ld_import.manifest import Mapping
from ld_import.model import Invalid, Leave, LeaveReason, Outcome, Record, Send, SendReason, State
from ld_import.pipeline.planning import record_blocks
from ld_import.pipeline.planning.chunk import Rules
from ld_import.pipeline.planning.record_blocks import MOST_RECORDS, BlockNotes
from tests.clock import START
from tests.makers import make_item, make_key, make_ledger, make_planner, make_record, make_records


def plan(ledger, records, **options):
    """Return all decisions about records, flat."""
    planner = make_planner(ledger, **options)
    return [one for chunk in planner.chunks(records) for one in chunk.decisions]


def record(ledger, items, state, media_id="m1", reason=None):
    """Write that these items were sent and ended so."""
    batch_id = ledger.record_pending(items, [b""] * len(items), request_digest=b"", now=START)
    if state is State.REFUSED:
        ledger.record_refused(batch_id, "no", START)
    elif state is not State.PENDING:
        outcomes = [Outcome(item.key, state, reason, media_id) for item in items]
        ledger.record_settled(batch_id, outcomes, job_state="success", now=START)


def remember(ledger, records, state=State.SUCCESS, media_id="m1", reason=None):
    """Let the ledger know these records as sent and ended so."""
    sends = [one for one in plan(ledger, records) if isinstance(one, Send)]
    record(ledger, [send.item for send in sends], state, media_id, reason)
    ledger.note_digests()


def why(decisions):
    """Return how many of each decision."""
    counted: Counter[str] = Counter()
    for one in decisions:
        if isinstance(one, Invalid):
            counted["invalid"] += 1
        elif isinstance(one, Leave):
            counted[one.reason] += one.count
        else:
            counted[one.reason] += 1
    return dict(counted)


CHANGED = {"fileName": "Another title"}


@pytest.mark.parametrize(
    ("state", "media_id", "same", "changed"),
    [
        (State.SUCCESS, "m1", LeaveReason.UNCHANGED, SendReason.CHANGED),
        (State.SKIPPED, "m1", LeaveReason.UNCHANGED, SendReason.CHANGED),
        (State.FAILED, None, LeaveReason.FAILED_BEFORE, SendReason.CHANGED),
        (State.REFUSED, None, SendReason.NEW, SendReason.NEW),
        (State.LOST, None, SendReason.NEW, SendReason.NEW),
        (State.LOST, "m1", SendReason.CHANGED, SendReason.CHANGED),
        (State.PENDING, None, LeaveReason.OPEN, LeaveReason.OPEN),
    ],
)
def test_what_the_ledger_says_decides(ledger, state, media_id, same, changed):
    """Each state of the ledger has one decision for the same and one for other content."""
    remember(ledger, [make_record(1)], state, media_id)

    assert why(plan(ledger, [make_record(1)])) == {same: 1}
    assert why(plan(ledger, [make_record(1, **CHANGED)])) == {changed: 1}


def test_unknown_record_is_new(ledger):
    """What the ledger does not know is sent."""
    (decision,) = plan(ledger, [make_record(1)])

    assert isinstance(decision, Send)
    assert decision.reason is SendReason.NEW
    assert decision.item.key == make_key(1)


def test_flags_send_what_would_be_left(ledger):
    """`--retry-failed` adds the failed, `--force` adds everything."""
    remember(ledger, [make_record(1)])
    remember(ledger, [make_record(2)], State.FAILED, None)
    both = [make_record(1), make_record(2)]

    assert why(plan(ledger, both)) == {LeaveReason.UNCHANGED: 1, LeaveReason.FAILED_BEFORE: 1}
    assert why(plan(ledger, both, rules=Rules(retry_failed=True))) == {
        LeaveReason.UNCHANGED: 1,
        SendReason.RETRY: 1,
    }
    assert why(plan(ledger, both, rules=Rules(force=True))) == {SendReason.RETRY: 2}


def test_known_text_is_not_parsed(ledger):
    """A record the ledger knows by its text passes without the mapping being asked."""
    remember(ledger, make_records(5))
    mapping = Mapping(external_id=None, fields=None)
    asked = []

    class Asked:
        fingerprint = mapping.fingerprint

        def entry_from(self, record):
            asked.append(record.line)
            return mapping.entry_from(record)

    records = [*make_records(5), make_record(6)]

    assert why(plan(ledger, records, mapping=Asked())) == {
        LeaveReason.UNCHANGED: 5,
        SendReason.NEW: 1,
    }
    assert asked == [6]


def test_another_text_for_the_same_content_is_learned(ledger):
    """Unchanged content in another spelling is read once, and known by that spelling afterwards."""
    remember(ledger, [make_record(1)])
    respelled = Record(1, make_record(1).raw.replace(b'":"', b'": "'))

    (chunk,) = make_planner(ledger).chunks([respelled])
    ledger.learn_digests(chunk.learned)

    assert why(chunk.decisions) == {LeaveReason.UNCHANGED: 1}
    assert len(chunk.learned) == 1
    (again,) = make_planner(ledger).chunks([respelled])
    assert again.learned == []


def test_another_mapping_reads_everything_again(ledger):
    """What was known under one map is not taken as known under another one."""
    remember(ledger, [make_record(1)])
    fields = {"url": "{{ url }}", "fileName": "{{ fileName }}!", "metadata": "{{ metadata }}"}
    mapping = Mapping(external_id="{{ id }}", fields=fields)

    assert why(plan(ledger, [make_record(1)], mapping=mapping)) == {SendReason.CHANGED: 1}


def test_another_system_is_all_new(ledger):
    """The systemName is half of the key."""
    remember(ledger, [make_record(1)])

    assert why(plan(ledger, [make_record(1)], system_name="other")) == {SendReason.NEW: 1}


@pytest.mark.parametrize("known", [False, True])
def test_same_key_twice_same_content_counts_once(ledger, known):
    """A line that repeats an earlier one is counted as repeated, known to the ledger or not."""
    if known:
        remember(ledger, [make_record(1)])

    decisions = plan(ledger, [make_record(1), make_record(1, line=2), make_record(1, line=3)])

    assert why(decisions) == {
        LeaveReason.UNCHANGED if known else SendReason.NEW: 1,
        LeaveReason.REPEATED: 2,
    }


@pytest.mark.parametrize("known", [False, True])
def test_same_key_other_content_is_invalid_at_the_later_line(ledger, known):
    """The later line is invalid and names the earlier one."""
    if known:
        remember(ledger, [make_record(1)])

    decisions = plan(ledger, [make_record(1), make_record(1, line=2, **CHANGED)])

    (invalid,) = [one for one in decisions if isinstance(one, Invalid)]
    assert invalid.line == 2
    assert invalid.external_id == "v1"
    assert "line 1" in invalid.problems[0].text


def test_known_text_behind_a_changed_line_is_the_later_one(ledger):
    """The order of lines counts, even where the later line would not have been parsed."""
    remember(ledger, [make_record(1)])

    decisions = plan(ledger, [make_record(1, line=1, **CHANGED), make_record(1, line=2)])

    assert why(decisions) == {SendReason.CHANGED: 1, "invalid": 1}
    (invalid,) = [one for one in decisions if isinstance(one, Invalid)]
    assert invalid.line == 2


def test_repeats_are_found_across_chunks(ledger):
    """A key is remembered for the whole run, not for a chunk."""
    records = [*make_records(MOST_RECORDS), make_record(1, line=9999)]

    assert why(plan(ledger, records)) == {SendReason.NEW: MOST_RECORDS, LeaveReason.REPEATED: 1}


def night(folder, records):
    """Go through a night in which these records are found unchanged; return the next ledger."""
    with closing(make_ledger(folder)) as ledger:
        notes = BlockNotes(ledger, "/manifest.yaml")
        for chunk in make_planner(ledger).chunks(records):
            assert not chunk.is_block_known
            notes.note(chunk.block, is_known=chunk.is_block_known)
        notes.end()
    return make_ledger(folder)


@pytest.fixture
def known(ledger, tmp_path):
    """Return a ledger that knows the blocks of 600 records."""
    remember(ledger, make_records(600))
    with closing(night(tmp_path, make_records(600))) as known:
        yield known


def test_known_block_is_left_without_a_look_at_its_records(known):
    """Once it was left record by record, the next run asks for the block alone."""
    chunks = list(make_planner(known).chunks(make_records(600)))

    assert all(chunk.is_block_known for chunk in chunks)
    assert why(one for chunk in chunks for one in chunk.decisions) == {LeaveReason.UNCHANGED: 600}


def test_repeats_of_a_known_block_are_found(known):
    """A record left with its block is met: a later line with its key repeats it or is invalid."""
    more = [make_record(7, line=601), make_record(8, line=602, fileName="Other")]

    decisions = plan(known, [*make_records(600), *more])

    assert why(decisions) == {LeaveReason.UNCHANGED: 600, LeaveReason.REPEATED: 1, "invalid": 1}


def test_known_block_behind_a_repeat_is_looked_at(known):
    """Where an earlier line has the key of one of its records, that one is the repeat."""
    decisions = plan(known, [make_record(600, line=1, fileName="Other"), *make_records(600)])

    assert why(decisions) == {SendReason.CHANGED: 1, LeaveReason.UNCHANGED: 599, "invalid": 1}


@pytest.mark.parametrize(
    ("rules", "decided"),
    [
        (Rules(force=True), {SendReason.RETRY: 600}),
        (Rules(only=frozenset({"v7"})), {LeaveReason.UNCHANGED: 600}),
        (Rules(retry_failed=True), {LeaveReason.UNCHANGED: 600}),
    ],
)
def test_known_blocks_do_not_hide_what_was_asked_for(known, rules, decided):
    """With `--force` and `--only` every record is looked at."""
    planner = make_planner(known, rules=rules)
    chunks = list(planner.chunks(make_records(600)))

    assert why(one for chunk in chunks for one in chunk.decisions) == decided
    assert planner.not_in_manifest == []
    assert any(chunk.is_block_known for chunk in chunks) == rules.retry_failed


def test_repeat_of_an_item_settled_in_this_very_run(ledger):
    """A line whose twin was sent and settled meanwhile is a repeat, not unchanged."""
    planner = make_planner(ledger)
    (first,) = planner.chunks([make_record(1)])
    batch_id = ledger.record_pending(
        [first.decisions[0].item], [b""], request_digest=b"", now=START
    )
    ledger.record_settled(
        batch_id, [Outcome(make_key(1), State.SUCCESS)], job_state="success", now=START
    )

    (second,) = planner.chunks([make_record(1, line=300)])

    assert why(second.decisions) == {LeaveReason.REPEATED: 1}


def test_invalid_records_do_not_claim_their_key(ledger):
    """A line that cannot be sent leaves its externalId to a later line that can."""
    decisions = plan(ledger, [make_record(1, url="ftp://x"), make_record(1, line=2)])

    assert why(decisions) == {"invalid": 1, SendReason.NEW: 1}


def test_limit_and_only_hold_back(ledger):
    """What `--limit` or `--only` keep is held back, not lost from the counts."""
    records = make_records(5)

    assert why(plan(ledger, records, rules=Rules(limit=2))) == {
        SendReason.NEW: 2,
        LeaveReason.HELD_BACK: 3,
    }
    assert why(plan(ledger, records, rules=Rules(only=frozenset({"v4"})))) == {
        SendReason.NEW: 1,
        LeaveReason.HELD_BACK: 4,
    }


def test_entry_larger_than_a_request_is_invalid(ledger):
    """An entry that fits into no request is told by its size."""
    size = len(make_item(1).body)
    big = make_record(1, metadata={"text": "x" * size})

    (decision,) = plan(ledger, [big], rules=Rules(largest_item_bytes=size))

    assert isinstance(decision, Invalid)
    assert f"{size:,}" in decision.problems[0].text


def test_every_record_is_decided_once(ledger):
    """PlanSource tell how many records they decided, whatever the mixture."""
    remember(ledger, make_records(300))
    records = [*make_records(400), Record(401, b"{"), make_record(1, line=402)]

    chunks = list(make_planner(ledger).chunks(records))

    assert sum(chunk.read for chunk in chunks) == 402
    assert why([one for chunk in chunks for one in chunk.decisions]) == {
        LeaveReason.UNCHANGED: 300,
        SendReason.NEW: 100,
        "invalid": 1,
        LeaveReason.REPEATED: 1,
    }


NUMBERS = range(1, 80)
STATES = (State.SUCCESS, State.SKIPPED, State.FAILED, State.REFUSED, State.LOST, State.PENDING)


def a_record(rng, line):
    """Return a record that may be known, changed, repeated, spelled otherwise, or broken."""
    number = rng.choice(NUMBERS)
    if rng.random() < 0.05:
        return Record(line, b"{")
    if rng.random() < 0.4:
        return make_record(number, line, fileName=rng.choice("AB"))
    record = make_record(number, line)
    return Record(line, record.raw.replace(b'":"', b'": "')) if rng.random() < 0.2 else record


def an_earlier_night(ledger, rng):
    """Let the ledger know half of all items, in every state, and most of them by blocks."""
    known = [make_record(number) for number in NUMBERS if number % 2]
    ends = rng.choices(STATES, (9, 3, 2, 1, 1, 1), k=len(known))
    for state in sorted(set(ends)):
        remember(ledger, [one for one, end in zip(known, ends, strict=True) if end is state], state)
    notes = BlockNotes(ledger, "m")
    for chunk in make_planner(ledger).chunks(known):
        notes.note(chunk.block, is_known=chunk.is_block_known)
    notes.end()


def carry_out(ledger, rng, chunks):
    """Do what a run does with these chunks; of the last sends some may be under way."""
    items = [one.item for chunk in chunks for one in chunk.decisions if isinstance(one, Send)]
    notes = BlockNotes(ledger, "m")
    for chunk in chunks:
        notes.note(chunk.block, is_known=chunk.is_block_known)
        ledger.learn_digests(chunk.learned)
    notes._write()
    begun = items[: max(0, len(items) - rng.randrange(12))]
    ends = rng.choices(STATES, k=len(begun))
    for state in sorted(set(ends)):
        record(ledger, [one for one, end in zip(begun, ends, strict=True) if end is state], state)


def some_rules(rng):
    return rng.choice(
        [
            Rules(),
            Rules(retry_failed=True),
            Rules(force=True),
            Rules(limit=rng.randrange(30)),
            Rules(only=frozenset({"v1", "v2", "v3", "v40", "nobody"})),
        ]
    )


@pytest.mark.parametrize("seed", range(24))
def test_catching_up_continues_the_plan(tmp_path, monkeypatch, seed):
    """Another planner registers what was decided and sent, and decides about the rest alike."""
    monkeypatch.setattr(record_blocks, "END_MASK", 7)
    rng = random.Random(seed)
    nightly = [make_record(number) for number in NUMBERS if number % 2]
    records = [*nightly[: rng.randrange(16)], *(a_record(rng, n) for n in range(100, 240))]
    rules = some_rules(rng)

    def one_night(name, begun=None, done=0):
        """Plan all; or the `begun` first chunks, then catch up with `done`, and plan the rest."""
        (tmp_path / name).mkdir()
        with closing(make_ledger(tmp_path / name)) as ledger:
            an_earlier_night(ledger, random.Random(seed))
        with closing(make_ledger(tmp_path / name)) as ledger:
            planner = make_planner(ledger, rules=rules)
            rows = iter(records)
            chunks = planner.chunks(rows)
            if begun is None:
                return list(chunks), planner
            list(islice(chunks, begun))
            carry_out(ledger, rng, whole[:done])
            ahead = whole[begun:done]
            sent = sum(isinstance(one, Send) for chunk in ahead for one in chunk.decisions)
            read = sum(chunk.read for chunk in ahead)
            steps = sum(1 for _ in planner.catch_up(islice(rows, read), sent))
            assert steps == done - begun
            return list(chunks), planner

    whole, planner = one_night("whole")
    done = rng.randrange(1, len(whole))
    rest, other = one_night("rest", rng.randrange(done), done)

    assert rest == whole[done:]
    assert other.not_in_manifest == planner.not_in_manifest
