"""`python -m ld_import`, and the start of the installed program."""

import sys

from ld_import.cli.collector import leave_quickly, start_quickly

EXIT_INTERRUPTED = 130


def run() -> None:
    """Run the program with the arguments of the process, and exit."""
    try:
        start_quickly()
        from ld_import.cli.app import main

        code = main()
    except KeyboardInterrupt:
        # Before a command handles signals itself: while its modules are loaded.
        sys.stderr.write("error: stopped on request\n")
        code = EXIT_INTERRUPTED
    _ignore_interrupts()
    leave_quickly()
    sys.exit(code)


def _ignore_interrupts() -> None:
    """Let a late Ctrl-C change nothing: the work is done, and only the exit code is left to say."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    run()
