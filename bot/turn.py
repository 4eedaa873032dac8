"""One turn of a conversation: decide outside of any transaction, then carry it all out in one.

A turn that is cut off anywhere leaves no trace and is taken again from the same state.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import consent, dialogue, handoff, limits, notices, outbox, paging, safe_contact
from bot.acts import Turn, carry_out
from bot.brain import Brain, NoBrain
from bot.database import Database
from bot.decide import decide
from bot.decision import Decision, Incoming, Outcome, Situation
from bot.inbox import MOST_TRIES, Claim
from bot.learning import by_consent, examples
from bot.models import Contact, Conversation, Delivery, Form, Message, Priority, State
from bot.models.columns import now
from bot.needs import closing, keeping
from bot.replies import SAFE, compose
from bot.settings import Settings
from bot.words import say
from nlu.khmer import normalise
from nlu.khmer.form import detect

log = structlog.get_logger()

_RETRY_AFTER = timedelta(seconds=2)
_LATE = timedelta(minutes=30)


class TurnOvertaken(Exception):
    """The lease ran out, or an operator acted in between: the turn is taken again."""


def take_turn(database: Database, claim: Claim, brain: Brain, settings: Settings) -> None:
    """Handles the claimed message. The last of MOST_TRIES does without the brain; after it a human has it."""
    if claim.attempts > MOST_TRIES:  # each time the process died, so that not even a failure was noted
        _set_aside(database, claim, settings)
        return
    try:
        with database.reading() as session:
            incoming, situation = _read(session, claim)
        decision = decide(incoming, situation, brain if claim.attempts < MOST_TRIES else NoBrain())
        with database.transaction() as session:
            _write(session, claim, situation, decision, settings)
    except TurnOvertaken:
        _put_back(database, claim, wait=False)
    except Exception as error:
        # The text of an exception may quote a message; its kind and place are enough to find it.
        log.error("turn_failed", message=claim.message_id, error=type(error).__name__, attempt=claim.attempts)
        if claim.attempts >= MOST_TRIES:
            _set_aside(database, claim, settings)
        else:
            _put_back(database, claim, wait=True)


def _read(session: Session, claim: Claim) -> tuple[Incoming, Situation]:
    message = session.get_one(Message, claim.message_id)
    contact = session.get_one(Contact, message.contact_id)
    conversation = open_conversation(session, contact)
    payload = message.options[0]["payload"] if message.options else None
    # A button's label is ours, not the person's words.
    incoming = Incoming("" if payload else message.body, message.kind, payload)
    if conversation is None:
        situation = Situation(
            form=contact.form,
            form_chosen=contact.form_chosen,
            stopped=bool(contact.stopped_at),
            code_words=safe_contact.code_words(session, contact),
            covered=bool(contact.covered_since),
        )
        return incoming, situation
    events = dialogue.state_before(session, contact, conversation)
    consent_given = consent.is_given(session, contact, consent.KEEP_NEEDS)
    return incoming, Situation(
        state=conversation.state,
        form=contact.form,
        form_chosen=contact.form_chosen,
        options=conversation.options,
        events=events,
        not_understood=conversation.not_understood,
        stopped=bool(contact.stopped_at),
        is_first=False,
        wary=conversation.wary,
        consent_given=consent_given,
        # A child for whom an adult answered isn't alone with our questions.
        seems_child=contact.seems_child and not consent_given,
        is_known=keeping.is_known(session, contact),
        needs_noted=bool(closing.noted(session, contact)),
        safety_asked=any(o["payload"] == SAFE for o in conversation.options or []),
        code_words=safe_contact.code_words(session, contact),
        covered=bool(contact.covered_since),
    )


def open_conversation(session: Session, contact: Contact, lock: bool = False) -> Conversation | None:
    """The contact's conversation that isn't closed, None where there is none."""
    query = (
        select(Conversation)
        .where(Conversation.contact_id == contact.id, Conversation.state != State.CLOSED)
        .order_by(Conversation.id.desc())
        .limit(1)
    )
    return session.scalars(query.with_for_update() if lock else query).first()


def _write(
    session: Session, claim: Claim, situation: Situation, decision: Decision, settings: Settings
) -> None:
    message, contact, conversation = _hold(session, claim)
    if conversation.state != situation.state:
        raise TurnOvertaken
    _note_handled(message, conversation, decision)
    if decision.did_not_understand or decision.reason == "not_understood":
        examples.note_not_understood(session, message)
        by_consent.take(session, contact)
    contact.form = decision.form
    contact.stopped_at = contact.blocked_at = None
    conversation.not_understood = conversation.not_understood + 1 if decision.did_not_understand else 0
    conversation.wary = conversation.wary or decision.is_sign_of_danger
    if decision.events is not None:
        conversation.brain_events = decision.events
    turn = Turn(session, settings, contact, conversation, decision.form)
    carry_out(turn, decision.acts)
    if decision.priority is not None:
        handoff.escalate(session, conversation, decision.reason, decision.priority, decision.evidence)
        paging.page_on_call(session, conversation, settings)
    if turn.parts and not situation.covered and _came_late(message):
        # With the first part, so that the excuse doesn't push the answer behind MORE.
        turn.parts[0] = f"{say('came_late', turn.form)} {turn.parts[0]}"
    if turn.parts or turn.question:
        _reply(turn, decision, message)


def _reply(turn: Turn, decision: Decision, message: Message) -> None:
    """Queues what the turn says, or what a limit leaves of it."""
    session, settings, contact, conversation = turn.session, turn.settings, turn.contact, turn.conversation
    if limits.may_reassure_abroad(session, contact, decision, settings):
        words = [notices.abroad(turn.form)]
        outbox.queue_notice(session, conversation, words, to=message, kind=limits.ABROAD_NOTICE)
        return
    reply = compose(
        turn.parts,
        turn.options,
        turn.form,
        contact.channel,
        question=turn.question,
        person_first=turn.person_first,
        with_person=decision.outcome is not Outcome.ESCALATE,
    )
    limit = limits.reached(session, contact, decision, reply, settings)
    if limit is None:
        outbox.queue_reply(session, contact, conversation, reply, turn.form, message)
    else:
        _answer_no_more(session, conversation, limit, message, settings)


def _came_late(message: Message) -> bool:
    """Whether the person has waited for an answer since long before the message reached us."""
    return message.created_at - datetime.fromtimestamp(message.position / 1_000_000, UTC) > _LATE


def _answer_no_more(
    session: Session, conversation: Conversation, limit: str, message: Message, settings: Settings
) -> None:
    """The bot has answered enough for now: a person goes on, and the person who writes is told: once in
    a flood of their own, once a day when the day's segments are spent."""
    contact, form = conversation.contact, Form(conversation.contact.form)
    new = handoff.escalate(session, conversation, limit, Priority.BOT_FAILED)
    log.warning("limit_reached", limit=limit, conversation=conversation.id)
    if limit == limits.DAY_SPENT:
        words = notices.day_spent(form)
        if limits.may_tell(session, contact, words, settings):
            outbox.queue_notice(session, conversation, [words], to=message, kind=limits.DAY_NOTICE)
    elif new and limits.replies_in_last_hour(session, contact) < 2 * settings.replies_per_hour:
        words = notices.escalated(limit, form, settings)
        if limits.may_tell(session, contact, words, settings):
            outbox.queue_notice(session, conversation, [words], to=message)


