"""Rollups: dbt's models over the lake, built in this process, written as marts beside it and published at once.

`build` is the whole of it: what is out of date in `building`, how dbt is called in `project`, the settings in `settings`.
"""
