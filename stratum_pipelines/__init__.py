"""Makes the tables: reads what providers answered and works out what the market did.

`providers` turn bytes into quotes, `board` keeps what every book quotes, `quant` holds the mathematics, `signals` the
rules, `live` and `batch` run one cycle and whole days over the same functions, and `defs` shows it all in Dagster.
"""

from pkgutil import extend_path

# A folder elsewhere on the Python path may add providers and signals of its own, as files in stratum_pipelines/providers
# and stratum_pipelines/signals: they are found like ours, and nothing here has to know them.
__path__ = extend_path(__path__, __name__)
