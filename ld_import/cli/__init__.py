"""The door: flags come in, text and an exit code go out; the only room that prints.

One command per file. What a command needs is imported when it runs, so that `--help` stays quick.
"""
