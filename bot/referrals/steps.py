"""The steps of a referral: made, accepted, first contact, done; declined, unanswered, withdrawn.

Each step is kept with who took it; the person is told in neutral words where that is safe, and whoever
can't be told so is looked after by an operator.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit, consent, handoff, outbound, outbox
from bot.directory import codes
from bot.directory.search import phone_of
from bot.models import (
    Channel,
    Consent,
    Contact,
    Conversation,
    Form,
    Message,
    Operator,
    Priority,
    Referral,
    ReferralAccess,
    ReferralEvent,
    ReferralMethod,
    ReferralState,
    Service,
    State,
)
from bot.models.columns import now
from bot.outbound import Held, Series
from bot.referrals import access
from bot.settings import Settings
from bot.words import say

# How a link goes out by itself. Its code never goes the same way as an e-mail: an operator reads it out.
SENT_BY = {ReferralMethod.SMS: Channel.SMS, ReferralMethod.EMAIL: Channel.EMAIL}
DECLINE_REASONS = ("full", "not_eligible", "wrong_area", "not_reached", "other")
PARTNER = "partner"
BOT = "bot"
SYSTEM = "system"
_LONGEST = 600
# What a partner may do from which state.
_NEXT: dict[ReferralState, tuple[ReferralState, ...]] = {
    ReferralState.SENT: (ReferralState.ACCEPTED, ReferralState.DECLINED),
    ReferralState.NO_ANSWER: (ReferralState.ACCEPTED, ReferralState.DECLINED),
    ReferralState.ACCEPTED: (ReferralState.FIRST_CONTACT, ReferralState.DONE, ReferralState.DECLINED),
    ReferralState.FIRST_CONTACT: (ReferralState.DONE, ReferralState.DECLINED),
}
OPEN = (ReferralState.SENT, ReferralState.ACCEPTED, ReferralState.FIRST_CONTACT, ReferralState.NO_ANSWER)


class NotPossible(Exception):
    """This step doesn't follow from where the referral is."""


def make(
    session: Session,
    conversation: Conversation,
    service: Service,
    agreed: Consent,
    need: str,
    shared: Mapping[str, str],
    settings: Settings,
    operator: Operator | None = None,
) -> tuple[Referral, str]:
    """Sends the person on to `service` with exactly the `shared` fields; the referral and its page's link.

    Raises NoConsent without a standing yes for this partner, and NotPossible where the bot must not:
    sensitive needs and services are referred by an operator only.
    """
    consent.require(session, agreed, conversation.contact_id)
    if agreed.purpose != consent.SHARE or agreed.partner != service.key:
        raise consent.NoConsent("a yes to another partner")
    sensitive = service.sensitive or need in codes.SENSITIVE_NEEDS or (conversation.priority or 9) <= 2
    if operator is None and (sensitive or service.referral_method == ReferralMethod.NONE):
        raise NotPossible
    referral = Referral(
        contact_id=conversation.contact_id,
        conversation_id=conversation.id,
        service_id=service.id,
        consent_id=agreed.id,
        need=need,
        sensitive=sensitive,
        shared=dict(shared),
        operator_id=operator.id if operator else None,
    )
    session.add(referral)
    session.flush()
    by = _actor(operator)
    _event(session, referral, by, ReferralState.SENT)
    audit.record(session, operator, "referral_made", f"referral:{referral.id}", f"service:{service.id}")
    return referral, send_link(session, referral, settings, by)


def send_link(session: Session, referral: Referral, settings: Settings, by: str) -> str:
    """Makes a new link and sends it where the partner takes referrals by SMS or e-mail; the link."""
    link = f"{settings.public_url}/partners/r/{access.issue(session, referral)}"
    words = say(
        "partner_link", Form(referral.service.referral_language), {"brand": settings.brand, "link": link}
    )
    message = write_to_partner(session, referral.service, words)
    if message is not None:
        _event(session, referral, by, "link_sent", detail={"message": message.id})
    return link


def write_to_partner(session: Session, service: Service, words: str) -> Message | None:
    """Queues `words` where the partner takes referrals by SMS or e-mail."""
    channel = SENT_BY.get(ReferralMethod(service.referral_method))
    if channel is None or not service.referral_address:
        return None
    return outbox.queue_partner_message(session, service.referral_address, words, channel)


