"""Assertions of the contract show what differed, as those of any test file."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.ledger.contract")
