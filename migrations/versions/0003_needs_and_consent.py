"""needs, profiles, consent texts, follow-ups and proofs of deletion"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('consent_text',
    sa.Column('version', sa.String(length=32), nullable=False),
    sa.Column('purpose', sa.String(length=32), nullable=False),
    sa.Column('form', sa.String(length=8), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('shown_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_consent_text'))
    )
    op.create_table('erasure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('receipt', sa.String(length=16), nullable=False),
    sa.Column('cause', sa.String(length=16), nullable=False),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erasure')),
    sa.UniqueConstraint('receipt', name=op.f('uq_erasure_receipt'))
    )
    op.create_table('spend_alarm',
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('percent', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('month', 'percent', name=op.f('pk_spend_alarm'))
    )
    op.create_table('series_opt_out',
    sa.Column('contact_id', sa.Integer(), nullable=False),
    sa.Column('series', sa.String(length=16), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_series_opt_out_contact_id')),
    sa.PrimaryKeyConstraint('contact_id', 'series', name=op.f('pk_series_opt_out'))
    )
    op.create_table('profile',
    sa.Column('contact_id', sa.Integer(), nullable=False),
    sa.Column('consent_id', sa.Integer(), nullable=False),
    sa.Column('province', sa.String(length=2), nullable=True),
    sa.Column('district', sa.String(length=4), nullable=True),
    sa.Column('sex', sa.String(length=8), nullable=True),
    sa.Column('age_band', sa.String(length=8), nullable=True),
    sa.Column('household', sa.String(length=8), nullable=True),
    sa.Column('children', sa.Boolean(), nullable=True),
    sa.Column('country', sa.String(length=2), nullable=True),
    sa.Column('returned', sa.String(length=8), nullable=True),
    sa.Column('return_month', sa.String(length=7), nullable=True),
    sa.Column('reach', sa.String(length=8), nullable=True),
    sa.Column('woman_preferred', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['consent_id'], ['consent.id'], name=op.f('fk_profile_consent_id')),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_profile_contact_id')),
    sa.PrimaryKeyConstraint('contact_id', name=op.f('pk_profile'))
    )
    with op.batch_alter_table('profile', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_profile_province'), ['province'], unique=False)

    op.create_table('follow_up',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answer', sa.String(length=16), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_follow_up_contact_id')),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_follow_up_conversation_id')),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_follow_up_message_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_follow_up'))
    )
    with op.batch_alter_table('follow_up', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_follow_up_contact_id'), ['contact_id'], unique=False)
        batch_op.create_index('ix_follow_up_due', ['state', 'due_at'], unique=False)

    op.create_table('skill',
    sa.Column('contact_id', sa.Integer(), nullable=False),
    sa.Column('trade', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['profile.contact_id'], name=op.f('fk_skill_contact_id')),
    sa.PrimaryKeyConstraint('contact_id', 'trade', name=op.f('pk_skill'))
    )
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.add_column(sa.Column('partner', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('basis', sa.String(length=16), server_default='asked', nullable=False))
        batch_op.add_column(sa.Column('operator_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('reason', sa.Text(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_consent_operator_id'), 'operator', ['operator_id'], ['id'])

    with op.batch_alter_table('contact', schema=None) as batch_op:
        batch_op.add_column(sa.Column('seems_child', sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('draft', sa.Text(), nullable=True))

    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.add_column(sa.Column('series', sa.String(length=16), nullable=True))
        batch_op.create_index(batch_op.f('ix_message_series'), ['series'], unique=False)

    with op.batch_alter_table('need', schema=None) as batch_op:
        batch_op.add_column(sa.Column('district', sa.String(length=4), nullable=True))
        batch_op.add_column(sa.Column('words', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('state', sa.String(length=16), server_default='open', nullable=False))



def downgrade() -> None:
    with op.batch_alter_table('need', schema=None) as batch_op:
        batch_op.drop_column('state')
        batch_op.drop_column('words')
        batch_op.drop_column('district')

    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_message_series'))
        batch_op.drop_column('series')

    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.drop_column('draft')

    with op.batch_alter_table('contact', schema=None) as batch_op:
        batch_op.drop_column('seems_child')

    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_consent_operator_id'), type_='foreignkey')
        batch_op.drop_column('reason')
        batch_op.drop_column('operator_id')
        batch_op.drop_column('basis')
        batch_op.drop_column('partner')

    op.drop_table('skill')
    with op.batch_alter_table('follow_up', schema=None) as batch_op:
        batch_op.drop_index('ix_follow_up_due')
        batch_op.drop_index(batch_op.f('ix_follow_up_contact_id'))

    op.drop_table('follow_up')
    with op.batch_alter_table('profile', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_profile_province'))

    op.drop_table('profile')
    op.drop_table('series_opt_out')
    op.drop_table('spend_alarm')
    op.drop_table('erasure')
    op.drop_table('consent_text')
