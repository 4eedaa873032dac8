"""The views of a Rasa message, worked out once for all components that read them."""

from __future__ import annotations

from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.khmer.features import Views, views


def views_of(message: Message) -> Views:
    """Kept beside the message's data, not in it, so that Rasa doesn't fingerprint them at every step;
    they go with the message."""
    known: Views | None = getattr(message, "_views", None)
    if known is None:
        known = message._views = views(message.get(TEXT) or "")
    return known
