"""Rasa's components, each through its public interface, and the whole chain on a few messages."""

from __future__ import annotations

import json
from pathlib import Path

import numpy
import pytest
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.lm_featurizer import LanguageModelFeaturizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.ensemble_classifier import EnsembleClassifier
from nlu.components.lexicon_extractor import LexiconExtractor
from nlu.components.sentence_vector_featurizer import SentenceVectorFeaturizer
from nlu.components.view_featurizer import ViewFeaturizer
from nlu.learning.sentence_vectors import SIZE
from nlu.tests.conftest import message


def vectors(context: ExecutionContext, storage: ModelStorage) -> SentenceVectorFeaturizer:
    return SentenceVectorFeaturizer.create(
        SentenceVectorFeaturizer.get_default_config(), storage, Resource("v"), context
    )


def trained_views(
    data: TrainingData, context: ExecutionContext, storage: ModelStorage, resource: Resource
) -> ViewFeaturizer:
    featurizer = ViewFeaturizer.create(ViewFeaturizer.get_default_config(), storage, resource, context)
    featurizer.train(data)
    return ViewFeaturizer.load(ViewFeaturizer.get_default_config(), storage, resource, context)


def trained_classifier(
    data: TrainingData, context: ExecutionContext, storage: ModelStorage
) -> EnsembleClassifier:
    config, resource = EnsembleClassifier.get_default_config(), Resource("classifier")
    EnsembleClassifier.create(config, storage, resource, context).train(data)
    return EnsembleClassifier.load(config, storage, resource, context)


def test_words_get_one_key_in_both_scripts() -> None:
    keys = [
        [token.lemma for token in message(text).get("text_tokens")] for text in ("ខ្ញុំចង់ទៅ", "knhom jong tov")
    ]
    assert keys[0] == keys[1]


def test_a_message_without_a_known_feature_still_has_a_row(
    training_data: TrainingData, context: ExecutionContext, storage: ModelStorage, resource: Resource
) -> None:
    views = trained_views(training_data, context, storage, resource)
    [empty] = views.process([message("ZZZZ")])
    assert empty.get_sparse_features(TEXT)[1].features.shape[0] == 1


def test_romanised_khmer_shares_features_with_khmer_script(
    training_data: TrainingData, context: ExecutionContext, storage: ModelStorage, resource: Resource
) -> None:
    views = trained_views(training_data, context, storage, resource)
    rows = [
        m.get_sparse_features(TEXT)[1].features
        for m in views.process([message("ប្តីវាយ"), message("pdey vay")])
    ]
    assert rows[0].multiply(rows[1]).sum() > 0.3


def test_only_english_gets_a_sentence_vector(context: ExecutionContext, storage: ModelStorage) -> None:
    messages = [
        message("my husband beats me at night"),
        message("ប្តីខ្ញុំវាយខ្ញុំ"),
        message("bdei knhom vay knhom"),
    ]
    rows = [m.get_dense_features(TEXT)[1].features for m in vectors(context, storage).process(messages)]
    assert rows[0].shape == (1, SIZE)
    assert rows[0].any() and not rows[1].any() and not rows[2].any()


def test_sentence_vectors_are_near_where_meanings_are(
    context: ExecutionContext, storage: ModelStorage
) -> None:
    texts = ["he hits me", "my husband beats me every night", "how much is a passport"]
    a, b, c = (
        m.get_dense_features(TEXT)[1].features[0]
        for m in vectors(context, storage).process([message(text) for text in texts])
    )
    assert a @ b > a @ c


def test_the_chain_tells_danger_and_gives_every_intent_a_probability(
    training_data: TrainingData, context: ExecutionContext, storage: ModelStorage, resource: Resource
) -> None:
    views, dense = trained_views(training_data, context, storage, resource), vectors(context, storage)
    dense.process_training_data(views.process_training_data(training_data))
    classifier = trained_classifier(training_data, context, storage)
    [result] = classifier.process(dense.process(views.process([message("he beats me")])))
    assert result.get("intent")["name"] == "gbv"
    ranking = result.get("intent_ranking")
    assert {item["name"] for item in ranking} == {"gbv", "doc_passport"}
    assert sum(item["confidence"] for item in ranking) == pytest.approx(1)


