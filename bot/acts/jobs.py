"""Vacancies and courses that fit, one at a time; a warning about offers with signs of fraud."""

from __future__ import annotations

from bot import consent
from bot.acts.turn import Act, CarryOut, Turn
from bot.facts import are_tellable, today, value
from bot.jobs import alerts, fraud, search
from bot.jobs.tell import told
from bot.models import ConsentText, Listing
from bot.places import provinces
from bot.words import say

KIND_OF_TOPIC = {"job_find": "job", "job_training": "training", "job_skill_recognition": "training"}
_MOST = 9  # that one question leads to
_ANY = "-"


def tell_fitting(turn: Turn, topic: str, province: str) -> bool:
    """Puts the best listing for what the person asked before everything else; False where none fits.
    Either way they may ask to be told of new ones."""
    kind = KIND_OF_TOPIC.get(topic)
    if kind is None:
        return False
    trade = turn.slot("trade")
    found = _tell(turn, kind, trade, province, 0)
    _offer_alert(turn, kind, trade, province)
    return found


def _tell(turn: Turn, kind: str, trade: str | None, province: str | None, index: int) -> bool:
    found = _find(turn, kind, trade, province)[:_MOST]
    if not found:
        return False
    shown = found[min(index, len(found) - 1)]
    none_here = found[0].province != province
    turn.parts[0:0] = told(shown, turn.form, province, none_here=none_here)
    if index + 1 < len(found):
        turn.offer("option_next_job", f"!jobs:{kind}:{trade or _ANY}:{province or _ANY}:{index + 1}")
    return True


def _find(turn: Turn, kind: str, trade: str | None, province: str | None) -> list[Listing]:
    skills = search.skills_of(turn.session, turn.contact)
    return search.find(turn.session, kind, trade=trade, province=province, skills=skills)


def _jobs(turn: Turn, act: Act) -> None:
    """`of` is KIND:TRADE:PROVINCE:NUMBER, with "-" for any."""
    kind, trade, province, index = str(act["of"]).split(":")
    if not _tell(turn, kind, _named(trade), _named(province), int(index)):
        turn.say("job_gone")


def _offer_alert(turn: Turn, kind: str, trade: str | None, province: str) -> None:
    answer = consent.standing(turn.session, turn.contact, consent.CONTACT_LATER)
    if (answer is not None and not answer.given) or turn.contact.seems_child or turn.conversation.wary:
        return
    if not alerts.standing(turn.session, turn.contact):
        turn.offer("option_job_alert", f"!job_alert:{kind}:{trade or _ANY}:{province}")


def _job_alert(turn: Turn, act: Act) -> None:
    """`of` is KIND:TRADE:PROVINCE, and once the question was answered :VERSION behind :yes (this province),
    :near (those next to it too) or :no."""
    kind, trade, province, answer, version = [*str(act["of"]).split(":"), "", ""][:5]
    words = say(f"trade_{trade}", turn.form) if trade != _ANY else say("job_alert_any", turn.form)
    here = {"province": provinces()[province].name(turn.form)}
    wanted = f"{words}, {here['province']}"
    question = say("ask_job_alert", turn.form, {"wanted": wanted})
    shown = turn.session.get(ConsentText, version) if version else None
    if turn.contact.seems_child:
        turn.say("refer_not_now")
    elif shown is None or shown.text != question:
        version = consent.show(turn.session, consent.CONTACT_LATER, turn.form, question)
        turn.question = question
        asked = f"!job_alert:{kind}:{trade}:{province}"
        turn.offer_label(say("option_alert_here", turn.form, here), f"{asked}:yes:{version}")
        turn.offer("option_alert_near", f"{asked}:near:{version}")
        turn.offer("option_no", f"{asked}:no:{version}")
    else:
        agreed = consent.record(turn.session, turn.contact, consent.CONTACT_LATER, answer != "no", version)
        if agreed.given:
            near = answer == "near"
            alerts.subscribe(turn.session, agreed, turn.contact, kind, _named(trade), province, near)
        turn.say("job_alert_on" if agreed.given else "job_alert_off")


def _warn_offer(turn: Turn, act: Act) -> None:
    reasons = "; ".join(say(f"sign_{sign}", turn.form) for sign in act["signs"] if sign in fraud.SIGNS)
    turn.parts.insert(0, say("warn_offer", turn.form, {"signs": reasons}))
    if are_tellable(["job-1297"], today()):
        turn.parts.insert(1, say("warn_offer_ask", turn.form, {"phone": value("job-1297.phone")}))


def _named(given: str) -> str | None:
    return None if given == _ANY else given


ACTS: dict[str, CarryOut] = {
    "jobs": _jobs,
    "job_alert": _job_alert,
    "warn_offer": _warn_offer,
}
