"""Alembic: migrations run on the engine that the helpline itself uses."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import event
from sqlalchemy.types import TypeDecorator

from bot.database import make_engine
from bot.models import Base


def render_plain_type(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Migrations name what the database stores, not our types around it, which may change later."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


engine = make_engine(context.config.attributes["url"])
is_sqlite = engine.dialect.name == "sqlite"
if is_sqlite:
    # SQLite changes a table by copying and dropping it; what refers to it must not stop or follow that.
    event.listen(engine, "connect", lambda raw, record: raw.execute("PRAGMA foreign_keys=OFF"))
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=is_sqlite,
        render_item=render_plain_type,
        compare_type=False,
    )
    with context.begin_transaction():
        context.run_migrations()
        if is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RuntimeError("the migration left rows that refer to nothing")
    connection.commit()
engine.dispose()
