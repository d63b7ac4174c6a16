"""Tests of the emulated server: that it is strict, scripted, and worth trusting."""
