"""Rasa entity extractor over word lists in three forms (nlu/lexicon, provinces and districts of facts/).

Places, papers, trades and people are closed sets that programme staff can extend in a text file,
so they are looked up and not learned. Khmer names are found inside unspaced text, Latin ones as
whole words, and romanised spellings not in the list by their sound key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.khmer import normalise, segment, skeleton
from nlu.khmer.numbers import find_numbers

_KHMER = re.compile("[\u1780-\u17ff]")
_SHORTEST_SOUND_KEY = 4
_SHORTEST_KEY_OF_ONE_WORD = 5  # of districts, which are many; short keys are words of every day
_SHORTEST_BARE_NAME = 5  # a shorter Khmer name counts only behind the word for a district or town
_BEFORE_A_NAME = "(?<=ស្រុក)|(?<=ក្រុង)|(?<=ខណ្ឌ)|(?<=ស្រុក )|(?<=ក្រុង )|(?<=ខណ្ឌ )"
_CHILD_AGE = re.compile(
    r"(?<!\d)(1[0-7]|[1-9])\s*(?:-|\s)?(?:years?[\s-]*old|yrs?\b|y/?o\b|ឆ្នាំ|chnam\b|chnum\b|khet\b|ខួប|months?\b|ខែ|khe\b)"
)
_ADULT_SPAN = re.compile(r"(?:work|worked|for|tver|tveu|ធ្វើ|នៅថៃ|thai|នៅ|nov|abroad|since|ago)\W*$")


@dataclass(frozen=True)
class Lexicon:
    """One entity's names: a pattern over text, and the sound keys of its romanised names."""

    entity: str
    pattern: re.Pattern[str]
    values: dict[str, str]
    sounds: dict[str, str]


def read_lexicon(entity: str, names: dict[str, list[str]], by_sound: bool) -> Lexicon:
    """The lexicon of `names` (value -> its names in any form)."""
    values = {normalise(name).casefold(): value for value, list_ in names.items() for name in list_}
    alternatives = sorted(values, key=len, reverse=True)
    pattern = "|".join(
        re.escape(name) if _KHMER.search(name) else rf"(?<!\w){re.escape(name)}(?!\w)"
        for name in alternatives
    )
    sounds = {}
    if by_sound:
        for name, value in values.items():
            key = "" if _KHMER.search(name) else skeleton(name.replace(" ", ""))
            if len(key) >= _SHORTEST_SOUND_KEY:
                sounds[key] = value
    return Lexicon(entity, re.compile(pattern), values, sounds)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class LexiconExtractor(GraphComponent):
    """Adds `{entity, value, start, end}` for every name found; the first mention comes first."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "lexicons": "nlu/lexicon",
            "provinces": "facts/provinces.yml",
            "districts": "facts/districts.yml",
        }

    @staticmethod
    def required_packages() -> list[str]:
        return ["yaml"]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LexiconExtractor:
        return cls(config)

    def __init__(self, config: dict[str, Any]) -> None:
        self._lexicons = [_provinces(Path(config["provinces"])), _districts(Path(config["districts"]))]
        for file in sorted(Path(config["lexicons"]).glob("*.yml")):
            data = yaml.safe_load(file.read_text("utf-8"))
            self._lexicons.append(read_lexicon(file.stem, data["values"], data.get("by_sound", False)))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text and not text.startswith("/"):
                found = message.get(ENTITIES, []) + self.extract(text)
                message.set(ENTITIES, found, add_to_output=True)
        return messages

    def extract(self, text: str) -> list[dict[str, Any]]:
        """All entities of `text`, in the order in which they stand."""
        text = normalise(text).casefold()
        found = [entity for lexicon in self._lexicons for entity in _find(lexicon, text)]
        found += [_entity(item.kind, item.value, item.start, item.end) for item in find_numbers(text)]
        return sorted(_with_provinces(found) + _child_ages(text), key=lambda entity: entity["start"])


def _provinces(file: Path) -> Lexicon:
    names = {}
    for province in yaml.safe_load(file.read_text("utf-8"))["provinces"]:
        names[province["code"]] = [*province["name"].values(), *province["aliases"]]
    return read_lexicon("province", names, by_sound=True)


def _districts(file: Path) -> Lexicon:
    names: dict[str, list[str]] = {}
    for district in yaml.safe_load(file.read_text("utf-8"))["districts"]:
        names[district["code"]] = [district["km"], district["en"]]
    lexicon = read_lexicon("district", names, by_sound=True)
    of_two_words = {skeleton(n.replace(" ", "")) for n in lexicon.values if " " in n}
    sounds = {
        key: code
        for key, code in lexicon.sounds.items()
        if key in of_two_words or len(key) >= _SHORTEST_KEY_OF_ONE_WORD
    }
    short = [n for n in lexicon.values if _KHMER.search(n) and len(n) < _SHORTEST_BARE_NAME]
    rest = [n for n in lexicon.values if n not in short]
    alternatives = [
        *(rf"(?:{_BEFORE_A_NAME}){re.escape(n)}" for n in sorted(short, key=len, reverse=True)),
        *(
            re.escape(n) if _KHMER.search(n) else rf"(?<!\w){re.escape(n)}(?!\w)"
            for n in sorted(rest, key=len, reverse=True)
        ),
    ]
    return Lexicon("district", re.compile("|".join(alternatives)), lexicon.values, sounds)


def _with_provinces(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A district tells its province too, where no province is named."""
    if any(entity["entity"] == "province" for entity in found):
        return found
    districts = [entity for entity in found if entity["entity"] == "district"]
    return found + [
        {**entity, "entity": "province", "value": entity["value"][:2]} for entity in districts[:1]
    ]


def _find(lexicon: Lexicon, text: str) -> list[dict[str, Any]]:
    found = {
        match.start(): _entity(lexicon.entity, lexicon.values[match[0]], match.start(), match.end())
        for match in lexicon.pattern.finditer(text)
    }
    if lexicon.sounds:
        words = segment(text)
        for i, word in enumerate(words):
            for last in words[i : i + 3]:
                key = skeleton(text[word.start : last.end].replace(" ", ""))
                if key in lexicon.sounds and word.start not in found:
                    found[word.start] = _entity(lexicon.entity, lexicon.sounds[key], word.start, last.end)
    return list(found.values())


def _child_ages(text: str) -> list[dict[str, Any]]:
    return [
        _entity("child_age", match[1], match.start(1), match.end(1))
        for match in _CHILD_AGE.finditer(text)
        if not _ADULT_SPAN.search(text[: match.start()])
    ]


def _entity(name: str, value: str, start: int, end: int) -> dict[str, Any]:
    return {"entity": name, "value": value, "start": start, "end": end, "extractor": "LexiconExtractor"}
