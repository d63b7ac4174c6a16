"""The door: flags come in, text and an exit code go out; the only room that prints.

One command per file. What a command needs is imported when it runs, so that `--help` stays quick.
A large import plans in a second process: `ahead` starts it, `helper` is what it does, and `recipe`
what they say to each other.
"""

import gc

# What is loaded stays. To look through it for waste, again and again, takes a twentieth of a short
# command; so many objects are less than a dry run loads.
USUAL_THRESHOLD = gc.get_threshold()
gc.set_threshold(50_000)
