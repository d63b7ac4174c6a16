"""Decisions of the plan: the decision table, repeated keys, and records left unparsed."""

from __future__ import annotations

import random
import shutil
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
    """Return all decisions about records as one list."""
    planner = make_planner(ledger, **options)
    return [decision for chunk in planner.chunks(records) for decision in chunk.decisions]


def record(ledger, items, state, media_id="m1", reason=None):
    """Record these items as sent, with this outcome."""
    batch_id = ledger.record_pending(items, [b""] * len(items), request_digest=b"", now=START)
    if state is State.REFUSED:
        ledger.record_refused(batch_id, "no", START)
    elif state is not State.PENDING:
        outcomes = [Outcome(item.key, state, reason, media_id) for item in items]
        ledger.record_settled(batch_id, outcomes, job_state="success", now=START)


def remember(ledger, records, state=State.SUCCESS, media_id="m1", reason=None):
    """Record these records in the ledger as sent, with this outcome."""
    sends = [decision for decision in plan(ledger, records) if isinstance(decision, Send)]
    record(ledger, [send.item for send in sends], state, media_id, reason)
    ledger.note_digests()


def counts(decisions):
    """Return the number of decisions by reason."""
    counted: Counter[str] = Counter()
    for decision in decisions:
        if isinstance(decision, Invalid):
            counted["invalid"] += 1
        elif isinstance(decision, Leave):
            counted[decision.reason] += decision.count
        else:
            counted[decision.reason] += 1
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
def test_state_in_the_ledger_decides(ledger, state, media_id, same, changed):
    """Each state of the ledger has one decision for equal and one for other content."""
    remember(ledger, [make_record(1)], state, media_id)

    assert counts(plan(ledger, [make_record(1)])) == {same: 1}
    assert counts(plan(ledger, [make_record(1, **CHANGED)])) == {changed: 1}


def test_unknown_record_is_new(ledger):
    """A record without a row in the ledger is sent."""
    (decision,) = plan(ledger, [make_record(1)])

    assert isinstance(decision, Send)
    assert decision.reason is SendReason.NEW
    assert decision.item.key == make_key(1)


@pytest.mark.parametrize(
    "rules", [Rules(), Rules(limit=40), Rules(only=frozenset({"v3", "v50", "v700"}))]
)
def test_plan_of_a_new_ledger_looks_nothing_up(tmp_path, rules):
    """With an empty ledger the decisions are those with a ledger that has other items only."""
    rng = random.Random(6)
    records = [
        make_record(number, line=line, fileName=rng.choice("ab"))
        if number % 9
        else Record(line, b"{}")
        for line, number in enumerate(rng.choices(range(900), k=1500), 1)
    ]
    decided = []
    for name, other in (("new", []), ("filled", [make_record(5000)])):
        with closing(make_ledger(tmp_path / name)) as ledger:
            remember(ledger, other)
            decided.append(plan(ledger, records, rules=rules))

    assert decided[0] == decided[1]
    assert {type(decision) for decision in decided[0]} == {Send, Leave, Invalid}


def test_flags_send_items_that_would_be_left(ledger):
    """`--retry-failed` adds failed items, `--force` adds all items."""
    remember(ledger, [make_record(1)])
    remember(ledger, [make_record(2)], State.FAILED, None)
    both = [make_record(1), make_record(2)]

    assert counts(plan(ledger, both)) == {LeaveReason.UNCHANGED: 1, LeaveReason.FAILED_BEFORE: 1}
    assert counts(plan(ledger, both, rules=Rules(retry_failed=True))) == {
        LeaveReason.UNCHANGED: 1,
        SendReason.RETRY: 1,
    }
    assert counts(plan(ledger, both, rules=Rules(force=True))) == {SendReason.RETRY: 2}


