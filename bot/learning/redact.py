"""Taking names and numbers out of a message, before anybody learns from it.

Rules find what has a shape: numbers of every kind, links, handles, and names after words like "my name
is", "Mr" or "village". They don't find every name, so a person checks each text; but no digit, link or
handle is ever left.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import yaml

from nlu.khmer import clean
from nlu.khmer.segment import Word, segment

_FILE = Path(__file__).with_name("words.yml")
_WORDS = {name: words.split() for name, words in yaml.safe_load(_FILE.read_text("utf-8")).items()}
PLACEHOLDERS = ("phone", "number", "amount", "name", "place", "link")

_D = "[0-9០-៩๐-๙]"
_LINK = re.compile(
    r"(?:https?://|www\.|t\.me/)\S+|\S+@\S+|(?<!\w)@\w+|\b[\w-]+\.(?:com|org|net|kh|me|th)\b\S*", re.I
)
_CURRENCY = r"(?:\$|៛|฿|(?:usd|dol+ars?|ri+els?|reils?|rials?|bah?th?|ringgit|won)\b|រៀល|ដុល្លារ?|បាត|រិង្គីត|វ៉ុន)"
_TIMES = r"(?:ពាន់|ម៉ឺន|សែន|លាន|រយ|(?:poan|me[ur]n|le+an|roy|thousand|million|k)\b)"
_AMOUNT = re.compile(
    rf"[$៛฿]\s?{_D}[\d.,]*(?:\s?{_TIMES})?"
    rf"|{_D}[\d.,]*(?:\s?{_TIMES})?\s?{_CURRENCY}|{_D}[\d.,]*\s?{_TIMES}",
    re.I,
)
_PHONE = re.compile(rf"(?<![A-Za-z])\+?{_D}(?:[\s().-]{{0,2}}{_D}){{6,}}")
_IDENTITY = re.compile(rf"[A-Za-z]{{0,3}}-?{_D}(?:[/.:-]?\w)*")
_ANY_DIGIT = re.compile(r"\d")
# Numbers that are read out: a phone number as a voice keyboard writes it.
_SAID = "|".join(_WORDS["numbers"])
_SAID_NUMBER = re.compile(rf"(?:(?<![a-z])(?:{_SAID})(?![a-z])[\s,.-]*){{6,}}", re.I)

_LATIN = r"[A-Za-z][A-Za-z'’-]+"
_LATIN_NAME = re.compile(
    r"(?P<cue>\b(?:(?:my|his|her|their|full) name(?:'s| is| was)?|i am called|call me|named|mr|mrs"
    r"|neak srey|ch?hmuo?a?h|ch?hmos|chmoh|chhmoh)[\s.:]+)"
    rf"(?P<name>{_LATIN}(?:\s+{_LATIN})?)",
    re.I,
)
# "phum" and "khum" stand in many sentences: only what is written like a name after them is one.
_LATIN_PLACE = re.compile(
    r"(?P<cue>\b(?i:village|commune|sangkat|phumi?|phoum|khum|ghum)\s+)(?P<name>[A-Z][A-Za-z'’-]+)"
)
_CAPITALS = re.compile(r"\b[A-Z][a-z]+(?:\s+[A-Z][a-z]+)+\b")
_KHMER_NAME_CUES = frozenset({"ឈ្មោះ", "លោក", "លោកស្រី", "អ្នកស្រី", "កញ្ញា"})
_KHMER_PLACE_CUES = frozenset({"ភូមិ", "ឃុំ", "សង្កាត់"})
_COMMON = frozenset(_WORDS["common"])
_NO_NAMES = _COMMON | frozenset(_WORDS["no_names"])
_NO_KHMER_NAMES = frozenset(_WORDS["no_khmer_names"])
_LONGEST_KHMER_NAME = 3  # words
_OPEN, _CLOSE = "\ue000", "\ue001"  # marks in the making, so that no rule reads them as words


def redact(text: str) -> str:
    """`text` with [phone], [number], [amount], [name], [place] and [link] in place of what they name."""
    text = clean(text).translate({ord(_OPEN): None, ord(_CLOSE): None})
    text = re.sub(rf"\[({'|'.join(PLACEHOLDERS)})\]", rf"{_OPEN}\1{_CLOSE}", text)
    text = _LINK.sub(_mark("link"), text)
    text = _PHONE.sub(_mark("phone"), text)
    text = _SAID_NUMBER.sub(_mark("phone") + " ", text)
    text = _AMOUNT.sub(_mark("amount"), text)
    text = _IDENTITY.sub(_mark("number"), text)
    text = _ANY_DIGIT.sub(_mark("number"), text)
    text = _khmer(_khmer(text, _KHMER_NAME_CUES, "name"), _KHMER_PLACE_CUES, "place")
    text = _LATIN_NAME.sub(_after_cue("name", _NO_NAMES), text)
    text = _LATIN_PLACE.sub(_after_cue("place", _COMMON), text)
    text = _CAPITALS.sub(_capitals, text)
    number = re.escape(_mark("number"))
    text = re.sub(rf"{number}(?:\s*{number})+", _mark("number"), text)
    return re.sub(r"\s+", " ", text.replace(_OPEN, "[").replace(_CLOSE, "]")).strip()


def what_is_left(text: str) -> list[str]:
    """What a machine sees that may not be in a text to learn from: "digit", "link"."""
    found = [("digit", _ANY_DIGIT), ("link", _LINK)]
    return [name for name, shape in found if shape.search(text)]


def as_training(text: str) -> str:
    """A checked text as the model learns it: zeros for numbers, nothing where a name, place or link was."""
    filled = {"phone": "000000000", "number": "00", "amount": "000", "name": "", "place": "", "link": ""}
    for name, zeros in filled.items():
        text = text.replace(f"[{name}]", zeros)
    # Brackets would be read as marks of entities.
    return re.sub(r"\s+", " ", re.sub(r"[\[\](){}]", " ", text)).strip()


def _mark(name: str) -> str:
    return f"{_OPEN}{name}{_CLOSE}"


def _after_cue(name: str, no_names: frozenset[str]) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        words = match["name"].split()
        if words[0].casefold() in no_names:
            return match[0]
        rest = [word for word in words[1:] if word.casefold() in no_names]
        return " ".join([match["cue"].rstrip(), _mark(name), *rest])

    return replace


def _capitals(match: re.Match[str]) -> str:
    """Two or more words with capitals are a name, unless one of them is a word that we know."""
    known = any(word.casefold() in _NO_NAMES for word in match[0].split())
    return match[0] if known else _mark("name")


def _khmer(text: str, cues: frozenset[str], name: str) -> str:
    """Replaces what follows a Khmer cue: up to three words that are written on without a space."""
    words = segment(text)
    spans = [_named(text, words, number) for number, word in enumerate(words) if word.text in cues]
    for start, end in reversed([span for span in spans if span]):
        text = f"{text[:start]}{_mark(name)}{text[end:]}"
    return text


def _named(text: str, words: list[Word], cue: int) -> tuple[int, int] | None:
    taken: list[Word] = []
    for word in words[cue + 1 : cue + 1 + _LONGEST_KHMER_NAME]:
        before = text[(taken[-1] if taken else words[cue]).end : word.start]
        if word.text in _NO_KHMER_NAMES or before.strip() or (taken and before):
            break
        if _OPEN in word.text or _CLOSE in word.text:
            break
        taken.append(word)
    return (taken[0].start, taken[-1].end) if taken else None
