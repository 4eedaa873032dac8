"""Rasa intent classifier: words by their keys and pieces of words, weighted by rarity, linear.

Rasa's own LogisticRegressionClassifier on raw counts trains for minutes where this takes seconds
and is less accurate on our development set (docs/understanding.md has the figures). The model is
kept as plain numbers and words, not pickled, so that loading one can't run code.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from nlu.components.khmer_tokenizer import KhmerTokenizer

_NUMBERS, _WORDS = "classifier.npz", "classifier.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class WordAndPieceClassifier(IntentClassifier, GraphComponent):
    """Gives every intent its probability; the ranking is always whole, since the gate sums over it."""

    @classmethod
    def required_components(cls) -> list[type]:
        return [KhmerTokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        return ["sklearn"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"word_ngrams": 2, "piece_ngrams": 4, "rarest_piece": 2, "strength": 10.0}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> WordAndPieceClassifier:
        return cls(config, model_storage, resource)

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._words = TfidfVectorizer(
            ngram_range=(1, config["word_ngrams"]),
            token_pattern=r"\S+",  # noqa: S106
            sublinear_tf=True,
        )
        self._pieces = TfidfVectorizer(
            analyzer="char_wb",
            ngram_range=(1, config["piece_ngrams"]),
            min_df=config["rarest_piece"],
            sublinear_tf=True,
        )
        # One against the rest, solved in the dual: there are more features than messages.
        self._model = LogisticRegression(
            solver="liblinear", dual=True, C=config["strength"], class_weight="balanced", random_state=7
        )

    def train(self, training_data: TrainingData) -> Resource:
        examples = [e for e in training_data.intent_examples if e.get(TEXT) and e.get(INTENT)]
        words = self._words.fit_transform([_keys(e) for e in examples])
        pieces = self._pieces.fit_transform([_texts(e) for e in examples])
        self._model.fit(hstack([words, pieces]).tocsr(), [e.get(INTENT) for e in examples])
        with self._model_storage.write_to(self._resource) as folder:
            self._save(folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> WordAndPieceClassifier:
        classifier = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            classifier._restore(folder)
        return classifier

    def _save(self, folder: Path) -> None:
        vocabularies = {
            name: sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.get)
            for name, vectorizer in (("words", self._words), ("pieces", self._pieces))
        }
        content = {**vocabularies, "intents": [str(intent) for intent in self._model.classes_]}
        (folder / _WORDS).write_text(json.dumps(content), "utf-8")
        numpy.savez_compressed(
            folder / _NUMBERS,
            words_idf=self._words.idf_,
            pieces_idf=self._pieces.idf_,
            weights=self._model.coef_.astype("float32"),
            offsets=self._model.intercept_,
        )

    def _restore(self, folder: Path) -> None:
        content = json.loads((folder / _WORDS).read_text("utf-8"))
        numbers = numpy.load(folder / _NUMBERS, allow_pickle=False)
        for name, vectorizer in (("words", self._words), ("pieces", self._pieces)):
            vectorizer.vocabulary = content[name]
            vectorizer.idf_ = numbers[f"{name}_idf"]
        self._model.classes_ = numpy.array(content["intents"])
        self._model.coef_ = numbers["weights"]
        self._model.intercept_ = numbers["offsets"]

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if message.get(TOKENS_NAMES[TEXT]):
                probabilities = self._model.predict_proba(self._features(message))[0]
                ranking = [
                    {"name": str(intent), "confidence": float(p)}
                    for p, intent in sorted(
                        zip(probabilities, self._model.classes_, strict=True), reverse=True
                    )
                ]
                message.set("intent", ranking[0], add_to_output=True)
                message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def _features(self, message: Message) -> csr_matrix:
        return hstack(
            [self._words.transform([_keys(message)]), self._pieces.transform([_texts(message)])]
        ).tocsr()


def _keys(message: Message) -> str:
    return " ".join(token.lemma for token in message.get(TOKENS_NAMES[TEXT]))


def _texts(message: Message) -> str:
    return " ".join(token.text for token in message.get(TOKENS_NAMES[TEXT]))