def test_known_text_is_not_parsed(ledger):
    """A record whose text is in the ledger is left without a call of the mapping."""
    remember(ledger, make_records(5))
    mapping = Mapping(external_id=None, fields=None)
    mapped_lines: list[int] = []

    class ObservedMapping:
        fingerprint = mapping.fingerprint

        def entries_from(self, records, checkpoint):
            mapped_lines.extend(record.line for record in records)
            return mapping.entries_from(records, checkpoint)

    records = [*make_records(5), make_record(6)]

    assert counts(plan(ledger, records, mapping=ObservedMapping())) == {
        LeaveReason.UNCHANGED: 5,
        SendReason.NEW: 1,
    }
    assert mapped_lines == [6]


def test_another_text_for_the_same_content_is_learned(ledger):
    """Unchanged content with another text is parsed once, and known by that text afterwards."""
    remember(ledger, [make_record(1)])
    respelled = Record(1, make_record(1).raw.replace(b'":"', b'": "'))

    (chunk,) = make_planner(ledger).chunks([respelled])
    ledger.learn_digests(chunk.learned)

    assert counts(chunk.decisions) == {LeaveReason.UNCHANGED: 1}
    assert len(chunk.learned) == 1
    (again,) = make_planner(ledger).chunks([respelled])
    assert again.learned == []


def test_another_mapping_reads_everything_again(ledger):
    """A record known under one mapping is parsed again under another one."""
    remember(ledger, [make_record(1)])
    fields = {"url": "{{ url }}", "fileName": "{{ fileName }}!", "metadata": "{{ metadata }}"}
    mapping = Mapping(external_id="{{ id }}", fields=fields)

    assert counts(plan(ledger, [make_record(1)], mapping=mapping)) == {SendReason.CHANGED: 1}


def test_another_system_is_all_new(ledger):
    """The systemName is part of the key."""
    remember(ledger, [make_record(1)])

    assert counts(plan(ledger, [make_record(1)], system_name="other")) == {SendReason.NEW: 1}


@pytest.mark.parametrize("known", [False, True])
def test_same_key_twice_same_content_counts_once(ledger, known):
    """A repeated line is counted as repeated, whether or not the ledger knows it."""
    if known:
        remember(ledger, [make_record(1)])

    decisions = plan(ledger, [make_record(1), make_record(1, line=2), make_record(1, line=3)])

    assert counts(decisions) == {
        LeaveReason.UNCHANGED if known else SendReason.NEW: 1,
        LeaveReason.REPEATED: 2,
    }


@pytest.mark.parametrize("known", [False, True])
def test_same_key_other_content_is_invalid_at_the_later_line(ledger, known):
    """The later line is invalid and names the earlier one."""
    if known:
        remember(ledger, [make_record(1)])

    decisions = plan(ledger, [make_record(1), make_record(1, line=2, **CHANGED)])

    (invalid,) = [decision for decision in decisions if isinstance(decision, Invalid)]
    assert invalid.line == 2
    assert invalid.external_id == "v1"
    assert "line 1" in invalid.problems[0].text


def test_known_text_after_a_changed_line_is_invalid(ledger):
    """The order of lines counts, even if the later line would not have been parsed."""
    remember(ledger, [make_record(1)])

    decisions = plan(ledger, [make_record(1, line=1, **CHANGED), make_record(1, line=2)])

    assert counts(decisions) == {SendReason.CHANGED: 1, "invalid": 1}
    (invalid,) = [decision for decision in decisions if isinstance(decision, Invalid)]
    assert invalid.line == 2


def test_repeats_are_found_across_chunks(ledger):
    """A key is remembered for the whole run, not only for a chunk."""
    records = [*make_records(MOST_RECORDS), make_record(1, line=9999)]

    assert counts(plan(ledger, records)) == {SendReason.NEW: MOST_RECORDS, LeaveReason.REPEATED: 1}


def night(folder, records):
    """Run a night in which these records are unchanged; return the ledger of the next one."""
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


def test_known_block_is_left_without_its_records(known):
    """After a block was left record by record, the next run looks up only the block."""
    chunks = list(make_planner(known).chunks(make_records(600)))

    assert all(chunk.is_block_known for chunk in chunks)
    assert counts(decision for chunk in chunks for decision in chunk.decisions) == {
        LeaveReason.UNCHANGED: 600
    }


