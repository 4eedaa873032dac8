"""Sentences: from a key to the words in a person's form, out of the Babel catalogues in `locales/`.

Keys, not English texts, are the message ids, since English is one of three equals. Catalogues are
read as they are edited (.po); there is no compiled copy that could be stale. What managers corrected
since (bot/word_edits.py) stands over them.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from string import Formatter

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from bot import overrides
from bot.catalogues import KEYED, file_of, read
from bot.models import Form


class MissingWords(Exception):
    """A sentence has no words in a form, or a placeholder has no value."""


def say(key: str, form: Form, values: Mapping[str, object] | None = None) -> str:
    """The sentence `key` in `form` with its placeholders filled in. Raises MissingWords."""
    sentence = sentence_of(key, form)
    if not sentence:
        raise MissingWords(f"{key} has no words in {form}")
    try:
        return sentence.format_map(values or {})
    except (KeyError, IndexError, ValueError) as error:
        raise MissingWords(f"{key} in {form}: {error}") from None


def sentence_of(key: str, form: Form) -> str:
    """The words of `key` as they stand now, placeholders and all; "" where there are none."""
    return overrides.current().words.get((key, form)) or catalogue(form).get(key, "")


def placeholders(sentence: str) -> set[str]:
    """The names in braces in `sentence`."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@cache
def catalogue(form: Form) -> dict[str, str]:
    """All sentences of a form by key, as the catalogues ship them."""
    sentences: dict[str, str] = {}
    for domain in KEYED:
        for message in read(domain, form):
            if message.id and isinstance(message.id, str) and isinstance(message.string, str):
                sentences[message.id] = message.string
    return sentences


@cache
def console_translations(language: str) -> Translations:
    """gettext translations of the operators' console, whose message ids are English."""
    file = file_of("console", language)
    if not file.is_file():
        return Translations()
    with file.open("rb") as source:
        compiled = io.BytesIO()
        write_mo(compiled, read_po(source, domain="console"))
    compiled.seek(0)
    return Translations(compiled, domain="console")
