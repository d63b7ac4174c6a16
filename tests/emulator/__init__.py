"""Tests of the emulated server: validation, fault script, agreement with the vendor's examples."""
