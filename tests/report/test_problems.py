"""The list of a report is bounded, and every group has a part of it."""

from __future__ import annotations

import json
import tracemalloc

from ld_import.report.facts import RunFacts
from ld_import.report.problems import MOST_KEPT, MOST_ROWS, ProblemSource, collected

RUN = RunFacts(kind="videos", server="", manifest="/talks.yaml", command="ld_import.run_import")
WORDS = "abcdefghijklmnopqrstuvwxyz"


def item(number, reason, state="failed"):
    return {
        "state": state,
        "externalId": f"v{number}",
        "reason": reason,
        "line": number,
        "now": state,
    }


def test_small_group_is_listed_beside_a_large_one():
    """A large group leaves room for all items of a small one, wherever they are."""
    items = [item(number, "the one cause") for number in range(5_000)]
    items += [item(number, "the other cause") for number in range(5_000, 5_003)]
    problems = collected(RUN, ProblemSource(items=items))

    assert [group.count for group in problems.groups] == [5_000, 3]
    assert len(problems.rows) == MOST_ROWS
    assert sum(row.reason == "the other cause" for row in problems.rows) == 3
    assert (problems.total, problems.is_complete) == (5_003, False)


def test_as_many_items_as_fit_are_all_listed():
    """Up to the limit, every item is listed."""
    problems = collected(
        RUN, ProblemSource(items=[item(number, None) for number in range(MOST_ROWS)])
    )

    assert problems.is_complete
    assert problems.groups[0].sentence == "the server gave no reason"


def test_memory_does_not_grow_with_the_items():
    """Three times the items take no more memory."""
    peaks = []
    for count in (1_100, 3_300):
        tracemalloc.start()
        items = (item(number, "the one cause") for number in range(count))
        collected(RUN, ProblemSource(items=items))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] * 1.2


def test_rows_of_many_groups_are_bounded():
    """With many large groups, each keeps only its first rows."""
    reasons = [f"cause {first}{second}x" for first in WORDS[:20] for second in WORDS[:20]]
    count = 30 * len(reasons)
    items = (item(number, reasons[number // 30]) for number in range(count))
    problems = collected(RUN, ProblemSource(items=items))

    assert sum(len(group.rows) for group in problems.groups) < MOST_KEPT
    assert (problems.group_count, len(problems.rows)) == (len(reasons), MOST_ROWS)
    assert len({row.groups for row in problems.rows}) == len(reasons)


def test_advice_names_the_manifest():
    """The advice is that of the other outputs, with the manifest of the run."""
    problems = collected(RUN, ProblemSource(items=[item(1, "cause")]))

    assert problems.groups[0].advice == (
        "remove the cause, then `ld-import videos /talks.yaml --retry-failed`"
    )


def test_records_with_two_problems_are_bounded():
    """The rows of a group are bounded, also if each record is in two groups."""
    problems = ["`url` is missing", "`title` is missing"]
    rows = [
        {"line": number, "externalId": None, "problems": json.dumps(problems)}
        for number in range(1, MOST_ROWS + 300)
    ]
    result = collected(RUN, ProblemSource(invalid=rows))

    assert [(group.count, group.lines) for group in result.groups] == [
        (len(rows), [1, 2, 3]),
        (len(rows), [1, 2, 3]),
    ]
    assert sum(len(group.rows) for group in result.groups) == MOST_ROWS


def test_skipped_items_are_counted_by_reason():
    """Millions of skipped items are counted by the database; the first ones are listed."""
    source = ProblemSource(
        skipped=[item(number, "already exists", "skipped") for number in range(1, 4)],
        skip_reasons=[{"reason": "already exists", "count": 2_000_000}],
    )
    problems = collected(RUN, source)

    (group,) = problems.groups
    assert (group.sentence, group.count, group.lines) == ("already exists", 2_000_000, [1, 2, 3])
    assert (problems.total, problems.skipped, problems.skipped_rows) == (0, 2_000_000, 3)
    assert problems.is_complete
