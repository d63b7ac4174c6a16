"""Prints the result of a verification: one line for each cause, with the first items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from ld_import.cli.output.console import print_err, print_out
from ld_import.cli.output.sanitize import sanitize
from ld_import.cli.output.step_progress import rate_parts, step_progress
from ld_import.clock import Clock
from ld_import.importer.verify import VerifySpec
from ld_import.importer.verify_result import Verification
from ld_import.verification.mismatch import MEANINGS, Mismatch, MismatchKind, Property
from ld_import.verification.progress import Progress
from ld_import.wording import amount

SHOWN_ITEMS = 3
SHOWN_DIFFERENCES = 10
SHOWN_PROPERTIES = 5
LINE_LENGTH = 400


@contextmanager
def verify_progress(clock: Clock) -> Iterator[Callable[[Progress], None]]:
    """Show the progress that the function gets while the block lasts."""
    began, first = clock.monotonic(), None
    with step_progress("items", clock) as note:

        def on_progress(progress: Progress) -> None:
            nonlocal first
            question, counts = progress.question, progress.counts
            total = min(question.sample or question.total, question.total)
            # A continued verification begins with the items checked before.
            first = counts.checked if first is None else first
            done, left = counts.checked - first, total - counts.checked
            share = done / (done + left) if done else None
            note(
                [
                    (f"{counts.checked:,} of {total:,} verified", "", 9),
                    (f"{counts.differ:,} differ", "yellow", 7),
                    *rate_parts(clock.monotonic() - began, done, share),
                ]
            )

        yield on_progress


def print_verification(result: Verification, spec: VerifySpec) -> None:
    """Print the sentence, the counts, and the first items of each kind of mismatch."""
    print_out(sanitize(result.sentence))
    place = f"{result.question.kind} on {result.question.server}, ledger {spec.ledger_path}"
    print_out(sanitize(f"  {place}; {amount(result.requests['lookup'], 'look-up')}"))
    for text in _remarks(result):
        print_out(f"  {text}")
    for kind in MismatchKind:
        if count := result.counts.mismatches[kind.value]:
            _print_kind(kind, count, [one for one in result.found if one.kind is kind])
    _print_differences([one for one in result.found if one.properties], result)
    if result.counts.differ:
        more = spec.ledger_path.with_name(result.mismatches_file)
        print_err(sanitize(f"hint: {more} has every item, and --json the first thousand"))


def _remarks(result: Verification) -> Iterator[str]:
    counts = result.counts
    if counts.not_compared:
        yield (
            f"{amount(counts.not_compared, 'entry')} not compared: the ledger does not know their"
            " content"
        )
    if counts.keeps_other:
        yield (
            f"{amount(counts.keeps_other, 'entry')} with other content that existed before the"
            " import, which left it as it was (--on-existing skip)"
        )
    if result.question.files:
        more = f", {counts.files_not_checked:,} not accessible" * bool(counts.files_not_checked)
        yield f"{amount(counts.files, 'stored file')} asked for{more}"
    if result.not_imported:
        yield (
            f"{amount(result.not_imported, 'item')} of the ledger never imported:"
            " `ld-import ledger items --state failed`"
        )
    if result.manifest is not None:
        invalid = f", {result.manifest.invalid:,} of them invalid" * bool(result.manifest.invalid)
        yield sanitize(
            f"manifest {result.manifest.name}: {amount(result.manifest.read, 'record')}{invalid}"
        )


def _print_kind(kind: MismatchKind, count: int, found: list[Mismatch]) -> None:
    what, advice = MEANINGS[kind]
    more = " …" if count > SHOWN_ITEMS else ""
    names = ", ".join(one.key.external_id for one in found[:SHOWN_ITEMS])
    print_out(sanitize(f"{count:>7,}  {what}: {names}{more}", limit=LINE_LENGTH))
    print_out(f"         {advice}")


def _print_differences(found: list[Mismatch], result: Verification) -> None:
    if not found:
        return
    print_out("by property:")
    for name, count in result.counts.properties.most_common(SHOWN_DIFFERENCES):
        print_out(sanitize(f"{count:>7,}  {name}", limit=LINE_LENGTH))
    print_out("the first of them:")
    for one in found[:SHOWN_DIFFERENCES]:
        text = "; ".join(_texts(one.properties))
        where = f" (line {one.line})" if one.line else ""
        line = f"  {one.key.external_id}{where}, entry {one.media_id}: {text}"
        print_out(sanitize(line, limit=LINE_LENGTH))


def _texts(properties: Iterable[Property]) -> Iterator[str]:
    shown = list(properties)
    for found in shown[:SHOWN_PROPERTIES]:
        held = "missing" if found.held is None else found.held
        sent = f", sent was {found.sent}" if found.sent is not None else ""
        yield f"`{found.name}` is {held}{sent}"
    if len(shown) > SHOWN_PROPERTIES:
        yield f"and {len(shown) - SHOWN_PROPERTIES:,} more"
