"""roles and teams"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('team',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=32), nullable=False),
    sa.Column('name_km', sa.String(length=64), nullable=False),
    sa.Column('name_en', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_team')),
    sa.UniqueConstraint('key', name=op.f('uq_team_key'))
    )
    op.create_table('team_member',
    sa.Column('team_id', sa.Integer(), nullable=False),
    sa.Column('operator_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_team_member_operator_id')),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_team_member_team_id')),
    sa.PrimaryKeyConstraint('team_id', 'operator_id', name=op.f('pk_team_member'))
    )
    with op.batch_alter_table('team_member', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_team_member_operator_id'), ['operator_id'], unique=False)

    op.bulk_insert(
        sa.table('team', sa.column('key'), sa.column('name_km'), sa.column('name_en')),
        [
            {'key': 'front_desk', 'name_km': 'តុទទួលភ្ញៀវ', 'name_en': 'Front desk'},
            {'key': 'womens_desk', 'name_km': 'ក្រុមទទួលស្ត្រី', 'name_en': "Women's desk"},
            {'key': 'thai_speakers', 'name_km': 'អ្នកចេះភាសាថៃ', 'name_en': 'Thai speakers'},
        ],
    )
    op.execute(
        "INSERT INTO team_member (team_id, operator_id) "
        "SELECT team.id, operator.id FROM team, operator WHERE team.key = 'front_desk'"
    )

    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('team_id', sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f('ix_conversation_team_id'), ['team_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_conversation_team_id'), 'team', ['team_id'], ['id'])



def downgrade() -> None:
    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_conversation_team_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_conversation_team_id'))
        batch_op.drop_column('team_id')

    with op.batch_alter_table('team_member', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_team_member_operator_id'))

    op.drop_table('team_member')
    op.drop_table('team')
