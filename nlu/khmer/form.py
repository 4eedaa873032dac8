"""Which of the three forms a text is written in: Khmer script, romanised Khmer or English.

No language detector knows romanised Khmer, so ours is a table of log-odds of letter n-grams,
counted on the training messages (`python -m nlu.khmer.form` writes it anew).
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path

from nlu.khmer.normalise import normalise

KHMER, ROMANISED, ENGLISH = "km", "km_Latn", "en"
TABLE = Path(__file__).with_name("form.json")
_KHMER_SHARE = 0.3
_CLEAR = 1.0  # summed log-odds from which a text is called clear
_KHMER_LETTER = re.compile("[\u1780-\u17dd]")
_SIZES = (1, 2, 3, 4)
_RAREST = 3


def script(text: str) -> str | None:
    """ "khmer", "latin", "other" (Thai, Chinese, …), or None where there is no letter at all."""
    khmer = latin = other = 0
    for character in text:
        if _KHMER_LETTER.match(character):
            khmer += 1
        elif unicodedata.category(character)[0] in "LM":
            if "LATIN" in unicodedata.name(character, ""):
                latin += 1
            else:
                other += 1
    total = khmer + latin + other
    if not total:
        return None
    if other > total / 2:
        return "other"
    return "khmer" if khmer >= _KHMER_SHARE * total else "latin"


def detect(text: str) -> tuple[str | None, bool]:
    """The form of `text` (None where it has no letters we know) and whether that is clear."""
    kind = script(text)
    if kind == "khmer":
        return KHMER, True
    if kind != "latin":
        return None, False
    score = log_odds(normalise(text))
    return (ROMANISED if score > 0 else ENGLISH), abs(score) >= _CLEAR


def log_odds(text: str) -> float:
    """Positive for romanised Khmer, negative for English."""
    weights = _weights()
    return sum(weights.get(gram, 0.0) for gram in _grams(text))


def build(romanised: list[str], english: list[str]) -> dict[str, float]:
    """The table of log-odds from texts of both forms, without what is rare or says little."""
    counts = [
        Counter(g for text in texts for g in set(_grams(normalise(text)))) for texts in (romanised, english)
    ]
    totals = [len(romanised) + 2, len(english) + 2]
    table = {}
    for gram in counts[0].keys() | counts[1].keys():
        if counts[0][gram] + counts[1][gram] >= _RAREST:
            odds = [(count[gram] + 0.5) / total for count, total in zip(counts, totals, strict=True)]
            weight = math.log(odds[0] / odds[1]) * (0.5 if len(gram) < 3 else 1.0)
            if abs(weight) >= 0.5:
                table[gram] = round(weight, 2)
    return table


def _grams(text: str) -> list[str]:
    letters = " " + re.sub(r"[^a-z']+", " ", text.casefold()).strip() + " "
    return [letters[i : i + n] for n in _SIZES for i in range(len(letters) - n + 1)]


@cache
def _weights() -> dict[str, float]:
    weights: dict[str, float] = json.loads(TABLE.read_text("utf-8"))
    return weights


if __name__ == "__main__":
    from nlu import corpus

    texts = {form: [row.text for row in corpus.training() if row.form == form] for form in corpus.FORMS}
    table = build(texts[ROMANISED], texts[ENGLISH])
    TABLE.write_text(json.dumps(table, ensure_ascii=False, indent=0, sort_keys=True) + "\n", "utf-8")
    print(f"{TABLE.name}: {len(table)} n-grams")
