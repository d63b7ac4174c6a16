"""`python -m ld_import`, and the start of the installed program."""

import sys

from ld_import.cli.collector import start_quickly


def run() -> None:
    """Run the program with the arguments of the process, and exit."""
    start_quickly()
    from ld_import.cli.app import main

    sys.exit(main())


if __name__ == "__main__":
    run()
