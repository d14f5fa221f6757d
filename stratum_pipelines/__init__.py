"""Makes the tables: reads what providers answered and works out what the market did.

`providers` turn bytes into quotes, `board` keeps what every book quotes, `quant` holds the mathematics, `signals` the
rules, `live` and `batch` run one cycle and whole days over the same functions, and `defs` shows it all in Dagster.
"""
