"""Measures: the program, its peers and the limit, side by side on the same work in one run.

Start it with `make bench`, or `make bench-quick` for smaller sizes; `python -m benchmarks --help`.
"""
