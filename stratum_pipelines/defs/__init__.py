"""Dagster only, a file per stage: when things run, on which partition, and what is shown of them.

What is computed stands elsewhere; whatever is defined at the top of a file here is found by `definitions`. Anything
heavy is imported inside functions, because Dagster loads this folder every time it starts a process.
"""
