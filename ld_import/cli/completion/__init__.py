"""Completion of commands, options and values for bash, zsh and fish: quick, silent, read-only."""
