"""Show the compared values of failed assertions in the contract, as in any test file."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.kinds.contract")
