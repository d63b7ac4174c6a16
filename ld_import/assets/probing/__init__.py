"""Facts about files by their content: one module for each family of formats.

Each reads a few pieces at the ends of a file, so that a large one need not be fetched.
"""
