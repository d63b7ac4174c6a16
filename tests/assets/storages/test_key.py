"""Keys and URLs, by the rules of the CMS."""

from __future__ import annotations

import pytest

from ld_import.assets.base import SUFFIX, FileProblem
from ld_import.assets.key import asset_key, asset_url, check_image_url, check_key, object_name
from tests.assets.storages.makers import make_settings


@pytest.mark.parametrize(
    "key",
    [
        "a.jpg",
        "2021/05/04/7f6352fb.jpeg",
        "a-B_9/x",
        "town/a.tar7",
        f"a/b{SUFFIX}",
        "vacation/v.mp4",
    ],
)
def test_usable_keys(key):
    """Letters, digits, `-`, `_`, folders and one ending; the suffix may not be known yet."""
    check_key(make_settings(), key)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("", "it is empty"),
        ("a b.jpg", "it contains ' '"),
        ("ä.jpg", "it contains 'ä'"),
        ("a\n.jpg", r"it contains '\n'"),
        ("a.JPG", "lower-case ending"),
        ("a.b.jpg", "has a dot that does not begin"),
        ("a.", "has a dot that does not begin"),
        (f"a.jpg{SUFFIX}", "has a dot that does not begin"),
        ("a/../b.jpg", "has a dot that does not begin"),
        ("./b.jpg", "has a dot that does not begin"),
        ("/a.jpg", "an empty part"),
        ("a//b.jpg", "an empty part"),
        ("a/", "an empty part"),
        ("a/.jpg", "no name before the ending"),
        (SUFFIX, "no name before the ending"),
        ("v/a.jpg", "begins with `v/`"),
        ("image-variants-cache/a.jpg", "begins with `image-variants-cache/`"),
        ("a" * 1020 + ".jpg", "1,031 characters with the prefix"),
    ],
)
def test_unusable_keys(key, why):
    """Each rule of the CMS has its sentence."""
    with pytest.raises(FileProblem) as raised:
        check_key(make_settings(), key)

    assert why in str(raised.value)
    assert SUFFIX not in str(raised.value)


def test_prefix_is_reserved_as_well():
    """A prefix may not be a folder of the CMS."""
    with pytest.raises(FileProblem, match="begins with `v/`"):
        check_key(make_settings(url="s3://media/v/"), "a.jpg")


@pytest.mark.parametrize(
    ("given", "key", "url"),
    [
        ({}, "a/b.jpg", "https://cdn.example/a/b.jpg"),
        ({"public_url": "https://cdn.example/"}, "a/b.jpg", "https://cdn.example/a/b.jpg"),
        (
            {"public_url": "https://cdn.example/legacy", "key_with_prefix": True},
            "legacy/a/b.jpg",
            "https://cdn.example/legacy/a/b.jpg",
        ),
        ({"url": "s3://media", "key_with_prefix": True}, "a/b.jpg", "https://cdn.example/a/b.jpg"),
        ({"url": "file:/srv/media"}, "a/b.jpg", "https://cdn.example/a/b.jpg"),
    ],
)
def test_key_and_url_of_an_entry(given, key, url):
    """`publicUrl` addresses bucket and prefix; the key has the prefix on request."""
    settings = make_settings(**given)

    assert (asset_key(settings, "a/b.jpg"), asset_url(settings, "a/b.jpg")) == (key, url)
    assert url.endswith(f"/{key}")


def test_name_in_the_bucket():
    """The object has the prefix in its name, whatever the CMS gets."""
    assert object_name(make_settings(url="s3://media/a/b/"), "c.jpg") == "a/b/c.jpg"
    assert object_name(make_settings(url="s3://media"), "c.jpg") == "c.jpg"


@pytest.mark.parametrize("ending", ["png", "jpg", "jpeg", "gif", "svg", "webp", "mp4", "mov"])
def test_images_of_the_cms(ending):
    """The CMS accepts URLs of images with these endings."""
    check_image_url(make_settings(), f"a.{ending}")


@pytest.mark.parametrize(
    ("key", "what"),
    [("a.tif", "the ending `.tif`"), ("a.avif", "the ending `.avif`"), ("a", "without an ending")],
)
def test_other_images(key, what):
    """The reason names the ending and what to do."""
    with pytest.raises(FileProblem, match="convert the picture to JPEG, PNG or WebP") as raised:
        check_image_url(make_settings(), key)

    assert what in str(raised.value)
