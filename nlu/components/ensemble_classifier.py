"""Rasa intent classifier: danger or not, and which intent (nlu/learning/ensemble.py).

It reads the sentence features of the featurizers before it, whatever they are: sparse ones, and dense
ones if there are any, so that a deployment can swap the sentence vector (config.encoder.yml).
"""

from __future__ import annotations

from typing import Any

import numpy
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, vstack

from nlu.learning.ensemble import Ensemble


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class EnsembleClassifier(IntentClassifier, GraphComponent):
    """Gives every intent its probability; the ranking is always whole, since the gate sums over it."""

    @classmethod
    def required_components(cls) -> list[type]:
        return [Featurizer]

    @staticmethod
    def required_packages() -> list[str]:
        return ["sklearn"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"strength": 20.0, "vector_weight": 3.0}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EnsembleClassifier:
        return cls(config, model_storage, resource)

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._model_storage, self._resource = model_storage, resource
        self._model = Ensemble(config["strength"], config["vector_weight"])

    def train(self, training_data: TrainingData) -> Resource:
        examples = [e for e in training_data.intent_examples if e.get(TEXT) and e.get(INTENT)]
        sparse, dense = _features(examples)
        self._model.fit(sparse, dense, [e.get(INTENT) for e in examples])
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> EnsembleClassifier:
        classifier = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            classifier._model = Ensemble.load(folder)
        return classifier

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            # A command like "/intent" has no features, and its intent is set already.
            if message.features_present(TEXT):
                probabilities = self._model.probabilities(*_features([message]))[0]
                pairs = sorted(zip(probabilities, self._model.intents, strict=True), reverse=True)
                ranking = [{"name": intent, "confidence": float(p)} for p, intent in pairs]
                message.set("intent", ranking[0], add_to_output=True)
                message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data


def _features(messages: list[Message]) -> tuple[csr_matrix, numpy.ndarray | None]:
    """The sentence features of `messages`: sparse (n, features) and dense (n, size) or None."""
    sparse = vstack([message.get_sparse_features(TEXT)[1].features for message in messages]).tocsr()
    dense = [message.get_dense_features(TEXT)[1] for message in messages]
    if any(features is None for features in dense):
        return sparse, None
    return sparse, numpy.vstack([features.features for features in dense])
