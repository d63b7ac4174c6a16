"""Shared URLs: one medium under two ids."""

from __future__ import annotations

import pytest

from tests.validation.makers import inspected, make_item


@pytest.mark.parametrize(
    "other",
    [
        "https://media.example.com/Z%C3%BCrich.mp4",
        "https://media.example.com/Zu%CC%88rich.mp4",
    ],
)
def test_forms_of_a_url(other):
    """Another spelling of the same letters is the same URL."""
    url = "https://media.example.com/Z%C3%BCrich.mp4"

    (finding,) = inspected([make_item(line=4, url=url), make_item(line=7, url=other)])

    assert (finding.line, finding.rule, finding.field) == (7, "shared-url", "url")
    assert finding.text == 'the URL is also that of "videos-4x" on line 4'


def test_each_later_one_is_reported():
    """A URL of many items is reported for each but the first, in the order of the manifest."""
    url = "https://media.example.com/a.mp4"

    found = inspected([make_item(line=line, url=url) for line in range(1, 1200)])

    assert [finding.line for finding in found] == list(range(2, 1200))
    assert {finding.text.rpartition(" ")[2] for finding in found} == {"1"}


def test_other_urls():
    """Another query is another URL."""
    urls = [f"https://media.example.com/get.mp4?id={number}" for number in range(3)]

    assert inspected([make_item(line=at, url=url) for at, url in enumerate(urls, 1)]) == []
