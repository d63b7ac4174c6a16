"""The errors that end a run: their exit codes, and the tree in the module docstring."""

from __future__ import annotations

import pickle
import re

import pytest

from ld_import import errors
from ld_import.errors import (
    AnswerLost,
    Interrupted,
    LdImportError,
    QuotaReached,
    RequestRefused,
    ServerUnavailable,
    Unauthorized,
    UnexpectedAnswer,
)

DRAWN = re.compile(r"^[ │├└─]*(\w+)(?: +(\d+)(?:/\d+)?)?(?:  +.*)?$", re.MULTILINE)


def subclasses(base):
    for error in base.__subclasses__():
        if error.__module__ == errors.__name__:
            yield error
            yield from subclasses(error)


def test_tree_in_the_docstring_is_complete():
    """The tree in the docstring names exactly the errors there are, with their exit codes."""
    tree = errors.__doc__.split("\n\n")[1]
    drawn = {name: int(code) if code else None for name, code in DRAWN.findall(tree)}
    real = {
        error.__name__: error.exit_code for error in (LdImportError, *subclasses(LdImportError))
    }
    real |= {"ApiError": None, "Interrupted": 130}

    assert drawn == real


@pytest.mark.parametrize("error", [LdImportError, *subclasses(LdImportError)])
def test_every_error_says_what_to_do(error):
    """Every class has a hint for the user."""
    assert len(error.hint) > 10


def test_hint_of_an_instance_replaces_the_one_of_the_class():
    """A hint passed to the constructor replaces that of the class."""
    assert LdImportError("x", hint="do y").hint == "do y"
    assert LdImportError("x").hint == LdImportError.hint
    assert str(LdImportError("x", hint="do y")) == "x"


@pytest.mark.parametrize(
    ("error", "is_declined"),
    [
        (LdImportError("x"), False),
        (Unauthorized("x", status=401), True),
        (RequestRefused("x", status=400), True),
        (QuotaReached("x"), True),
        (UnexpectedAnswer("x"), False),
        (UnexpectedAnswer("x", is_declined=True), True),
        (ServerUnavailable("x", is_declined=False), False),
        (ServerUnavailable("x", is_declined=True), True),
        (AnswerLost("x"), False),
        (Interrupted(2), True),
    ],
)
def test_declined_requests(error, is_declined):
    """`is_declined` is True only if the error proves that nothing was accepted."""
    assert error.is_declined is is_declined


@pytest.mark.parametrize(
    ("limit", "used", "remaining"),
    [(100, 99, 1), (100, 0, 100), (100, 100, 0), (100, 120, 0), (None, 5, 0), (100, None, 0)],
)
def test_remaining_quota(limit, used, remaining):
    """`remaining` is the rest of the quota, never negative, and 0 if unknown."""
    assert QuotaReached("x", limit=limit, used=used).remaining == remaining


@pytest.mark.parametrize(("signal_number", "exit_code"), [(2, 130), (15, 143)])
def test_interrupted_exits_like_a_shell(signal_number, exit_code):
    """The exit code of a stopped run is 128 plus the number of the signal."""
    assert Interrupted(signal_number).exit_code == exit_code


@pytest.mark.parametrize(
    "error",
    [
        LdImportError("a bug"),
        Unauthorized("no token", status=401, hint="give one"),
        RequestRefused("bad", status=422, paths={"a": "b"}, is_address_unknown=True),
        UnexpectedAnswer("html", is_declined=True),
        QuotaReached("full", limit=7, used=5),
        ServerUnavailable("away", is_declined=False),
        AnswerLost("gone", is_busy=True, retry_after_seconds=2.0),
        Interrupted(15, has_recorded=False),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_can_be_sent_to_another_process(error):
    """Text, hint, exit code and details are the same there."""
    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301 (made here)

    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert (arrived.hint, arrived.exit_code) == (error.hint, error.exit_code)
    assert vars(arrived) == vars(error)
