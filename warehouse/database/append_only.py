"""Tables that only grow: the database refuses to change or delete their rows, whoever asks."""


def refuse_changes(table: str, dialect: str) -> list[str]:
    """The statements that make a table append-only on an engine."""
    said = f"{table} only grows: its rows are not changed or deleted"
    if dialect == "sqlite":
        return [
            f"create trigger {table}_no_{change} before {change} on {table} begin select raise(abort, '{said}'); end"
            for change in ("update", "delete")
        ]
    refuse = f"begin raise exception '{said}' using errcode = 'restrict_violation'; end"
    changes = f"before update or delete or truncate on {table}"
    return [
        f"create function {table}_only_grows() returns trigger language plpgsql as $$ {refuse} $$",
        f"create trigger {table}_no_change {changes} for each statement execute function {table}_only_grows()",
    ]


def refuse_replacement(table: str, key: str, dialect: str) -> list[str]:
    """The statements that keep a row from being replaced by another of its key, and leave it as it is.

    For SQLite, whose `insert or replace` deletes without asking the trigger for deletions; PostgreSQL has nothing of the kind.
    """
    if dialect != "sqlite":
        return []
    there = f"exists (select 1 from {table} where {key} = new.{key})"  # noqa: S608 - names of ours
    return [f"create trigger {table}_no_replace before insert on {table} when {there} begin select raise(ignore); end"]


def allow_replacement(table: str, dialect: str) -> list[str]:
    """The statements that take it back."""
    return [f"drop trigger {table}_no_replace"] if dialect == "sqlite" else []


def allow_changes(table: str, dialect: str) -> list[str]:
    """The statements that take it back, so that a migration can drop the table."""
    if dialect == "sqlite":
        return [f"drop trigger {table}_no_{change}" for change in ("update", "delete")]
    return [f"drop trigger {table}_no_change on {table}", f"drop function {table}_only_grows()"]
