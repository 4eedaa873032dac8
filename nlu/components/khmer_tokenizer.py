"""Rasa tokeniser for Khmer script, romanised Khmer and English in one message.

Besides the words it sets each token's lemma, which Rasa's word features read: Rasa's own pattern
for words drops Khmer vowel signs, so a word's lemma is its sound key, the same for a Khmer word and
for its free romanisations.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from nlu.khmer import Word, normalise, segment, skeleton


def lemma(word: str) -> str:
    """The key under which word features count `word`; ASCII letters and digits only."""
    if word.isdigit():
        return "number"
    return skeleton(word) or (word if word.isascii() and word.isalnum() else "sign")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class KhmerTokenizer(Tokenizer):
    """Normalises the message's text, then cuts it into words."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    @staticmethod
    def required_packages() -> list[str]:
        return ["khmercut", "khmerspell"]

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        text = normalise(message.get(attribute))
        message.set(attribute, text)
        words = segment(text) or [Word(text or " ", 0)]
        return [Token(word.text, word.start, lemma=lemma(word.text)) for word in words]
