"""The themes under which the help of a command lists its options."""

WHAT = "What"
WHERE = "Where"
LIMITS = "Limits"
WAITING = "Waiting"
OUTPUT = "Output"

# In the order of the help.
THEMES = (WHAT, WHERE, LIMITS, WAITING, OUTPUT)
