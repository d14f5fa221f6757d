"""What dbt-duckdb asks of us: a prepared connection, and to keep what a model made."""

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from stratum_pipelines.rollups.current import current


class Plugin(BasePlugin):
    """Hands dbt's DuckDB to the build that is going on. dbt-duckdb finds it by this name, from dbt/profiles.yml."""

    def configure_connection(self, conn: Any) -> None:
        """Make the lake's tables and the marts built earlier visible in a new database."""
        current().open(conn)

    def configure_cursor(self, cursor: Any) -> None:
        """Days of timestamps are UTC days unless a zone is named; every cursor has a zone of its own."""
        cursor.execute("set timezone = 'UTC'")

    def store(self, target_config: Any) -> None:
        """Build the mart of a model from its compiled query."""
        current().make(target_config.relation.identifier, target_config.config["sql"])
