"""Small files share a task of the cluster; large and slow ones do not wait for others."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path

import pytest

from ld_import.assets.clusters.groups import FIRST_FILES, GROUP_BYTES, Grouping, Job
from tests.harness.cluster_tasks import task


def groups(grouping, sizes):
    """Return the sizes of the files in each group, the incomplete one last."""
    folder, found = Path(), []
    for size in sizes:
        found += grouping.add(Job(task("file", folder, size), Future()))
    return [[job.task.size for job in jobs] for jobs in [*found, *grouping.take()]]


@pytest.fixture
def quick():
    """Return a grouping that has learnt that files are ready in no time."""
    grouping = Grouping()
    grouping.learn(10, 0.01)
    return grouping


@pytest.mark.parametrize("size", [0, 1000, None])
def test_twenty_small_files(quick, size):
    """Twenty small files are a group, also those of unknown size; the rest waits for more."""
    assert [len(group) for group in groups(quick, [size] * 45)] == [20, 20, 5]
    assert quick.take() == []


def test_large_files_are_alone(quick):
    """A file of 64 MB or more is a group at once, and a group has at most 64 MB."""
    half = GROUP_BYTES // 2

    assert groups(quick, [1, GROUP_BYTES, 2, half, half, 3]) == [
        [GROUP_BYTES],
        [1, 2, half],
        [half, 3],
    ]


@pytest.mark.parametrize(
    ("seconds", "files"), [(0.01, 20), (0.1, 20), (0.5, 4), (2.0, 1), (60.0, 1)]
)
def test_slow_files_are_in_smaller_groups(seconds, files):
    """A group takes two seconds, as far as known, and has twenty files at most."""
    grouping = Grouping()
    assert grouping.limit == FIRST_FILES

    grouping.learn(3, 3 * seconds)

    assert grouping.limit == files


def test_newer_files_count_more():
    """The size of groups follows files that become slower."""
    grouping = Grouping()
    grouping.learn(20, 0.2)
    limits = []

    for _ in range(20):
        grouping.learn(1, 1.0)
        limits.append(grouping.limit)

    assert limits[0] > limits[3] > limits[-1] == 2
