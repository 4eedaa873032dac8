"""changed facts and words, messages to learn from"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    marks = op.create_table('change_mark',
    sa.Column('name', sa.String(length=16), nullable=False),
    sa.Column('mark', sa.String(length=16), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_change_mark'))
    )
    # The rows are there from the start, so that two who change something first don't both insert.
    op.bulk_insert(marks, [{'name': 'facts', 'mark': 'first'}, {'name': 'words', 'mark': 'first'}])
    op.create_table('fact_edit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('fact_id', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('based_on', sa.String(length=16), nullable=False),
    sa.Column('shipped', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['operator.id'], name=op.f('fk_fact_edit_author_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['operator.id'], name=op.f('fk_fact_edit_decided_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fact_edit'))
    )
    with op.batch_alter_table('fact_edit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_fact_edit_fact_id'), ['fact_id'], unique=False)
        batch_op.create_index('uq_fact_edit_in_force', ['fact_id'], unique=True, sqlite_where=sa.text("state = 'in_force'"), postgresql_where=sa.text("state = 'in_force'"))

    op.create_table('learning_example',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('form', sa.String(length=8), nullable=False),
    sa.Column('why', sa.String(length=16), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('suggested', sa.String(length=32), nullable=True),
    sa.Column('intent', sa.String(length=32), nullable=True),
    sa.Column('released_by', sa.Integer(), nullable=False),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('labelled_by', sa.Integer(), nullable=True),
    sa.Column('labelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('exported_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_learning_example_contact_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['labelled_by'], ['operator.id'], name=op.f('fk_learning_example_labelled_by')),
    sa.ForeignKeyConstraint(['released_by'], ['operator.id'], name=op.f('fk_learning_example_released_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_learning_example'))
    )
    with op.batch_alter_table('learning_example', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_learning_example_contact_id'), ['contact_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_learning_example_state'), ['state'], unique=False)

    op.create_table('hotline_call',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('fact_id', sa.String(length=64), nullable=False),
    sa.Column('number', sa.String(length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('operator_id', sa.Integer(), nullable=False),
    sa.Column('network', sa.String(length=16), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('hours', sa.String(length=64), nullable=False),
    sa.Column('is_free', sa.Boolean(), nullable=True),
    sa.Column('speaks_khmer', sa.Boolean(), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('noted_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_hotline_call_operator_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hotline_call'))
    )
    with op.batch_alter_table('hotline_call', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hotline_call_fact_id'), ['fact_id'], unique=False)

    op.create_table('word_edit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('form', sa.String(length=8), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('shipped', sa.String(length=16), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['operator.id'], name=op.f('fk_word_edit_author_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_word_edit'))
    )
    with op.batch_alter_table('word_edit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_word_edit_key'), ['key'], unique=False)
        batch_op.create_index('uq_word_edit_in_force', ['key', 'form'], unique=True, sqlite_where=sa.text("state = 'in_force'"), postgresql_where=sa.text("state = 'in_force'"))

    op.create_table('word_review',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('form', sa.String(length=8), nullable=False),
    sa.Column('words', sa.String(length=16), nullable=False),
    sa.Column('operator_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_word_review_operator_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_word_review'))
    )
    with op.batch_alter_table('word_review', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_word_review_key'), ['key'], unique=False)

    op.create_table('learning_candidate',
    sa.Column('message_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('why', sa.String(length=16), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('intent', sa.String(length=32), nullable=True),
    sa.Column('operator_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_learning_candidate_message_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_learning_candidate_operator_id')),
    sa.PrimaryKeyConstraint('message_id', name=op.f('pk_learning_candidate'))
    )
    with op.batch_alter_table('learning_candidate', schema=None) as batch_op:
        batch_op.create_index('ix_learning_candidate_open', ['state', 'at'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('learning_candidate', schema=None) as batch_op:
        batch_op.drop_index('ix_learning_candidate_open')

    op.drop_table('learning_candidate')
    with op.batch_alter_table('word_review', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_word_review_key'))

    op.drop_table('word_review')
    with op.batch_alter_table('word_edit', schema=None) as batch_op:
        batch_op.drop_index('uq_word_edit_in_force', sqlite_where=sa.text("state = 'in_force'"), postgresql_where=sa.text("state = 'in_force'"))
        batch_op.drop_index(batch_op.f('ix_word_edit_key'))

    op.drop_table('word_edit')
    with op.batch_alter_table('hotline_call', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_hotline_call_fact_id'))

    op.drop_table('hotline_call')
    with op.batch_alter_table('learning_example', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_learning_example_state'))
        batch_op.drop_index(batch_op.f('ix_learning_example_contact_id'))

    op.drop_table('learning_example')
    with op.batch_alter_table('fact_edit', schema=None) as batch_op:
        batch_op.drop_index('uq_fact_edit_in_force', sqlite_where=sa.text("state = 'in_force'"), postgresql_where=sa.text("state = 'in_force'"))
        batch_op.drop_index(batch_op.f('ix_fact_edit_fact_id'))

    op.drop_table('fact_edit')
    op.drop_table('change_mark')
