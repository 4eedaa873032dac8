"""day alarms"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('day_alarm',
    sa.Column('day', sa.String(length=10), nullable=False),
    sa.Column('name', sa.String(length=16), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('day', 'name', name=op.f('pk_day_alarm'))
    )


def downgrade() -> None:
    op.drop_table('day_alarm')
