"""A reply as the person gets it: sentences, the options that a number or a button picks, and MORE."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate

from bot import segments
from bot.models import Channel, Form
from bot.words import say

PERSON_KEY = "0"
PERSON = "!person"
MORE = "!more"
SAFE = "!safe"
UNSAFE = "!unsafe"

# A reply is kept near these many segments and never grows beyond segments.MOST_SEGMENTS.
_USUAL_SEGMENTS = {Form.KHMER: 2, Form.ROMANISED: 1, Form.ENGLISH: 1}


@dataclass(frozen=True)
class Option:
    """What replying `key` (or pressing the button `label`) means; see bot/picks.py for payloads."""

    label: str
    payload: str
    key: str = ""

    def as_json(self) -> dict[str, str]:
        return {"key": self.key, "label": self.label, "payload": self.payload}


@dataclass(frozen=True)
class Reply:
    """One message to the person. `more` are the parts that MORE tells next."""

    text: str
    options: tuple[Option, ...]
    more: tuple[str, ...] = ()
    segments: int = field(default=1)


def compose(
    parts: list[str],
    options: list[Option],
    form: Form,
    channel: Channel,
    *,
    question: str | None = None,
    person_first: bool = False,
    with_person: bool = True,
) -> Reply:
    """The reply of `parts` (one thought each, most important first) with numbered options.

    A way to a person is among the options unless one is coming already (`with_person`). On SMS what
    would not fit waits for MORE, but `question` is always asked; on Telegram the options are buttons
    and everything fits.
    """
    person = (Option(say("option_person", form), PERSON, PERSON_KEY),) if with_person else ()
    if channel == Channel.TELEGRAM:
        numbered = _numbered(options)
        text = "\n".join([*parts, *([question] if question else [])])
        return Reply(text, (*person, *numbered) if person_first else (*numbered, *person))
    return _compose_sms(parts, question, options, person, form, person_first)


def _compose_sms(
    parts: list[str],
    question: str | None,
    options: list[Option],
    person: tuple[Option, ...],
    form: Form,
    person_first: bool,
) -> Reply:
    def render(shown: list[str], more: bool) -> tuple[str, tuple[Option, ...]]:
        numbered = _numbered([*options, *([Option(say("option_more", form), MORE)] if more else [])])
        ordered = (*person, *numbered) if person_first else (*numbered, *person)
        lines = [f"{option.key} {option.label}" for option in ordered]
        return "\n".join([*filter(None, [" ".join(shown), question]), *lines]), ordered

    whole, ordered = render(parts, more=False)
    if segments.count(whole) <= _USUAL_SEGMENTS[form] or (len(parts) <= 1 and _fits(whole)):
        return Reply(whole, ordered, segments=segments.count(whole))
    lengths = list(accumulate(parts, lambda before, part: f"{before} {part}"))
    needed = [segments.count(render([shown], more=True)[0]) for shown in lengths]
    usual = [n for n in needed if n <= max(needed[0], _USUAL_SEGMENTS[form])]
    if needed[0] <= segments.MOST_SEGMENTS:
        shown, rest = parts[: len(usual)], parts[len(usual) :]
    else:
        shown, rest = segments.fit(parts, lambda text: _fits(render([text], more=True)[0]))
    text, ordered = render(shown, more=bool(rest))
    return Reply(text, ordered, tuple(rest), segments.count(text))


def _fits(text: str) -> bool:
    return segments.count(text) <= segments.MOST_SEGMENTS


def _numbered(options: list[Option]) -> tuple[Option, ...]:
    return tuple(Option(o.label, o.payload, str(i)) for i, o in enumerate(options, start=1))