def test_repeats_of_a_known_block_are_found(known):
    """A record left with its block counts as seen: a later line with its key repeats it."""
    more = [make_record(7, line=601), make_record(8, line=602, fileName="Other")]

    decisions = plan(known, [*make_records(600), *more])

    assert counts(decisions) == {LeaveReason.UNCHANGED: 600, LeaveReason.REPEATED: 1, "invalid": 1}


def test_known_block_after_a_repeated_key_is_read(known):
    """If an earlier line has the key of one of its records, that record is the repeated one."""
    decisions = plan(known, [make_record(600, line=1, fileName="Other"), *make_records(600)])

    assert counts(decisions) == {SendReason.CHANGED: 1, LeaveReason.UNCHANGED: 599, "invalid": 1}


@pytest.mark.parametrize(
    ("rules", "decided"),
    [
        (Rules(force=True), {SendReason.RETRY: 600}),
        (Rules(only=frozenset({"v7"})), {LeaveReason.UNCHANGED: 600}),
        (Rules(retry_failed=True), {LeaveReason.UNCHANGED: 600}),
    ],
)
def test_known_blocks_do_not_hide_requested_items(known, rules, decided):
    """With `--force` and `--only` every record is read."""
    planner = make_planner(known, rules=rules)
    chunks = list(planner.chunks(make_records(600)))

    assert counts(decision for chunk in chunks for decision in chunk.decisions) == decided
    assert planner.not_in_manifest == []
    assert any(chunk.is_block_known for chunk in chunks) == rules.retry_failed


def test_repeat_of_an_item_settled_in_this_very_run(ledger):
    """A line whose first occurrence was settled meanwhile is repeated, not unchanged."""
    planner = make_planner(ledger)
    (first,) = planner.chunks([make_record(1)])
    batch_id = ledger.record_pending(
        [first.decisions[0].item], [b""], request_digest=b"", now=START
    )
    ledger.record_settled(
        batch_id, [Outcome(make_key(1), State.SUCCESS)], job_state="success", now=START
    )

    (second,) = planner.chunks([make_record(1, line=300)])

    assert counts(second.decisions) == {LeaveReason.REPEATED: 1}


def test_invalid_records_do_not_claim_their_key(ledger):
    """The externalId of an invalid line remains available to a later valid line."""
    decisions = plan(ledger, [make_record(1, url="ftp://x"), make_record(1, line=2)])

    assert counts(decisions) == {"invalid": 1, SendReason.NEW: 1}


def test_limit_and_only_hold_back(ledger):
    """Items excluded by `--limit` or `--only` are counted as held back."""
    records = make_records(5)

    assert counts(plan(ledger, records, rules=Rules(limit=2))) == {
        SendReason.NEW: 2,
        LeaveReason.HELD_BACK: 3,
    }
    assert counts(plan(ledger, records, rules=Rules(only=frozenset({"v4"})))) == {
        SendReason.NEW: 1,
        LeaveReason.HELD_BACK: 4,
    }


def test_entry_larger_than_a_request_is_invalid(ledger):
    """The message about an entry that does not fit into a request contains its size."""
    size = len(make_item(1).body)
    big = make_record(1, metadata={"text": "x" * size})

    (decision,) = plan(ledger, [big], rules=Rules(largest_item_bytes=size))

    assert isinstance(decision, Invalid)
    assert f"{size:,}" in decision.problems[0].text


def test_every_record_is_decided_once(ledger):
    """Each record of a mixed manifest is counted in exactly one chunk and decision."""
    remember(ledger, make_records(300))
    records = [*make_records(400), Record(401, b"{"), make_record(1, line=402)]

    chunks = list(make_planner(ledger).chunks(records))

    assert sum(chunk.read for chunk in chunks) == 402
    assert counts([decision for chunk in chunks for decision in chunk.decisions]) == {
        LeaveReason.UNCHANGED: 300,
        SendReason.NEW: 100,
        "invalid": 1,
        LeaveReason.REPEATED: 1,
    }


