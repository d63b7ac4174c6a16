"""The questions that `init` asks on a terminal, with its proposals as defaults."""

from __future__ import annotations

import sys
from dataclasses import replace

from ld_import.cli.output.console import print_err
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import UsageError
from ld_import.kinds import KINDS
from ld_import.proposal import Findings, Wishes


def is_interactive() -> bool:
    """Return whether a person can be asked."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def ask_wishes(wishes: Wishes, findings: Findings) -> Wishes:
    """Ask for what no flag gives. Raises UsageError if the input ends."""
    media, identity = findings.media, findings.identity
    kind = wishes.kind
    if media.reason != "chosen by you":
        print_err(sanitize(f"Kind: {media.kind}, because {media.reason}."))
        kind = _ask(f"kind ({', '.join(KINDS)})", media.kind)
        while kind not in KINDS:
            kind = _ask(f"kind: one of {', '.join(KINDS)}", media.kind)
    system_name = wishes.system_name
    if system_name is None:
        print_err("systemName names the old system and must never change later.")
        system_name = _ask("systemName", findings.system_name)
    external_id = wishes.external_id
    if external_id is None:
        for reason in identity.reasons:
            print_err(sanitize(f"externalId: {reason}."))
        answer = _ask("externalId, a column or a template", identity.template)
        external_id = None if answer == identity.template else answer
    return replace(wishes, kind=kind, system_name=system_name, external_id=external_id)


def _ask(question: str, default: str) -> str:
    print_err(f"{question} [{sanitize(default)}]:")
    line = sys.stdin.readline()
    if not line:
        raise UsageError(
            "the input ended before all questions were answered",
            hint="accept all proposals with --yes; nothing was written",
        )
    return line.strip() or default
