"""consent to learning"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('contact', schema=None) as batch_op:
        batch_op.add_column(sa.Column('learning_asked_at', sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table('learning_example', schema=None) as batch_op:
        batch_op.alter_column('released_by', existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    # What was taken by consent was released by nobody, which the older schema can't say.
    op.execute('DELETE FROM learning_example WHERE released_by IS NULL')
    with op.batch_alter_table('learning_example', schema=None) as batch_op:
        batch_op.alter_column('released_by', existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table('contact', schema=None) as batch_op:
        batch_op.drop_column('learning_asked_at')
