"""Groups of items: one cause is one group, whatever values its sentences contain."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from ld_import.model import Invalid, Problem
from ld_import.reasons import Case, Commands, ReasonGroups
from ld_import.reasons.groups import MOST_CAUSES

COMMANDS = Commands("videos", "talks.yaml")


def grouped(*cases):
    """Return the groups of these cases."""
    groups = ReasonGroups()
    for case in cases:
        groups.add(case)
    return groups.sorted()


def failed(number, reason):
    """Return a failed item."""
    return Case("failed", reason, f"v{number}", number + 1)


def test_differing_values_are_one_cause():
    """Ids, numbers, quoted texts and URLs are cut out; equal values and the first items stay."""
    (group,) = grouped(
        *(
            failed(number, f'{number} bytes of https://a.example/{number}: 404 for "v{number}"')
            for number in range(1, 6)
        )
    )

    assert (group.count, group.text) == (5, '… bytes of … 404 for "…"')
    assert [(item.external_id, item.line) for item in group.items] == [
        ("v1", 2),
        ("v2", 3),
        ("v3", 4),
    ]


def test_single_item_keeps_its_sentence():
    """The sentence of one item is shown as it is."""
    (group,) = grouped(failed(1, "HTTP 404 from https://a.example/1"))

    assert group.text == "HTTP 404 from https://a.example/1"


def test_order():
    """The most urgent state comes first, then the largest group."""
    groups = grouped(
        Case("skipped", "already exists", "a"),
        Case("failed", "gone", "b"),
        Case("failed", "too large", "c"),
        Case("failed", "too large", "d"),
        Case("lost", None, "e"),
    )

    assert [(group.state, group.text) for group in groups] == [
        ("failed", "too large"),
        ("failed", "gone"),
        ("lost", "the result is not known"),
        ("skipped", "already exists"),
    ]


def test_invalid_record_with_two_problems():
    """A record counts in each of its groups, once, and brings the advice of its problem."""
    groups = ReasonGroups()
    problems = (Problem("url", "`url` is missing; add it"), Problem("id", "`id` is missing"))
    groups.add_invalid(Invalid(7, "v7", problems))
    groups.add_invalid(Invalid(9, None, (problems[0], problems[0])))

    first, second = groups.sorted()

    assert (first.count, first.text, first.advice(COMMANDS)) == (2, "`url` is missing", "add it")
    assert second.count == 1
    assert "`ld-import validate talks.yaml --kind videos`" in second.advice(COMMANDS)


def add_different(groups, numbers):
    """Add items whose sentences have nothing in common."""
    letters = str.maketrans("0123456789", "abcdefghij")
    for number in numbers:
        word = str(number).translate(letters)
        groups.add(failed(number, f"the {word} of 'x{word}' and '{word}' is wrong"))


def used_bytes():
    """Return the bytes in use, without garbage."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_memory_is_bounded():
    """Sentences without anything in common are counted together after a number of groups."""
    groups = ReasonGroups()
    add_different(groups, range(MOST_CAUSES + 20))
    tracemalloc.start()
    before = used_bytes()
    add_different(groups, range(20_000, 22_000))
    after = used_bytes()
    tracemalloc.stop()

    assert len(groups) == MOST_CAUSES + 1
    assert groups.sorted()[0].count == 2_020
    assert after - before < 100_000


@pytest.mark.parametrize(
    ("state", "reason", "command"),
    [
        ("failed", "The property 'a' is not configured", "ld-import fields videos"),
        (
            "failed",
            "could not download",
            "ld-import validate talks.yaml --kind videos --check-urls",
        ),
        (
            "failed",
            'archived by `ledger undo` of run r (media "m"); the server keeps its externalId',
            "give the records new ids, or remove them from the manifest",
        ),
        (
            "failed",
            "the host old.example has a private address; allow it with --allow-private-sources",
            "ld-import videos talks.yaml --retry-failed --allow-private-sources`",
        ),
        ("failed before", "too large", "ld-import videos talks.yaml --retry-failed"),
        ("open", None, "waits for the result"),
        ("failed", "too large", "ld-import videos talks.yaml --retry-failed"),
        ("refused", None, "ld-import videos talks.yaml"),
        ("lost", None, "ld-import videos talks.yaml"),
        ("submitted", None, "ld-import videos talks.yaml"),
        ("skipped", "exists; the server keeps other content: title", "--on-existing patch`"),
        ("skipped", "exists; it could not be confirmed, because …", "public-api:read"),
        ("skipped", "already exists", "nothing to do"),
    ],
)
def test_next_step(state, reason, command):
    """Each state and cause has its own next command."""
    (group,) = grouped(Case(state, reason, "v1"))

    assert command in group.advice(COMMANDS)
    assert group.document(COMMANDS)["advice"] == group.advice(COMMANDS)


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ('"a.jpg" cannot be read: the file does not exist', "`ld-import probe FILE`"),
        ("`mediaType` is `video`, but the content of the file is image/png", "probe FILE`"),
        ("https:///a.jpg is not a valid URL", "remove the cause"),
        ("The property 'a' is not configured", "ld-import fields media-library"),
    ],
)
def test_next_step_after_a_failed_file(reason, advice):
    """Files that the import uploads are neither URLs for the server nor metadata."""
    (group,) = grouped(failed(1, reason))

    assert advice in group.advice(Commands("media-library", "scans.yaml"))


def test_commands_can_be_pasted():
    """Names of manifests are quoted as a shell needs it; a pipe is not named."""
    assert Commands("videos", "my talks.yaml").again() == "`ld-import videos 'my talks.yaml'`"
    assert Commands("videos").again("--retry-failed") == "`ld-import videos --retry-failed`"
