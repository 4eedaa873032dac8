"""Rasa sparse featurizer over the views of a message (nlu/khmer/features.py)."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.message_views import views_of
from nlu.learning.vectoriser import Vectoriser


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class ViewFeaturizer(SparseFeaturizer, GraphComponent):
    """Gives a message one row of numbers for the whole sentence; none for its words."""

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        return ["scipy", "khmercut"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**SparseFeaturizer.get_default_config(), "rarest": 2}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """There is nothing that could be wrong beyond what Rasa checks."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ViewFeaturizer:
        return cls(execution_context.node_name, config, model_storage, resource)

    def __init__(
        self, name: str, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        super().__init__(name, config)
        self._model_storage, self._resource = model_storage, resource
        self._vectoriser = Vectoriser(config["rarest"])

    def train(self, training_data: TrainingData) -> Resource:
        self._vectoriser.fit([views_of(e) for e in training_data.intent_examples if e.get(TEXT)])
        with self._model_storage.write_to(self._resource) as folder:
            self._vectoriser.save(folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ViewFeaturizer:
        featurizer = cls(execution_context.node_name, config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            featurizer._vectoriser = Vectoriser.load(folder)
        return featurizer

    def process(self, messages: list[Message]) -> list[Message]:
        known = [message for message in messages if message.get(TEXT)]
        if known:
            rows = self._vectoriser.transform([views_of(message) for message in known])
            for number, message in enumerate(known):
                self.add_features_to_message(None, rows[number].tocoo(), TEXT, message)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data
