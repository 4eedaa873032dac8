"""The brain's own tests: Rasa's components, run in the brain's environment (bin/test starts them)."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.khmer_tokenizer import KhmerTokenizer

MESSAGES = [
    ("ប្តីខ្ញុំវាយខ្ញុំ", "gbv"),
    ("bdei knhom vay knhom rol yub", "gbv"),
    ("my husband beats me", "gbv"),
    ("គាត់វាយខ្ញុំទៀតហើយ", "gbv"),
    ("ធ្វើលិខិតឆ្លងដែននៅណា", "doc_passport"),
    ("tver passport nov na", "doc_passport"),
    ("where to make a passport", "doc_passport"),
    ("passport ថ្លៃប៉ុន្មាន", "doc_passport"),
]


@pytest.fixture
def storage(tmp_path: Path) -> ModelStorage:
    return LocalModelStorage.create(tmp_path)


@pytest.fixture
def resource() -> Resource:
    return Resource("component")


@pytest.fixture
def context() -> ExecutionContext:
    return ExecutionContext(GraphSchema({}), node_name="component")


@pytest.fixture
def training_data() -> TrainingData:
    """A few messages of two intents, cut into words."""
    data = TrainingData([Message({TEXT: text, INTENT: intent}) for text, intent in MESSAGES])
    return tokenizer().process_training_data(data)


def tokenizer() -> KhmerTokenizer:
    return KhmerTokenizer(KhmerTokenizer.get_default_config())


def message(text: str) -> Message:
    """One incoming message, cut into words."""
    return tokenizer().process([Message({TEXT: text})])[0]
