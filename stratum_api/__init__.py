"""Serves the tables: thin endpoints over the warehouse, with keys, plans, limits and metering in front of them.

A handler reads, converts and returns. Nothing is computed here that a table could hold, and Dagster is not known.
"""