NUMBERS = range(1, 80)
STATES = (State.SUCCESS, State.SKIPPED, State.FAILED, State.REFUSED, State.LOST, State.PENDING)


def a_record(rng, line):
    """Return a record that may be known, changed, repeated, formatted differently, or broken."""
    number = rng.choice(NUMBERS)
    if rng.random() < 0.05:
        return Record(line, b"{")
    if rng.random() < 0.4:
        return make_record(number, line, fileName=rng.choice("AB"))
    record = make_record(number, line)
    return Record(line, record.raw.replace(b'":"', b'": "')) if rng.random() < 0.2 else record


def an_earlier_night(ledger, rng):
    """Record half of all items in the ledger, in every state, and most of them in blocks."""
    known = [make_record(number) for number in NUMBERS if number % 2]
    ends = rng.choices(STATES, (9, 3, 2, 1, 1, 1), k=len(known))
    for state in sorted(set(ends)):
        remember(
            ledger, [record for record, end in zip(known, ends, strict=True) if end is state], state
        )
    notes = BlockNotes(ledger, "m")
    for chunk in make_planner(ledger).chunks(known):
        notes.note(chunk.block, is_known=chunk.is_block_known)
    notes.end()


def carry_out(ledger, rng, chunks):
    """Process these chunks as a run does; some of the last sends may still be in flight."""
    decisions = [decision for chunk in chunks for decision in chunk.decisions]
    items = [decision.item for decision in decisions if isinstance(decision, Send)]
    notes = BlockNotes(ledger, "m")
    for chunk in chunks:
        notes.note(chunk.block, is_known=chunk.is_block_known)
        ledger.learn_digests(chunk.learned)
    notes._write()
    begun = items[: max(0, len(items) - rng.randrange(12))]
    ends = rng.choices(STATES, k=len(begun))
    for state in sorted(set(ends)):
        record(ledger, [item for item, end in zip(begun, ends, strict=True) if end is state], state)


def some_rules(rng):
    return rng.choice(
        [
            Rules(),
            Rules(retry_failed=True),
            Rules(force=True),
            Rules(limit=rng.randrange(30)),
            Rules(only=frozenset({"v1", "v2", "v3", "v40", "unknown"})),
        ]
    )


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(24))
def test_catching_up_continues_the_plan(tmp_path, monkeypatch, seed):
    """Another planner registers decided and sent records, and decides alike about the rest."""
    monkeypatch.setattr(record_blocks, "END_MASK", 7)
    rng = random.Random(seed)
    nightly = [make_record(number) for number in NUMBERS if number % 2]
    records = [*nightly[: rng.randrange(16)], *(a_record(rng, n) for n in range(100, 240))]
    rules = some_rules(rng)

    def one_night(name, begun=None, done=0):
        """Plan all chunks, or the first `begun`; then catch up with `done`, and plan the rest."""
        shutil.copytree(tmp_path / "earlier", tmp_path / name)
        with closing(make_ledger(tmp_path / name)) as ledger:
            planner = make_planner(ledger, rules=rules)
            rows = iter(records)
            chunks = planner.chunks(rows)
            if begun is None:
                return list(chunks), planner
            list(islice(chunks, begun))
            carry_out(ledger, rng, whole[:done])
            ahead = whole[begun:done]
            decisions = [decision for chunk in ahead for decision in chunk.decisions]
            sent = sum(isinstance(decision, Send) for decision in decisions)
            read = sum(chunk.read for chunk in ahead)
            steps = sum(1 for _ in planner.catch_up(islice(rows, read), sent))
            assert steps == done - begun
            return list(chunks), planner

    (tmp_path / "earlier").mkdir()
    with closing(make_ledger(tmp_path / "earlier")) as ledger:
        an_earlier_night(ledger, random.Random(seed))
    whole, planner = one_night("whole")
    done = rng.randrange(1, len(whole))
    rest, other = one_night("rest", rng.randrange(done), done)

    assert rest == whole[done:]
    assert other.not_in_manifest == planner.not_in_manifest
