"""Groups of findings: one cause is one group, in bounded memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ld_import.validation import Finding, Level, grouped
from ld_import.validation.groups import FIRST_LINES, MOST_GROUPS, MOST_NAMES


def finding(text, line=1, *, level=Level.ERROR, external_id=None, field="", advice="", rule=""):
    return Finding(level, line, external_id, field, text, advice, rule)


@pytest.mark.parametrize(
    ("one", "other", "sentence"),
    [
        ('`url` is "a": it is bad', '`url` is "b: c": it is bad', '`url` is "…": it is bad'),
        (
            '`url` is "long text…: it is bad',
            '`url` is {"a":["b"]}: it is bad',
            '`url` is "…": it is bad',
        ),
        ("it has 17 signs", "it has 3,000 signs", "it has … signs"),
        ("line 5: bad", "line -6.5: bad", "line …: bad"),
        ("made 2020-01-31T10:00:00Z by him", "made 1999-12-31 by him", "made … by him"),
        ("job 25bzj8j failed", "job 31cak9k failed", "job … failed"),
        ("lost 5f0c-11aa-22bb.", "lost 6a1d-22bb-33cc.", "lost …."),
        ("https://a.example/x?y failed", "ftp://b/ failed", "… failed"),
        ("the id 'v 1' is bad", "the id 'w 2' is bad", "the id '…' is bad"),
        ('"a \\" b" is bad', '"c" is bad', '"…" is bad'),
    ],
)
def test_values_that_differ_are_cut(one, other, sentence):
    """Ids, numbers, quoted texts, URLs and dates do not make another group."""
    (group,) = grouped([finding(one, 1), finding(other, 2)]).sorted()

    assert (group.count, group.sentence) == (2, sentence)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("`url` is missing", "`fileName` is missing"),
        ("The property 'size' is not configured", "The property 'length' is not configured"),
        ("the job's item is lost", "the job's entry is lost"),
    ],
)
def test_other_causes_are_other_groups(one, other):
    """Names in backticks, and single words in quotes, are part of the sentence."""
    groups = grouped([finding(one, 1), finding(other, 2), finding(one, 3)]).sorted()

    assert [(group.count, group.sentence) for group in groups] == [(2, one), (1, other)]


def test_the_first_partner_is_shown():
    """Of the lines of other records, the first one is shown."""
    texts = ["same as line 2", "same as line 4", "same as line 4"]
    groups = grouped(finding(text, line) for line, text in enumerate(texts, 5)).sorted()
    shared = [
        f'the URL is also that of "{name}" on line {line}' for name, line in (("a", 1), ("b", 3))
    ]
    (pair,) = grouped(finding(text, at, rule="s") for at, text in enumerate(shared, 8)).sorted()

    assert [group.sentence for group in groups] == ["same as line 2 …"]
    assert pair.sentence == 'the URL is also that of "…" on line 1 …'


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["do this"] * 3, "do this"),
        (["keep 80", "keep 90"], "keep …"),
        (["shorten it", "give more", "shorten it"], "shorten it / give more"),
        (
            ["use `a`", "use `b`", "use `c`", "use `d`", "use `e`"],
            "use `a` / use `b` / use `c` / …",
        ),
        (["", "omit it"], "omit it"),
    ],
)
def test_different_advice(given, shown):
    """The advice of a group does not have the values of its first record."""
    groups = grouped(
        finding("bad", line, advice=advice, rule="bad") for line, advice in enumerate(given, 1)
    )

    assert [group.advice for group in groups.sorted()] == [shown]


def test_equal_values_stay():
    """A value that all findings of a group have is shown."""
    groups = grouped([finding("it has 17 signs, not 5", 1), finding("it has 17 signs, not 6", 2)])

    assert [group.sentence for group in groups.sorted()] == ["it has 17 signs, not …"]


def test_one_finding_is_shown_whole():
    """A group of one shows the text of its finding with its values."""
    (group,) = grouped([finding('`url` is "x": bad', 7, external_id="v7", field="url")]).sorted()

    assert (group.sentence, group.lines, group.external_id) == ('`url` is "x": bad', [7], "v7")


def test_the_own_id_is_a_value():
    """The externalId of a record is cut, even if it looks like a name."""
    ids = [f"item-{chr(ord('a') + number)}" for number in range(5)]
    groups = grouped(
        finding(f"'{name}' is lost", at, external_id=name) for at, name in enumerate(ids, 1)
    )

    assert [(group.count, group.sentence) for group in groups.sorted()] == [(5, "'…' is lost")]


def test_words_in_quotes_become_values():
    """A sentence with many different words in quotes has values there: the rest is one group."""
    words = ["".join(chr(ord("a") + int(digit)) for digit in f"{n:03}") for n in range(100)]
    groups = grouped(finding(f"the tag '{word}' is bad", at) for at, word in enumerate(words, 1))

    largest, *others = groups.sorted()
    assert (largest.count, largest.sentence) == (100 - MOST_NAMES, "the tag '…' is bad")
    assert len(others) == MOST_NAMES


def test_a_rule_makes_the_group():
    """Findings with a rule are grouped by level, rule and field, whatever their texts say."""
    groups = grouped(
        [
            finding("the date 2020-13-01 does not exist", 1, rule="date", field="metadata.a"),
            finding("there is no 30th of February: 2020-02-30", 2, rule="date", field="metadata.a"),
            finding("the date 2020-13-01 does not exist", 3, rule="date", field="metadata.b"),
            finding("x", 4, rule="date", field="metadata.a", level=Level.WARNING),
        ]
    )

    assert [(group.id, group.level, group.count) for group in groups.sorted()] == [
        ("metadata.a/date", Level.ERROR, 2),
        ("metadata.b/date", Level.ERROR, 1),
        ("metadata.a/date-2", Level.WARNING, 1),
    ]
    assert groups.sorted()[0].sentence == "the date … does not exist"


def test_positions_in_lists_are_one_field():
    """Items of a list share a group, and several findings of one record count once."""
    texts = [finding("the tag is bad", 5, field=f"metadata.tags.{number}") for number in range(3)]
    (group,) = grouped([*texts, finding("the tag is bad", 6, field="metadata.tags.0")]).sorted()

    assert (group.field, group.count, group.lines) == ("metadata.tags.…", 2, [5, 6])


def test_records_that_share_a_line():
    """Their numbers or ids distinguish them; the line is shown once."""
    numbered = [replace(finding("it is bad"), number=at // 2) for at in range(6)]
    named = [finding("it is worse", external_id=external_id) for external_id in ("a", "a", "b")]
    groups = grouped([*numbered, *named]).sorted()

    assert [(group.count, group.lines) for group in groups] == [(3, [1]), (2, [1])]


def test_first_lines_in_any_order():
    """A group keeps the first lines, also if they come last."""
    (group,) = grouped(finding("bad", line) for line in (90, 50, 70, 60, 40, 10)).sorted()

    assert group.lines == [10, 40, 50]
    assert len(group.lines) == FIRST_LINES


def test_order():
    """Errors come before warnings, then large groups, then those that begin early."""
    groups = grouped(
        [
            finding("w", 1, level=Level.WARNING),
            finding("w", 2, level=Level.WARNING),
            finding("i", 1, level=Level.INFO),
            finding("late", 9),
            finding("early", 3),
            finding("many", 20),
            finding("many", 21),
        ]
    )

    assert [group.sentence for group in groups.sorted()] == ["many", "early", "late", "w", "i"]


def test_memory_is_bounded():
    """Beyond some thousand groups all further kinds share one group, and none is lost."""

    def word(number):
        return "".join(chr(ord("a") + int(digit)) for digit in f"{number:05}")

    groups = grouped(finding(word(number), number) for number in range(1, MOST_GROUPS + 51))

    assert len(groups) == MOST_GROUPS + 1
    assert sum(group.count for group in groups.sorted()) == MOST_GROUPS + 50
    assert groups.sorted()[0].count == 50
