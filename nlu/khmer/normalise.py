"""One spelling for the many ways in which the same Khmer text is typed.

The order of signs follows SIL's khnormal (through the khmerspell library); what that leaves out is
here: invisible characters, deprecated and look-alike code points, digits, doubled signs. Counts in
typed Khmer that led to each rule are in docs/khmer.md.
"""

from __future__ import annotations

import re
import unicodedata
import warnings

with warnings.catch_warnings():
    # khmerspell passes a flag where re.sub expects a count; harmless here, noisy on Python 3.13.
    warnings.simplefilter("ignore")
    from khmerspell import khnormal

_REPLACED = {
    0x17A3: "\u17a2",  # deprecated independent vowels
    0x17A4: "\u17a2\u17b6",
    0x17D3: "\u17c6",  # a lunar sign typed for nikahit
    0x17D8: "\u17d4\u179b\u17d4",
    0x17B4: None,  # inherent vowels, never to be typed
    0x17B5: None,
    0x00AD: None,
    **{0x17E0 + digit: str(digit) for digit in range(10)},
}
_INVISIBLE = re.compile(
    "[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff\U000e0000-\U000e007f]"
)
_JOINER_IN_KHMER = re.compile("(?<=[\u1780-\u17dd])[\u200c\u200d]+|[\u200c\u200d]+(?=[\u1780-\u17dd])")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_DOUBLED_SIGN = re.compile("([\u17b6-\u17d1\u17dd])\\1+")
_COENG_ALONE = re.compile("\u17d2(?![\u1780-\u17b3])")
_U_FOR_SHIFTER = re.compile(
    "([\u1780-\u17a2])((?:\u17d2[\u1780-\u17a2])*)\u17bb(?=[\u17b7-\u17ba\u17be\u17d0]|\u17b6\u17c6)"
)
_FIRST_SERIES = frozenset("កខចឆដឋណតថផសហឡអ")
_LONG_LETTER = re.compile("([\u1780-\u17a2A-Za-z])\\1{2,}")
_REPEAT_SIGN = re.compile("\\s{0,3}\u17d7(?:\\s{0,3}\u17d7)*")
_PUNCTUATION = re.compile("([\u17d4-\u17d6!?.,])\\1+")
_GIVE = re.compile("\u17b2(?:\u17d2\u1799|\u1799)|\u17a2\u17c4\u1799(?![\u1780-\u17d3])")
_KHMER = re.compile("[\u1780-\u17ff]")
_SPACE = re.compile(r"\s+")
_MOST_ROUNDS = 4


def clean(text: str) -> str:
    """`text` without what no one can see or no database can keep; words and their order stay.

    Control characters become spaces, lone surrogates U+FFFD; zero-width and bidirectional marks go
    (a joiner inside an emoji stays).
    """
    text = _SURROGATE.sub("\ufffd", text)
    text = _CONTROL.sub(" ", text)
    return _JOINER_IN_KHMER.sub("", _INVISIBLE.sub("", text))


def normalise(text: str) -> str:
    """The one spelling of `text` that patterns, lexicons and the classifier see.

    Typed disorder can hide further disorder, so it is repeated until nothing changes; impossible
    sequences of signs, which may never settle, end after a few rounds.
    """
    for _ in range(_MOST_ROUNDS):
        text, before = _normalise_once(text), text
        if text == before:
            break
    return text


def _normalise_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", clean(text)).translate(_REPLACED)
    if not _KHMER.search(text):
        return _tidy(text)
    text = _DOUBLED_SIGN.sub(r"\1", _COENG_ALONE.sub("", text))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = khnormal(text)
    text = _U_FOR_SHIFTER.sub(_shifter, text)
    text = _DOUBLED_SIGN.sub(r"\1", text)
    return _tidy(_GIVE.sub("\u17b1\u17d2\u1799", _REPEAT_SIGN.sub("\u17d7", text)))


def _tidy(text: str) -> str:
    return _SPACE.sub(" ", _PUNCTUATION.sub(r"\1", _LONG_LETTER.sub(r"\1", text))).strip()


def _shifter(match: re.Match[str]) -> str:
    # A typed "u" under a vowel that sits above is the register shifter, drawn alike.
    mark = "\u17ca" if match[1] in _FIRST_SERIES else "\u17c9"
    return match[1] + match[2] + mark
