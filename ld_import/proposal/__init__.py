"""Proposals: measures an export of the old system and writes a commented manifest for it.

Reading the export is up to `manifest`, asking and printing up to the command.
"""

from __future__ import annotations

from ld_import.proposal.manifest_text import manifest_text
from ld_import.proposal.measure import Measured, measuring
from ld_import.proposal.proposal import Source
from ld_import.proposal.propose import Findings, Wishes, findings_of, propose
from ld_import.proposal.samples import sample_config, sample_manifest

__all__ = [
    "Findings",
    "Measured",
    "Source",
    "Wishes",
    "findings_of",
    "manifest_text",
    "measuring",
    "propose",
    "sample_config",
    "sample_manifest",
]
