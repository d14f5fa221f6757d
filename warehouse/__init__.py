"""The floor of the house: what a table is, where it is stored and how it is read.

Tables, the Parquet lake, the DuckDB views, the database and the one guarded client for outside requests belong here.
How a row is computed does not. This package imports nothing else of ours.
"""
