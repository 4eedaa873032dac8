"""The views of a Rasa message, worked out once for all components that read them."""

from __future__ import annotations

from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.khmer import Word
from nlu.khmer.features import Views, views_of_words


def views_of(message: Message) -> Views:
    """Kept beside the message's data, not in it, so that Rasa doesn't fingerprint them at every step;
    they go with the message."""
    known: Views | None = getattr(message, "_views", None)
    if known is None:
        # KhmerTokenizer has normalised the text and cut it into words; one blank stands for none.
        words = [Word(token.text, token.start) for token in message.get(TOKENS_NAMES[TEXT]) or []]
        known = message._views = views_of_words(message.get(TEXT) or "", [w for w in words if w.text.strip()])
    return known
