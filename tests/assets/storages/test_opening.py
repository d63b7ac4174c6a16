"""Values for buckets that no request can have: one sentence, not a panic of the library."""

from __future__ import annotations

import pytest

from ld_import.assets.base import SourceRules
from ld_import.assets.source import state_of
from ld_import.assets.storages.opening import open_bucket
from ld_import.errors import UsageError
from tests.assets.storages.makers import make_settings

pytest.importorskip("obstore")


@pytest.mark.parametrize("value", ["AKIA7\n", "AKIA7\r", "AKI\u00c4"])
def test_variable_with_a_line_break(monkeypatch, tmp_path, value):
    """A secret of a container or a file from Windows often ends with a line break."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", value)

    with pytest.raises(UsageError, match="AWS_ACCESS_KEY_ID has a line break") as storage:
        open_bucket(make_settings(url="s3://media/a"), retries=0)
    with pytest.raises(UsageError, match="AWS_ACCESS_KEY_ID has a line break"):
        state_of("s3://media/a.jpg", SourceRules(folder=tmp_path))
    assert "AKI" not in str(storage.value)


def test_file_with_two_lines(tmp_path):
    """A file with both parts of an access key is not one of them."""
    path = tmp_path / "id"
    path.write_text("AKIA7\nsecret\n")
    settings = make_settings(url="s3://media/a", access_key_file=path, secret_key_file=path)

    with pytest.raises(UsageError, match="accessKeyFile of the storage `media` is not one line"):
        open_bucket(settings, retries=0)
