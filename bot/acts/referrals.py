"""Sending the person on to a partner: asked for each partner anew, in words that name every field."""

from __future__ import annotations

from sqlalchemy import select

from bot import consent
from bot.acts.turn import Act, CarryOut, Turn
from bot.directory import codes, search
from bot.models import Capacity, ConsentText, Referral, ReferralMethod, Service
from bot.referrals import fields, steps


def may_be_offered(turn: Turn, service: Service) -> bool:
    """Whether the bot may offer to refer this person to `service`: never where it is sensitive, where
    nobody takes referrals, to a child alone, or soon after a no."""
    if service.sensitive or not search.is_tellable(service) or service.capacity == Capacity.FULL:
        return False
    if service.referral_method == ReferralMethod.NONE or turn.contact.seems_child:
        return False
    if (turn.conversation.priority or 9) <= 2 or turn.conversation.wary:
        return False
    standing = consent.standing(turn.session, turn.contact, consent.SHARE, service.key)
    if standing is not None:
        return standing.given
    return consent.may_ask(turn.session, turn.contact, consent.SHARE, service.key)


def _refer(turn: Turn, act: Act) -> None:
    """`of` is SERVICE:TOPIC, and :yes:VERSION or :no:VERSION once the question was answered."""
    number, topic, answer, version = [*str(act["of"]).split(":"), "", ""][:4]
    service = turn.session.get(Service, int(number))
    if service is None or not may_be_offered(turn, service):
        turn.say("refer_not_now")
        return
    need = codes.NEED_OF_TOPIC.get(topic) or (service.needs or ["work"])[0]
    shared = fields.known(turn.session, turn.contact, need, turn.slot("province"))
    question = fields.question(service, shared, turn.form)
    shown = turn.session.get(ConsentText, version) if version else None
    if shown is None or shown.text != question:
        _ask(turn, number, topic, question)
        return
    agreed = consent.record(
        turn.session, turn.contact, consent.SHARE, answer == "yes", version, partner=service.key
    )
    if not agreed.given:
        turn.say("refer_not_sent")
        return
    if not _is_under_way(turn, service):
        steps.make(turn.session, turn.conversation, service, agreed, need, shared, turn.settings)
    turn.say("refer_sent")


def _ask(turn: Turn, number: str, topic: str, question: str) -> None:
    version = consent.show(turn.session, consent.SHARE, turn.form, question)
    turn.question = question
    turn.offer("option_yes", f"!refer:{number}:{topic}:yes:{version}")
    turn.offer("option_no", f"!refer:{number}:{topic}:no:{version}")


def _is_under_way(turn: Turn, service: Service) -> bool:
    query = select(Referral.id).where(
        Referral.contact_id == turn.contact.id,
        Referral.service_id == service.id,
        Referral.state.in_(steps.OPEN),
    )
    return turn.session.scalars(query).first() is not None


ACTS: dict[str, CarryOut] = {
    "refer": _refer,
}
