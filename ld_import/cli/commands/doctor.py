"""`ld-import doctor`: checks everything that an import needs; writes nothing."""

from __future__ import annotations

from ld_import.cli.doctor.flags import DoctorFlags
from ld_import.cli.options import command_of


def run_doctor(flags: DoctorFlags) -> int:
    """Report every check; return the exit code with which an import would end."""
    from ld_import.cli.doctor.check import Check, exit_code_of
    from ld_import.cli.doctor.facts import Facts
    from ld_import.cli.doctor.registry import CHECKS
    from ld_import.cli.doctor.report import document, print_check, waiting
    from ld_import.cli.output.console import json_out
    from ld_import.clock import SystemClock
    from ld_import.importer.checks import check_kind

    if flags.kind is not None:
        check_kind(flags.kind)
    facts = Facts(flags=flags, clock=SystemClock())
    checks: list[Check] = []
    for examine, text in CHECKS:
        with waiting(text):
            found = list(examine(facts))
        checks += found
        if not flags.json:
            for check in found:
                print_check(check)
    code = exit_code_of(checks)
    if flags.json:
        json_out(document(checks, code))
    return code


command = command_of(DoctorFlags, run_doctor)