def send_code(session: Session, found: ReferralAccess, settings: Settings) -> bool:
    """Sends a new code to the partner's own number; False where an operator has to read one out.
    Raises TooManyCodes."""
    service = found.referral.service
    if service.referral_method != ReferralMethod.SMS or not service.referral_address:
        return False
    values = {
        "brand": settings.brand,
        "code": access.make_code(found),
        "minutes": int(access.CODE_VALID.total_seconds() // 60),
    }
    text = say("partner_code", Form(service.referral_language), values)
    outbox.queue_partner_message(session, service.referral_address, text)
    return True


def move(
    session: Session,
    referral: Referral,
    to: ReferralState,
    settings: Settings,
    reason: str = "",
    words: str = "",
) -> None:
    """The partner's step to state `to`; a decline has one of DECLINE_REASONS. Raises NotPossible."""
    if to not in _NEXT.get(ReferralState(referral.state), ()):
        raise NotPossible
    if to == ReferralState.DECLINED:
        if reason not in DECLINE_REASONS:
            raise NotPossible
        referral.decline_reason = reason
    _enter(referral, to)
    referral.question = None
    event = _event(session, referral, PARTNER, to, words=words)
    audit.record(session, None, f"referral_{to}", f"referral:{referral.id}")
    tell(session, referral, event, settings)
    if to == ReferralState.DECLINED:
        close(session, referral)
        to_queue(session, referral, "referral_declined")
    if to == ReferralState.DONE:
        close(session, referral)


def ask_for_more(session: Session, referral: Referral, question: str, settings: Settings) -> None:
    """The partner asks something before deciding; it goes to our people, who ask the person."""
    if referral.state not in OPEN or not question.strip():
        raise NotPossible
    referral.question = question.strip()[:_LONGEST]
    _event(session, referral, PARTNER, "asked_more", words=referral.question)
    audit.record(session, None, "referral_asked_more", f"referral:{referral.id}")
    to_queue(session, referral, "referral_question")


def answer(session: Session, referral: Referral, operator: Operator, text: str) -> None:
    """Our answer to the partner's question, shown on its page: only what the person agreed to tell."""
    if referral.question is None or not text.strip():
        raise NotPossible
    referral.question = None
    _event(session, referral, _actor(operator), "answered", words=text.strip()[:_LONGEST])
    audit.record(session, operator, "referral_answered", f"referral:{referral.id}")


def withdraw(session: Session, referral: Referral, operator: Operator | None = None) -> None:
    """Takes the referral back: the page closes at once and what was shared is emptied."""
    if referral.state == ReferralState.WITHDRAWN:
        return
    _enter(referral, ReferralState.WITHDRAWN)
    referral.question = None
    close(session, referral)
    _forget_words(session, referral)
    _event(session, referral, _actor(operator, SYSTEM), ReferralState.WITHDRAWN)
    audit.record(session, operator, "referral_withdrawn", f"referral:{referral.id}")


def withdraw_all(session: Session, contact: Contact) -> list[int]:
    """Takes back every referral of `contact`, ended ones too, since they hold what was shared; their ids."""
    referrals = list(session.scalars(select(Referral).where(Referral.contact_id == contact.id)))
    for referral in referrals:
        if referral.state in OPEN:
            withdraw(session, referral)
        else:
            _forget_words(session, referral)
            close(session, referral)
    return [referral.id for referral in referrals]


def close(session: Session, referral: Referral) -> None:
    """Shuts the partner's page."""
    access.close(session, referral)


def tell(session: Session, referral: Referral, event: ReferralEvent, settings: Settings) -> None:
    """Tells the person of a step in neutral words, where it is safe; `event.told` says whether. A
    sensitive referral is never told by the system: an operator sees it in the queue."""
    event.told = False
    if referral.sensitive:
        to_queue(session, referral, "referral_news")
        return
    form = Form(referral.contact.form)
    number = phone_of(referral.service)
    key = f"referral_{event.what}"
    if event.what == ReferralState.ACCEPTED and "phone" not in referral.shared:
        key = "referral_accepted_call" if number else key
    words = [say(key, form, {"brand": settings.brand, "phone": number})]
    sent = outbound.send(
        session, referral.contact, Series.REFERRAL, words, [], settings, partner=referral.service.key
    )
    event.told = isinstance(sent, Message)
    if isinstance(sent, Held):
        event.detail = {"held": sent.reason, "again": sent.again_at is not None}
        if sent.again_at is None:
            to_queue(session, referral, "referral_news")


def to_queue(session: Session, referral: Referral, reason: str) -> None:
    """Puts the person's conversation before our people."""
    query = (
        select(Conversation)
        .where(Conversation.contact_id == referral.contact_id, Conversation.state != State.CLOSED)
        .order_by(Conversation.id.desc())
        .limit(1)
        .with_for_update()
    )
    conversation = session.scalars(query).first()
    if conversation is None:
        conversation = Conversation(contact_id=referral.contact_id, not_understood=0, pages=0)
        session.add(conversation)
        session.flush()
    handoff.escalate(session, conversation, reason, Priority.ASKED_FOR_PERSON)


def events(session: Session, referral: Referral) -> list[ReferralEvent]:
    """All steps in their order."""
    query = select(ReferralEvent).where(ReferralEvent.referral_id == referral.id)
    return list(session.scalars(query.order_by(ReferralEvent.id)))


def note(session: Session, referral: Referral, actor: str, what: str) -> ReferralEvent:
    """Keeps a step that changes no state (opened, reminded, escalated)."""
    return _event(session, referral, actor, what)


def no_answer(session: Session, referral: Referral) -> None:
    """The partner hasn't answered in time: our people go on with it."""
    _enter(referral, ReferralState.NO_ANSWER)
    referral.escalated_at = now()
    _event(session, referral, SYSTEM, ReferralState.NO_ANSWER)
    audit.record(session, None, "referral_no_answer", f"referral:{referral.id}")
    to_queue(session, referral, "referral_no_answer")


def _enter(referral: Referral, state: ReferralState) -> None:
    referral.state = state
    referral.state_at = now()
    referral.reminders = 0
    referral.reminded_at = None


def _forget_words(session: Session, referral: Referral) -> None:
    referral.shared = {}
    referral.question = None
    for event in events(session, referral):
        event.words = None


def _event(
    session: Session,
    referral: Referral,
    actor: str,
    what: str,
    words: str = "",
    detail: dict[str, object] | None = None,
) -> ReferralEvent:
    event = ReferralEvent(
        referral_id=referral.id, actor=actor, what=what, words=words.strip()[:_LONGEST] or None, detail=detail
    )
    session.add(event)
    session.flush()
    return event


def _actor(operator: Operator | None, otherwise: str = BOT) -> str:
    return f"operator:{operator.id}" if operator else otherwise
