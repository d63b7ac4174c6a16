"""The size of a run as far as it is known before it begins, for the display of its progress."""

from __future__ import annotations

from typing import Any, NamedTuple

from ld_import.importer.spec import ImportSpec


class ExpectedRun(NamedTuple):
    """The largest number of items to send, and the records of the manifest known to be settled.

    `most` is `None` without a limit and 0 for a dry run; `settled` is `None` if no earlier run over
    the manifest is known.
    """

    most: int | None = None
    settled: int | None = None


DRY_RUN = ExpectedRun(most=0)


def expected_run(spec: ImportSpec) -> ExpectedRun:
    """Return the size of an import by its settings and by the last run over the same manifest."""
    limits = (spec.limit, None if spec.only is None else len(spec.only))
    most = min((limit for limit in limits if limit is not None), default=None)
    return ExpectedRun(most, None if spec.force else _settled_before(spec))


def _settled_before(spec: ImportSpec) -> int | None:
    import orjson

    from ld_import.ledger.quick_look import last_summary

    text = last_summary(spec.ledger_path, spec.manifest_name, spec.target)
    try:
        summary: Any = None if text is None else orjson.loads(text)
        if not isinstance(summary, dict):
            return None
        outcomes = summary["outcomes"]
        return int(summary["unchanged"]) + int(outcomes["success"]) + int(outcomes["skipped"])
    except (ValueError, KeyError, TypeError):
        return None
