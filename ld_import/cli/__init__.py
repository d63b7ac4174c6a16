"""The command line: parses flags, prints text, returns an exit code; the only package that prints.

A command imports what it needs when it runs, so that `--help` stays quick.
"""
