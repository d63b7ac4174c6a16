"""The progress of a verification: it survives a stop at any byte, and is never used twice."""

from __future__ import annotations

import resource
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from ld_import.errors import LedgerError, LedgerLocked
from ld_import.model import ItemKey, Target
from ld_import.verification.counts import Counts
from ld_import.verification.files import progress_path, read_result, result_path, write_result
from ld_import.verification.mismatch import Mismatch, MismatchKind, Property
from ld_import.verification.progress import ProgressFile, Question
from tests.clock import START

TARGET = Target("https://cms.example", "", "videos")
QUESTION = Question(
    server=TARGET.server,
    project="",
    kind="videos",
    first_run="2026-11-21T01:00:00Z-7f3a",
    system_name=None,
    sample=10,
    seed=7,
    files=False,
    total=100,
    started_at=START.isoformat(),
)
FOUND = Mismatch(
    MismatchKind.DIFFERENT,
    ItemKey("archive", "v1"),
    "1 property with another value than was sent",
    "m1",
    3,
    (Property("metadata.title", "0a0b0c", held='"A"'),),
)


def part(checked=5, *found):
    """Return the counts of a part."""
    counts = Counts(checked)
    for mismatch in found:
        counts.note(mismatch)
    return counts


@pytest.fixture
def path(tmp_path):
    """Return a file with two parts."""
    path = tmp_path / "verify.jsonl"
    with closing(ProgressFile(path)) as file:
        file.begin(QUESTION)
        file.add(5, part(5, FOUND), ["metadata.title"], [FOUND])
        file.add(9, part(4), ["metadata.credit"], [])
    return path


def read(path):
    with closing(ProgressFile(path)) as file:
        return file.read()


def test_progress_is_read_again(path):
    """Row, counts, names and mismatches are those that were written."""
    progress = read(path)

    assert (progress.question, progress.row, progress.is_ended) == (QUESTION, 9, False)
    assert (progress.counts.checked, progress.counts.differ) == (9, 1)
    assert progress.counts.properties == {"metadata.title": 1}
    assert progress.names == ["metadata.title", "metadata.credit"]
    with closing(ProgressFile(path)) as file:
        assert list(file.mismatches()) == [FOUND]


def test_file_cut_at_any_byte(path):
    """A cut line is dropped; what is before it counts, and the next part follows it."""
    whole = path.read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        complete = sum(end <= size for end in ends)
        with closing(ProgressFile(path)) as file:
            progress = file.read()
            assert (progress is None) == (complete == 0)
            if progress is not None:
                assert progress.row == (0, 5, 9)[complete - 1]
                file.add(12, part(3), [], [])
        if complete:
            assert read(path).row == 12


@pytest.mark.parametrize("content", [b"\n", b"null\n", b'{"a": 1}\n', b'{"question": {}}\n'])
def test_other_files_are_begun_again(path, content):
    """A file without a usable first line has no progress."""
    path.write_bytes(content)

    assert read(path) is None


def test_mismatches_of_a_manifest_are_read_again(path):
    """Records of the manifest are looked up again after a stop: their lines are removed."""
    with closing(ProgressFile(path)) as file:
        file.read()
        file.add_of_manifest([FOUND])
    assert read(path).counts.differ == 1
    with closing(ProgressFile(path)) as file:
        assert len(list(file.mismatches())) == 1
        file.add_of_manifest([FOUND])
        file.end()

    assert read(path).is_ended
    with closing(ProgressFile(path)) as file:
        assert len(list(file.mismatches())) == 2


def test_same_question_is_continued_for_a_week():
    """Another question, another sample, or an old answer begins again."""
    later = START + timedelta(days=6)
    same = replace(QUESTION, seed=None, total=200, started_at=later.isoformat())

    assert QUESTION.is_continued_by(same, later)
    assert not QUESTION.is_continued_by(same, START + timedelta(days=8))
    assert not QUESTION.is_continued_by(same, START - timedelta(hours=1))
    for changed in ({"sample": 11}, {"seed": 8}, {"system_name": "a"}, {"server": "b"}):
        assert not QUESTION.is_continued_by(replace(same, **changed), later)


def test_two_at_once(path):
    """A second verification of the same target waits for the first."""
    with closing(ProgressFile(path)), pytest.raises(LedgerLocked):
        ProgressFile(path)


def test_link_is_not_followed(tmp_path):
    """A symbolic link does not redirect what is written."""
    (tmp_path / "verify.jsonl").symlink_to(tmp_path / "target")

    with pytest.raises(LedgerError):
        ProgressFile(tmp_path / "verify.jsonl")


def test_damage_while_it_is_read(path):
    """A part that was changed by hand is one sentence."""
    path.write_bytes(path.read_bytes().replace(b'"different"', b'"unheard"'))

    with closing(ProgressFile(path)) as file, pytest.raises(LedgerError, match="is damaged"):
        list(file.mismatches())


def test_result_of_each_target(tmp_path):
    """Each target has a result of its own; a file that is not a result is none."""
    ledger = tmp_path / "ledger.sqlite3"
    images = replace(TARGET, kind="images")
    document = {"format": "ld-import verification", "version": 1}
    write_result(ledger, TARGET, document)

    assert read_result(ledger, TARGET) == document
    assert read_result(ledger, images) is None
    assert progress_path(ledger, TARGET) != progress_path(ledger, images)
    for content in (b"", b"[]", b'{"format": "other"}'):
        result_path(ledger, TARGET).write_bytes(content)
        assert read_result(ledger, TARGET) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("started_at", "yesterday"),
        ("started_at", "2026-11-21T01:00:00"),
        ("total", "many"),
        ("total", -1),
        ("sample", 2.5),
        ("seed", [1]),
        ("more", 1),
    ],
)
def test_question_of_another_form(path, name, value):
    """A question that is not of the documented form is not continued."""
    first, *parts = path.read_bytes().splitlines(keepends=True)
    question = {**orjson.loads(first)["question"], name: value}
    path.write_bytes(b"".join([orjson.dumps({"question": question}), b"\n", *parts]))

    assert read(path) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("counts", {"mismatches": []}), ("counts", 1), ("names", [7]), ("row", None)],
)
def test_part_of_another_form(path, name, value):
    """A part that is not of the documented form makes the file unusable."""
    first, second, third = path.read_bytes().splitlines(keepends=True)
    part = {**orjson.loads(second), name: value}
    path.write_bytes(b"".join([first, orjson.dumps(part), b"\n", third]))

    assert read(path) is None


def test_full_disk(path):
    """A disk that is full while a part is written is one error; the parts before it remain."""
    before = read(path)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, most))
    try:
        with (
            pytest.raises(LedgerError, match="cannot be written"),
            closing(ProgressFile(path)) as file,
        ):
            file.read()
            file.add(12, part(3), [], [])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    assert read(path) == before