def _hold(session: Session, claim: Claim) -> tuple[Message, Contact, Conversation]:
    """The message, its contact and its open conversation, locked; the conversation new if need be."""
    message = session.get_one(Message, claim.message_id, with_for_update=True)
    if message.state != Delivery.RECEIVED or message.lease != claim.lease:
        raise TurnOvertaken
    # Not the key: a webhook may go on storing messages of this contact meanwhile.
    contact = session.get_one(Contact, message.contact_id, with_for_update={"key_share": True})
    conversation = open_conversation(session, contact, lock=True)
    if conversation is None:
        conversation = Conversation(contact_id=contact.id, state=State.BOT, not_understood=0, pages=0)
        session.add(conversation)
        session.flush()
    return message, contact, conversation


def _note_handled(message: Message, conversation: Conversation, decision: Decision) -> None:
    message.conversation_id = conversation.id
    message.state = Delivery.HANDLED
    message.lease = message.lease_until = None
    message.form = decision.form
    message.understood = {
        "outcome": decision.outcome,
        "intent": decision.intent,
        "reason": decision.reason,
        "evidence": decision.evidence,
    }
    conversation.last_message_at = now()


def _set_aside(database: Database, claim: Claim, settings: Settings) -> None:
    """A message that always fails: an operator sees it, and the person is told, if at all possible."""
    try:
        with database.transaction() as session:
            _give_to_human(session, claim, settings, tell=True)
    except Exception as error:
        log.error("notice_failed", message=claim.message_id, error=type(error).__name__)
        with database.transaction() as session:
            _give_to_human(session, claim, settings, tell=False)


def _give_to_human(session: Session, claim: Claim, settings: Settings, tell: bool) -> None:
    try:
        message, contact, conversation = _hold(session, claim)
    except TurnOvertaken:
        return
    message.conversation_id = conversation.id
    message.state = Delivery.QUARANTINED
    message.lease = message.lease_until = None
    new = handoff.escalate(session, conversation, "bot_failed", Priority.BOT_FAILED)
    if not tell:
        return
    paging.page_on_call(session, conversation, settings)
    if new:
        if not contact.form_chosen:
            contact.form = Form(detect(normalise(message.body))[0] or contact.form)
        words = notices.escalated("brain_unavailable", Form(contact.form), settings)
        if limits.may_tell(session, contact, words, settings):
            outbox.queue_notice(session, conversation, [words], to=message)


def _put_back(database: Database, claim: Claim, wait: bool) -> None:
    with database.transaction() as session:
        message = session.get(Message, claim.message_id, with_for_update=True)
        if message is not None and message.lease == claim.lease and message.state == Delivery.RECEIVED:
            message.lease = message.lease_until = None
            if wait:
                message.next_attempt_at = now() + _RETRY_AFTER
            else:
                message.attempts -= 1
