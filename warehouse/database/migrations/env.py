"""Runs migrations on the connection that `Database` hands over, or on the database the environment names."""

import os
from typing import Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from warehouse.database import METADATA, Database
from warehouse.database.types import TextList, UtcTime
from warehouse.settings import read_settings


def render_type(kind: str, item: object, autogen_context: AutogenContext) -> str | Literal[False]:
    """How a column type of ours is written in a migration; False leaves others to Alembic."""
    if kind != "type" or not isinstance(item, UtcTime | TextList):
        return False
    name = type(item).__name__
    autogen_context.imports.add(f"from warehouse.database.types import {name}")
    return f"{name}()"


def run(connection: sa.Connection) -> None:
    """Run the migrations Alembic was asked for, all in the transaction of the connection."""
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
        render_item=render_type,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:  # Alembic's own command line, when a migration is being written
    with Database(read_settings(os.environ).database_url).begin() as opened:
        run(opened)
