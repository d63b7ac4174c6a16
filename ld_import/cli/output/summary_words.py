"""Explanations of the words of a summary, beside its counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ld_import.cli.options import ImportFlags
from ld_import.wording import amount, size

MEANINGS = {
    "skipped": "already on the server",
    "open": "the result is not known yet; the next run asks for it",
    "unchanged": "on the server with this content",
    "failed before": "sent again with --retry-failed, or once the record changes",
    "repeated": "same id and content as an earlier line",
    "invalid": "not sent; the causes are below",
}
# The counts of files in a summary.
FILE_WORDS = {
    "stored": "stored",
    "same": "stored before with this content",
    "failed": "failed",
    "kept": "changed, but kept as stored",
    "unasked": "not asked for changes",
}
FINISHED = (0, 3)
QUOTA = 7
FIRST_SIGNAL = 128
SHOWN_DIGITS = 2


def meanings_of(summary: Mapping[str, Any], flags: ImportFlags) -> Mapping[str, str]:
    """Return the explanation of each name in the rows of a summary that has one."""
    held_back = f"held back by {_selection(flags)}"
    return {**MEANINGS, "held back": held_back, "not sent": _why_not_sent(summary, flags)}


def explained(name: str, meanings: Mapping[str, str]) -> str:
    """Return a name with its explanation, if it has one."""
    return f"{name} ({meanings[name]})" if meanings.get(name) else name


def unread_text(summary: Mapping[str, Any]) -> str:
    """Return the number of records that were not read; empty if all were."""
    if summary["readToEnd"]:
        return ""
    cause = _end(summary)
    estimate = summary["notReadEstimate"]
    if estimate is None:
        return f"the rest is not read yet ({cause} before the end of the manifest)"
    return f"about {_rounded(estimate):,}  not read yet ({cause} before the end of the manifest)"


def files_text(summary: Mapping[str, Any]) -> str:
    """Return the counts of files to upload as one line; empty without any."""
    uploads = summary.get("uploads")
    if not uploads or not any(uploads.values()):
        return ""
    if summary["dryRun"]:
        unknown = uploads["unknownSizes"]
        rest = f", {unknown:,} of them without a known size" if unknown else ""
        return f"{amount(uploads['files'], 'file')} to upload, {size(uploads['bytes'])}{rest}"
    counts = [
        f"{uploads[name]:,} {words}" for name, words in FILE_WORDS.items() if uploads.get(name)
    ]
    return f"files: {', '.join(counts)}; {size(uploads.get('bytes', 0))} sent"


def _why_not_sent(summary: Mapping[str, Any], flags: ImportFlags) -> str:
    held_back: int = summary["heldBack"]
    rest: int = summary["notSent"] - held_back
    causes = [
        (held_back, f"held back by {_selection(flags)}"),
        (rest, f"{_end(summary, flags)} before"),
    ]
    known = [(count, text) for count, text in causes if count]
    if len(known) < 2:
        return "".join(text for _, text in known)
    return ", ".join(f"{amount(count, 'record')}: {text}" for count, text in known)


def _selection(flags: ImportFlags) -> str:
    names = {
        "--limit": flags.limit is not None,
        "--only": bool(flags.only),
        "--only-file": flags.only_file is not None,
    }
    return " and ".join(name for name, is_given in names.items() if is_given) or "the options"


def _end(summary: Mapping[str, Any], flags: ImportFlags | None = None) -> str:
    """Return what ended the run, as the start of a clause that ends with `before`."""
    code: int = summary["exitCode"]
    if code > FIRST_SIGNAL:
        return "the run was stopped"
    if code == QUOTA:
        return "the quota was used up"
    if code in FINISHED and flags is not None and flags.max_duration is not None:
        return "--max-duration was over"
    return "the run ended"


def _rounded(number: int) -> int:
    return round(number, SHOWN_DIGITS - len(str(number))) if number >= 100 else number
