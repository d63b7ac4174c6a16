"""Make pytest rewrite the assertions of the contract, so that failures show the values."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.ledger.contract")