def test_a_picked_option_keeps_its_intent(
    training_data: TrainingData, context: ExecutionContext, storage: ModelStorage, resource: Resource
) -> None:
    views, dense = trained_views(training_data, context, storage, resource), vectors(context, storage)
    dense.process_training_data(views.process_training_data(training_data))
    classifier = trained_classifier(training_data, context, storage)
    picked = Message({TEXT: None, "intent": {"name": "doc_passport", "confidence": 1.0}})
    [result] = classifier.process([picked])
    assert result.get("intent")["name"] == "doc_passport"


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("ខ្ញុំនៅស្រុកមង្គលបូរី", "district", "0102"),
        ("nov srok thmor koul", "district", "0202"),
        ("nov srok thmor koul", "province", "02"),
        ("i live in batambang", "province", "02"),
        ("ជំពាក់គេ ៥០០០$", "amount", "5000 USD"),
        ("brak khae 9000 bat", "amount", "9000 THB"),
        ("កូនអាយុ ១២ឆ្នាំ", "age", "12"),
        ("kom text kroy moung 6", "time", "06:00"),
        ("before 6pm please", "time", "18:00"),
        ("តេមក ០១២ ៣៤៥ ៦៧៨", "phone", "+85512345678"),
        ("ជាងផ្សារដែក", "trade", "welding"),
        ("bat passpor hz", "document", "passport"),
    ],
)
def test_entities_are_found_in_all_forms(text: str, entity: str, value: str) -> None:
    extractor = LexiconExtractor(LexiconExtractor.get_default_config())
    assert (entity, value) in [(e["entity"], e["value"]) for e in extractor.extract(text)]


@pytest.mark.parametrize("text", ["អត់សួងទេ", "call me", "2", "is it far", "room 2 to 5"])
def test_ordinary_words_are_no_places_phones_or_amounts(text: str) -> None:
    extractor = LexiconExtractor(LexiconExtractor.get_default_config())
    found = {e["entity"] for e in extractor.extract(text)}
    assert not found & {"district", "province", "phone", "amount", "age"}


def test_a_multilingual_encoder_can_take_the_sentence_vectors_place(
    tmp_path: Path,
    training_data: TrainingData,
    context: ExecutionContext,
    storage: ModelStorage,
    resource: Resource,
) -> None:
    """config.encoder.yml with a tiny random BERT in LaBSE's place: the same classes load and read it."""
    from transformers import BertConfig, BertTokenizer, TFBertModel

    # Rasa puts in [CLS] and [SEP] by the numbers that they have in every published BERT.
    words = ["[PAD]", *(f"[unused{i}]" for i in range(1, 100)), "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words += [*"abcdefghijklmnopqrstuvwxyz", *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]
    (tmp_path / "vocab.txt").write_text("\n".join(words), "utf-8")
    BertTokenizer(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    model = TFBertModel(BertConfig(vocab_size=len(words), **size))
    model(model.dummy_inputs)
    model.save_pretrained(tmp_path)
    config = {
        **LanguageModelFeaturizer.get_default_config(),
        "model_name": "bert",
        "model_weights": str(tmp_path),
    }
    encoder = LanguageModelFeaturizer.create(config, storage, resource, context)
    views = trained_views(training_data, context, storage, resource)
    encoder.process_training_data(views.process_training_data(training_data))
    classifier = trained_classifier(training_data, context, storage)
    [result] = classifier.process(encoder.process(views.process([message("he beats me")])))
    assert result.get_dense_features(TEXT)[1].features.shape == (1, 16)
    assert len(result.get("intent_ranking")) == 2


def test_nothing_is_pickled(
    training_data: TrainingData, context: ExecutionContext, storage: ModelStorage, resource: Resource
) -> None:
    trained_views(training_data, context, storage, resource).process_training_data(training_data)
    vectors(context, storage).process_training_data(training_data)
    trained_classifier(training_data, context, storage)
    for name in ("component", "classifier"):
        with storage.read_from(Resource(name)) as folder:
            for file in folder.iterdir():
                if file.suffix == ".json":
                    json.loads(file.read_text("utf-8"))
                else:
                    numpy.load(file, allow_pickle=False)
