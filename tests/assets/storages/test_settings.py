"""Settings of storages that can never work."""

from __future__ import annotations

from pathlib import Path

import pytest

from ld_import.assets.storages.settings import check_settings
from ld_import.errors import UsageError
from tests.assets.storages.makers import make_settings

DEFAULT_KEY = (
    "{{ systemName | slugify }}/{{ (externalId | sha256)[:40] }}"
    "{% if version > 1 %}-{{ version }}{% endif %}{{ suffix }}"
)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"key": DEFAULT_KEY},
        {"key": "{{ externalId }}.jpg"},
        {"key": "old/{{ externalId | replace('.', '-') }}{{suffix}}"},
        {"url": "gs://media-1.example"},
        {"url": "s3://media/old.example/images"},
        {"url": "az://media/a"},
        {"url": "file:/srv/media"},
        {"url": "/srv/media"},
        {"endpoint": "https://s3.example:9000"},
        {"endpoint": "http://127.0.0.1:9000"},
        {"endpoint": "http://localhost:9000"},
        {"endpoint": "http://s3.example", "allow_http": True},
        {"public_url": "http://cdn.example/a%20b"},
        {"public_url": "https://cdn.example/x/legacy/", "key_with_prefix": True},
        {"access_key_file": Path("a"), "secret_key_file": Path("b")},
    ],
)
def test_valid_settings(given):
    """Nothing is wrong with usual settings."""
    check_settings(make_settings(**given))


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"url": "ftp://media"}, "`url` must have the form"),
        ({"url": "s3://"}, "no valid name of a bucket"),
        ({"url": "az://a"}, "no valid name of a container"),
        ({"url": "s3://key:secret@media"}, "credentials are given in other ways"),
        ({"url": "s3://media/a?b"}, "bucket and a prefix only"),
        ({"url": "s3://media/a b"}, "the prefix in `url` may contain"),
        ({"url": "s3://media/a//b"}, "the prefix in `url` may contain"),
        ({"url": "s3://media/a/../b"}, "the prefix in `url` may contain"),
        ({"url": "s3://media/a.b", "key_with_prefix": True}, "may not contain a dot"),
        ({"url": "s3://media/v"}, "begins with `v/`"),
        ({"url": "file:"}, "`url` names no folder"),
        ({"endpoint": "s3.example"}, "must be an address"),
        ({"endpoint": "https://a:b@s3.example"}, "must be an address"),
        ({"endpoint": "http://s3.example"}, "has no TLS"),
        ({"public_url": "cdn.example"}, "`publicUrl` must be an address"),
        ({"public_url": "https://cdn.example?"}, "must not have credentials, a query"),
        ({"public_url": "https://a:b@cdn.example"}, "must not have credentials"),
        ({"public_url": "https://cdn.example/a b"}, "must be written as"),
        ({"public_url": "https://cdn.example/a'b"}, "must be written as"),
        ({"public_url": "https://cdn.example/100%"}, "must be written as"),
        ({"public_url": "https://cdn.example", "key_with_prefix": True}, "end with `/legacy`"),
        ({"key": "{{ externalId }} {{ suffix }}"}, "`key` contains ' '"),
        ({"key": "ä/{{ externalId }}"}, "`key` contains 'ä'"),
        ({"key": "/{{ externalId }}"}, "`key` begins with `/`"),
        ({"key": "v/{{ externalId }}"}, "`key` begins with `/` or with a folder of the CMS"),
        ({"key": "a//{{ externalId }}"}, "more than one dot"),
        ({"key": "../{{ externalId }}"}, "more than one dot"),
        ({"key": "{{ externalId }}.{{ suffix }}"}, "a dot before `suffix`"),
        ({"key": "one.jpg"}, "is the same for all files"),
        ({"key": "{{ systemName | slugify }}{{ suffix }}"}, "is the same for all files"),
        ({"checksum": "md5"}, "`checksum` must be one of"),
        ({"part_size": 1024}, "`partSize` must be between"),
        ({"access_key_file": Path("a")}, "must be given together"),
    ],
)
def test_settings_that_cannot_work(given, problem):
    """Each problem is found without a request, with the place of the setting."""
    with pytest.raises(UsageError) as raised:
        check_settings(make_settings(**given))

    assert problem in str(raised.value)
    assert "storages: media" in raised.value.hint
    assert ":secret" not in str(raised.value)
