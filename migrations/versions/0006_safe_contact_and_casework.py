"""an alias for each contact, safe contact and casework"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot import aliases

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def name_everyone(connection: sa.Connection) -> None:
    for (contact_id,) in connection.execute(sa.text("SELECT id FROM contact ORDER BY id")).all():
        connection.execute(
            sa.text("UPDATE contact SET alias = :alias WHERE id = :id"),
            {"alias": aliases.unused(connection), "id": contact_id},
        )


def upgrade() -> None:
    op.create_table('edition',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('key', sa.String(length=48), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=True),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.Column('operator_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_edition_operator_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_edition')),
    sa.UniqueConstraint('kind', 'key', 'version', name=op.f('uq_edition_kind_key_version'))
    )
    op.create_table('call_back',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('operator_id', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('number', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_call_back_contact_id')),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_call_back_conversation_id')),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_call_back_operator_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call_back'))
    )
    with op.batch_alter_table('call_back', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_call_back_contact_id'), ['contact_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_call_back_conversation_id'), ['conversation_id'], unique=False)
        batch_op.create_index('ix_call_back_due', ['state', 'due_at'], unique=False)

    op.create_table('draft',
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('operator_id', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_draft_conversation_id')),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_draft_operator_id')),
    sa.PrimaryKeyConstraint('conversation_id', 'operator_id', name=op.f('pk_draft'))
    )
    op.create_table('protocol_tick',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('protocol', sa.String(length=32), nullable=False),
    sa.Column('step', sa.String(length=48), nullable=False),
    sa.Column('operator_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_protocol_tick_conversation_id')),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_protocol_tick_operator_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_protocol_tick')),
    sa.UniqueConstraint('conversation_id', 'protocol', 'step', name=op.f('uq_protocol_tick_conversation_id_protocol_step'))
    )
    with op.batch_alter_table('protocol_tick', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_protocol_tick_conversation_id'), ['conversation_id'], unique=False)

    op.create_table('wrap_up',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('operator_id', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.String(length=32), nullable=False),
    sa.Column('topics', sa.JSON(), nullable=False),
    sa.Column('referrals', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('follow_up_on', sa.Date(), nullable=True),
    sa.Column('followed_up_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_wrap_up_conversation_id')),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_wrap_up_operator_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wrap_up')),
    sa.UniqueConstraint('conversation_id', name=op.f('uq_wrap_up_conversation_id'))
    )
    with op.batch_alter_table('wrap_up', schema=None) as batch_op:
        batch_op.create_index('ix_wrap_up_follow_up', ['followed_up_at', 'follow_up_on'], unique=False)

    op.create_table('mention',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('note_id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('operator_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_mention_conversation_id')),
    sa.ForeignKeyConstraint(['note_id'], ['note.id'], name=op.f('fk_mention_note_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], name=op.f('fk_mention_operator_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mention')),
    sa.UniqueConstraint('note_id', 'operator_id', name=op.f('uq_mention_note_id_operator_id'))
    )
    with op.batch_alter_table('mention', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mention_conversation_id'), ['conversation_id'], unique=False)
        batch_op.create_index('ix_mention_unread', ['operator_id', 'read_at'], unique=False)

    with op.batch_alter_table('contact', schema=None) as batch_op:
        batch_op.add_column(sa.Column('alias', sa.String(length=48), nullable=True))
        batch_op.add_column(sa.Column('person_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('quiet_from', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('quiet_until', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('code_word', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('covered_since', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('prefers_call', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('contact_note', sa.Text(), nullable=True))

    name_everyone(op.get_bind())

    with op.batch_alter_table('contact', schema=None) as batch_op:
        batch_op.alter_column('alias', existing_type=sa.String(length=48), nullable=False)
        batch_op.create_index(batch_op.f('ix_contact_person_id'), ['person_id'], unique=False)
        batch_op.create_unique_constraint(batch_op.f('uq_contact_alias'), ['alias'])
        batch_op.create_foreign_key(batch_op.f('fk_contact_person_id'), 'contact', ['person_id'], ['id'])

    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.add_column(sa.Column('resend_of_id', sa.Integer(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_message_resend_of_id'), ['resend_of_id'])
        batch_op.create_foreign_key(batch_op.f('fk_message_resend_of_id'), 'message', ['resend_of_id'], ['id'])



def downgrade() -> None:
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_message_resend_of_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_message_resend_of_id'), type_='unique')
        batch_op.drop_column('resend_of_id')

    with op.batch_alter_table('contact', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_contact_person_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_contact_alias'), type_='unique')
        batch_op.drop_index(batch_op.f('ix_contact_person_id'))
        batch_op.drop_column('contact_note')
        batch_op.drop_column('prefers_call')
        batch_op.drop_column('covered_since')
        batch_op.drop_column('code_word')
        batch_op.drop_column('quiet_until')
        batch_op.drop_column('quiet_from')
        batch_op.drop_column('person_id')
        batch_op.drop_column('alias')

    with op.batch_alter_table('mention', schema=None) as batch_op:
        batch_op.drop_index('ix_mention_unread')
        batch_op.drop_index(batch_op.f('ix_mention_conversation_id'))

    op.drop_table('mention')
    with op.batch_alter_table('wrap_up', schema=None) as batch_op:
        batch_op.drop_index('ix_wrap_up_follow_up')

    op.drop_table('wrap_up')
    with op.batch_alter_table('protocol_tick', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_protocol_tick_conversation_id'))

    op.drop_table('protocol_tick')
    op.drop_table('draft')
    with op.batch_alter_table('call_back', schema=None) as batch_op:
        batch_op.drop_index('ix_call_back_due')
        batch_op.drop_index(batch_op.f('ix_call_back_conversation_id'))
        batch_op.drop_index(batch_op.f('ix_call_back_contact_id'))

    op.drop_table('call_back')
    op.drop_table('edition')
