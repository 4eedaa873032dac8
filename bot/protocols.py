"""Protocols: for each sensitive kind, what to ask, never to ask, must be done, and whom to refer to.

Defaults are in protocols/*.yml; managers' editions hold over them. Ticked steps are kept for each
conversation with who and when. Numbers come from facts alone, by placeholders as in canned replies.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache

import yaml
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot import audit, canned, editions, facts
from bot.intents import SENSITIVE
from bot.models import Conversation, Escalation, Operator, ProtocolTick
from bot.settings import ROOT

KIND = "protocol"
FOLDER = ROOT / "protocols"
# Steps of `must` and, for a child, of `child` are mandatory; those of `never` can't be ticked.
SECTIONS = ("must", "ask", "never", "refer", "child")
TICKABLE = ("must", "ask", "refer", "child")
IS_CHILD = "is_child"  # the step by which an operator says that the person is under 18
LONGEST_STEP = 400


@dataclass(frozen=True)
class Step:
    id: str
    texts: dict[str, str]  # km and en


@dataclass(frozen=True)
class Protocol:
    key: str
    titles: dict[str, str]
    sections: dict[str, tuple[Step, ...]]

    def step_ids(self, sections: tuple[str, ...] = TICKABLE) -> set[str]:
        return {step.id for section in sections for step in self.sections[section]}


class BadProtocol(Exception):
    """A protocol can't be saved; `problem` is a short name and `where` the text that is meant."""

    def __init__(self, problem: str, where: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.where = where


def every(session: Session) -> dict[str, Protocol]:
    """The protocols as they hold now, by kind."""
    held = editions.current(session, KIND, _defaults())
    return {key: read(key, held[key]) for key in SENSITIVE}


def for_conversation(session: Session, conversation: Conversation) -> list[str]:
    """The kinds that the conversation was escalated for, or in which a step is ticked."""
    reasons = session.scalars(
        select(Escalation.reason).where(Escalation.conversation_id == conversation.id).distinct()
    )
    ticked = session.scalars(
        select(ProtocolTick.protocol).where(ProtocolTick.conversation_id == conversation.id).distinct()
    )
    found = {*reasons, *ticked}
    return [key for key in SENSITIVE if key in found]


def ticks(session: Session, conversation: Conversation) -> dict[tuple[str, str], ProtocolTick]:
    """The conversation's ticked steps by protocol and step."""
    query = select(ProtocolTick).where(ProtocolTick.conversation_id == conversation.id)
    return {(tick.protocol, tick.step): tick for tick in session.scalars(query)}


def tick(
    session: Session, operator: Operator, conversation: Conversation, protocol: str, step: str, done: bool
) -> None:
    """Ticks or unticks a step. Raises KeyError for one that isn't in the protocol."""
    if step not in every(session)[protocol].step_ids():
        raise KeyError(step)
    if done == ((protocol, step) in ticks(session, conversation)):
        return
    if done:
        session.add(
            ProtocolTick(
                conversation_id=conversation.id, protocol=protocol, step=step, operator_id=operator.id
            )
        )
    else:
        session.execute(
            delete(ProtocolTick).where(
                ProtocolTick.conversation_id == conversation.id,
                ProtocolTick.protocol == protocol,
                ProtocolTick.step == step,
            )
        )
    action = "protocol_tick" if done else "protocol_untick"
    audit.record(session, operator, action, f"conversation:{conversation.id}", f"{protocol}.{step}")


def is_child(conversation: Conversation, ticked: dict[tuple[str, str], ProtocolTick]) -> bool:
    """Whether the person is known or said to be under 18, or it is about a child."""
    about_child = any(protocol == "child_protection" for protocol, _ in ticked)
    said = any(step == IS_CHILD for _, step in ticked)
    return conversation.contact.seems_child or said or about_child


def undone(session: Session, conversation: Conversation) -> list[Step]:
    """The mandatory steps that aren't ticked yet."""
    ticked, known = ticks(session, conversation), every(session)
    child = is_child(conversation, ticked)
    left = []
    for key in for_conversation(session, conversation):
        sections = ("must", "child") if child or key == "child_protection" else ("must",)
        for section in sections:
            left += [step for step in known[key].sections[section] if (key, step.id) not in ticked]
    return left


def save(session: Session, operator: Operator, protocol: Protocol, *, based_on: int) -> None:
    """Makes `protocol` the one that holds. Raises BadProtocol or editions.EditedMeanwhile."""
    check(protocol)
    editions.save(session, operator, KIND, protocol.key, write(protocol), based_on=based_on)


def back_to_default(session: Session, operator: Operator, key: str, *, based_on: int) -> None:
    """Makes the file's text hold again. Raises editions.EditedMeanwhile."""
    editions.save(session, operator, KIND, key, None, based_on=based_on)


def check(protocol: Protocol) -> None:
    """Raises BadProtocol where words lack in a language, or a placeholder names no fact."""
    for texts in (protocol.titles, *(s.texts for steps in protocol.sections.values() for s in steps)):
        for language in ("km", "en"):
            text = texts.get(language, "")
            if not text:
                raise BadProtocol("no_words", texts.get("en") or texts.get("km", ""))
            if len(text) > LONGEST_STEP:
                raise BadProtocol("too_long", text[:40])
            try:
                canned.fill(text, "")
            except facts.MissingFact as missing:
                raise BadProtocol("placeholder", str(missing)) from None
    if not protocol.sections["must"] or not protocol.sections["never"]:
        raise BadProtocol("empty_section")


def new_step_id() -> str:
    """The id of a step that a manager adds."""
    return f"step_{secrets.token_hex(4)}"


def read(key: str, content: editions.Content) -> Protocol:
    """The protocol that `content` (a file's or an edition's) holds."""
    sections = {
        section: tuple(Step(step["id"], {"km": step["km"], "en": step["en"]}) for step in content[section])
        for section in SECTIONS
    }
    return Protocol(key, dict(content["title"]), sections)


def write(protocol: Protocol) -> editions.Content:
    """What `read` reads."""
    steps = {
        section: [{"id": step.id, **step.texts} for step in protocol.sections[section]]
        for section in SECTIONS
    }
    return {"title": protocol.titles, **steps}


@cache
def _defaults() -> dict[str, editions.Content]:
    return {key: yaml.safe_load((FOLDER / f"{key}.yml").read_text("utf-8")) for key in SENSITIVE}
