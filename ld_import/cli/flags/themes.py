"""The themes under which the help of a command lists its options."""

WHAT = "What"
WHERE = "Where"
FILES = "Files to upload"
LIMITS = "Limits"
WAITING = "Waiting"
OUTPUT = "Output"

# In the order of the help.
THEMES = (WHAT, WHERE, FILES, LIMITS, WAITING, OUTPUT)
