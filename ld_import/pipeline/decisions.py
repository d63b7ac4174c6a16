"""Records the decisions of a plan: in the tally, in the ledger and as events."""

from __future__ import annotations

from collections.abc import Sequence

from ld_import.events import Note, Rejected, Warned
from ld_import.model import Invalid, Send
from ld_import.pipeline.delivery.tools import RunTools
from ld_import.pipeline.planning.chunk import Chunk, not_in_manifest_sentence
from ld_import.pipeline.planning.record_blocks import BlockNotes
from ld_import.pipeline.stages import ManifestNames
from ld_import.pipeline.tally import Tally

SHOWN_NAMES_LENGTH = 200


class DecisionRecorder:
    """Records the decisions about one manifest."""

    def __init__(self, names: ManifestNames, tools: RunTools, tally: Tally) -> None:
        """Count in `tally`, and record invalid lines under the manifest's name."""
        self._names = names
        self._ledger = tools.ledger
        self._listen = tools.listen
        self._tally = tally
        self._blocks = BlockNotes(tools.ledger, names.manifest)

    def record(self, chunk: Chunk, share: float | None) -> list[Send]:
        """Record a chunk, and return its items to send.

        `share` is the share of the manifest that was read, if known.
        """
        self._tally.read += chunk.read
        sends = self._tally.decide_all(chunk.decisions)
        # Often all records are to be sent.
        others = [] if len(sends) == len(chunk.decisions) else chunk.decisions
        invalid = [decision for decision in others if isinstance(decision, Invalid)]
        for record in invalid:
            self._listen(Rejected(record, self._names.records_file))
        for remark in chunk.remarks:
            self._tally.remarks.add(remark)
            self._listen(Warned(remark, self._names.records_file))
        if invalid:
            self._ledger.record_invalid(invalid, self._names.manifest)
        if chunk.learned:
            self._ledger.learn_digests(chunk.learned)
        self._blocks.note(chunk.block, is_known=chunk.is_block_known)
        self._blocks.note_sending(chunk.sending, sends)
        self._blocks.note_met(chunk.met)
        self._listen(self._tally.planned(share))
        return sends

    def note_all_read(self, not_in_manifest: Sequence[str]) -> None:
        """Delete invalid lines and blocks that are no longer in the completely read manifest."""
        self._ledger.forget_invalid(self._names.manifest)
        self._blocks.end()
        if not_in_manifest:
            self._listen(Note(not_in_manifest_sentence(not_in_manifest)))

    def note_all_settled(self) -> None:
        """Let the next run leave the records that this one sent without reading them."""
        self._blocks.end_run()

    def report_remarks(self) -> None:
        """Emit a note for each group of warnings."""
        for sentence in self._tally.remarks.sentences():
            self._listen(Note(sentence))

    def warn_of_shared_media(self) -> None:
        """Emit a note if several items that this run sent have the same media id."""
        # A run that sent no items does not query the ledger.
        shared = self._ledger.shared_media() if self._tally.outcomes else []
        if not shared:
            return
        media_id, count, names = shared[0]
        ids = "1 media id belongs" if len(shared) == 1 else f"{len(shared):,} media ids belong"
        self._listen(
            Note(
                f"{ids} to several items each, so that documents would show one medium for all of"
                f" them; {media_id} belongs to {count:,} items: {names[:SHOWN_NAMES_LENGTH]}"
            )
        )
