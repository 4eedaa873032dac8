"""alarms of a day, when an operator proved to be it, an audit trail that can only grow"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

_SQLITE = """
CREATE TRIGGER audit_event_no_{what} BEFORE {WHAT} ON audit_event
BEGIN SELECT RAISE(ABORT, 'the audit trail can only grow'); END
"""
_POSTGRESQL = (
    """
    CREATE OR REPLACE FUNCTION audit_event_can_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit trail can only grow'; END $$
    """,
    """
    CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_event_can_only_grow()
    """,
    """
    CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_event_can_only_grow()
    """,
)


def upgrade() -> None:
    op.create_table('day_alarm',
    sa.Column('day', sa.String(length=10), nullable=False),
    sa.Column('name', sa.String(length=16), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('day', 'name', name=op.f('pk_day_alarm'))
    )
    with op.batch_alter_table('staff_session', schema=None) as batch_op:
        batch_op.add_column(sa.Column('proved_at', sa.DateTime(timezone=True), nullable=True))

    # A later migration that copies the table on SQLite (batch mode) has to make the triggers anew.
    if op.get_bind().dialect.name == 'sqlite':
        for what in ('update', 'delete'):
            op.execute(_SQLITE.format(what=what, WHAT=what.upper()))
    else:
        for statement in _POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        for what in ('update', 'delete'):
            op.execute(f'DROP TRIGGER audit_event_no_{what}')
    else:
        op.execute('DROP TRIGGER audit_event_no_truncate ON audit_event')
        op.execute('DROP TRIGGER audit_event_no_change ON audit_event')
        op.execute('DROP FUNCTION audit_event_can_only_grow()')
    with op.batch_alter_table('staff_session', schema=None) as batch_op:
        batch_op.drop_column('proved_at')

    op.drop_table('day_alarm')
