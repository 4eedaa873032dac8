"""Correcting sentences: at once, over the catalogues, with their placeholders kept and their length known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Message
from babel.messages.pofile import PoFileError, read_po
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import audit, catalogues, facts, overrides, segments
from bot.answers import topics
from bot.models import EditState, Form, Operator, WordEdit, WordReview
from bot.words import catalogue, placeholders, sentence_of
from nlu.khmer import clean

_LONGEST = 600
_DIGIT = re.compile("[0-9០-៩]")
_BY_SOUND = re.compile("[\u1780-\u17ff]")
# What placeholders stand for where no fact says so: about as long as it gets.
_SAMPLES: dict[str, object] = {"brand": "Phlov", "minutes": 30, "hour": 7, "month": "11", "year": 2026}
_SAMPLES |= {"person": 0}


class WordsRefused(overrides.Refused):
    """Words that can't be said."""


@dataclass(frozen=True)
class Version:
    """A sentence in one form as it stands."""

    words: str
    segments: int
    changed: bool
    reviewed: bool
    reviewed_by: int | None
    reviewed_at: datetime | None
    newer_file: bool


@dataclass(frozen=True)
class Sentence:
    """A sentence in all forms; `remark` says when it is said."""

    key: str
    domain: str
    remark: str
    forms: Mapping[Form, Version]


def sentences(session: Session) -> list[Sentence]:
    """Every sentence that people are told, by key."""
    edits = {
        (edit.key, Form(edit.form)): edit
        for edit in session.scalars(select(WordEdit).where(WordEdit.state == EditState.IN_FORCE))
    }
    reviews = {(r.key, Form(r.form), r.words): r for r in session.scalars(select(WordReview))}
    found = []
    for domain in catalogues.KEYED:
        shipped = {form: catalogues.read(domain, form) for form in Form}
        for message in shipped[Form.ENGLISH]:
            if not message.id:
                continue
            key = str(message.id)
            versions = {
                form: _version(key, form, shipped[form].get(key), edits.get((key, form)), reviews)
                for form in Form
            }
            remark = " ".join(message.auto_comments)
            found.append(Sentence(key, domain, remark, versions))
    return sorted(found, key=lambda sentence: sentence.key)


def _version(
    key: str,
    form: Form,
    message: Message | None,
    edit: WordEdit | None,
    reviews: Mapping[tuple[str, Form, str], WordReview],
) -> Version:
    words = sentence_of(key, form)
    shipped = catalogue(form).get(key, "")
    review = reviews.get((key, form, overrides.fingerprint(words)))
    by_file = message is not None and catalogues.is_reviewed(message) and words == shipped
    return Version(
        words=words,
        segments=segments.count(sample(key, words)),
        changed=words != shipped,
        reviewed=review is not None or by_file,
        reviewed_by=review.operator_id if review else None,
        reviewed_at=review.at if review else None,
        newer_file=edit is not None
        and edit.words != shipped
        and edit.shipped != overrides.fingerprint(shipped),
    )


def change(session: Session, author: Operator | None, key: str, form: Form, words: str) -> WordEdit | None:
    """Says `words` from now on; None where that is what is said already. Raises WordsRefused."""
    overrides.mark_changed(session, overrides.WORDS)  # also the lock: editors go one after the other
    words = clean(words).strip()
    if problems := what_is_wrong(key, form, words):
        raise WordsRefused(*problems)
    if words == sentence_of(key, form):
        return None
    _end(session, key, form)
    shipped = catalogue(form).get(key, "")
    edit = WordEdit(
        key=key,
        form=form,
        # Back to the catalogue's words: nothing stands over them any more.
        state=EditState.REPLACED if words == shipped else EditState.IN_FORCE,
        words=words,
        shipped=overrides.fingerprint(shipped),
        author_id=author.id if author else None,
    )
    session.add(edit)
    overrides.mark_changed(session, overrides.WORDS)
    audit.record(session, author, "change_words", f"words:{key}"[:64], form)
    return edit


def review(session: Session, reader: Operator | None, key: str, form: Form) -> None:
    """Keeps that a native speaker found the sentence right as it stands."""
    words = sentence_of(key, form)
    if not words:
        raise WordsRefused("no_such_sentence")
    session.add(
        WordReview(
            key=key,
            form=form,
            words=overrides.fingerprint(words),
            operator_id=reader.id if reader else None,
        )
    )
    audit.record(session, reader, "review_words", f"words:{key}"[:64], form)


def history(session: Session, key: str) -> list[WordEdit]:
    """All edits of a sentence, the newest first."""
    return list(session.scalars(select(WordEdit).where(WordEdit.key == key).order_by(WordEdit.id.desc())))


def what_is_wrong(key: str, form: Form, words: str) -> list[str]:
    """The names of what keeps `words` from being said as `key`."""
    wanted = catalogue(Form.ENGLISH).get(key)
    if wanted is None:
        return ["no_such_sentence"]
    if not words:
        return ["empty"]
    problems = []
    try:
        plain = all(not spec and not conversion for _, _, spec, conversion in Formatter().parse(words))
        if placeholders(words) != placeholders(wanted) or not plain:
            problems.append("placeholders_differ")
        words.format_map(dict.fromkeys(placeholders(wanted), ""))
    except (ValueError, KeyError, IndexError, AttributeError):
        problems.append("placeholders_differ")
    if _DIGIT.search(words) and not _DIGIT.search(wanted):  # a band to choose from has numbers: "2-4 people"
        problems.append("own_number")
    if form is not Form.KHMER and not words.isascii():
        problems.append("not_plain_letters")
    if form is Form.KHMER and not _BY_SOUND.search(words) and _BY_SOUND.search(catalogue(form).get(key, "")):
        problems.append("not_khmer")
    if "\n" in words or len(words) > _LONGEST or segments.count(sample(key, words)) > segments.MOST_SEGMENTS:
        problems.append("too_long")
    return list(dict.fromkeys(problems))


def sample(key: str, words: str) -> str:
    """The sentence with its placeholders filled in, by the facts that it tells where it tells some."""
    filled = {name: _SAMPLES.get(name, f"({name})") for name in _names(words)}
    for name, reference in _references().get(key, {}).items():
        filled[name] = facts.value(reference)
    try:
        return words.format_map(filled)
    except (ValueError, KeyError, IndexError, AttributeError):
        return words


def export(session: Session, folder: Path = catalogues.LOCALES) -> list[Path]:
    """Writes what was changed and reviewed into the catalogues; nothing else in them changes.

    Returns the files that changed.
    """
    versions = {sentence.key: sentence.forms for sentence in sentences(session)}
    written = []
    for domain in catalogues.KEYED:
        for form in Form:
            held = catalogues.read(domain, form)
            known = [message for message in held if message.id and str(message.id) in versions]
            touched = [_carry_over(message, versions[str(message.id)][form]) for message in known]
            if any(touched) or folder != catalogues.LOCALES:
                catalogues.write(held, domain, form, folder)
            if any(touched):
                written.append(catalogues.file_of(domain, form, folder))
    return written


def read_in(session: Session, file: Path, form: Form, author: Operator | None = None) -> list[str]:
    """Takes the sentences of a .po file that differ, and its reviews; the keys. Raises WordsRefused for
    the first that can't be said, so that nothing of the file is taken."""
    try:
        with file.open("rb") as source:
            messages = [m for m in read_po(source, abort_invalid=True) if m.id]
    except (PoFileError, ValueError, UnicodeError) as error:
        raise WordsRefused(f"{file.name} isn't a catalogue: {type(error).__name__}") from None
    taken = []
    for message in messages:
        key, words = str(message.id), str(message.string)
        if key not in catalogue(form):
            raise WordsRefused(f"{key}: no_such_sentence")
        if words != sentence_of(key, form):
            try:
                change(session, author, key, form, words)
            except WordsRefused as refused:
                raise WordsRefused(f"{key}: {refused}") from None
            taken.append(key)
        if catalogues.reviewed_on(message) and not _is_reviewed(session, key, form):
            review(session, author, key, form)
            taken.append(key)
    return list(dict.fromkeys(taken))


def _carry_over(message: Message, version: Version) -> bool:
    """Brings the catalogue's message to the version; whether that changed it."""
    before = (message.string, list(message.user_comments))
    message.string = version.words
    if version.reviewed_at is not None:
        if catalogues.reviewed_on(message) is None or version.changed:
            catalogues.mark(message, version.reviewed_at.date().isoformat())
    elif version.changed:
        catalogues.mark(message, None)
    return before != (message.string, list(message.user_comments))


def _is_reviewed(session: Session, key: str, form: Form) -> bool:
    words = overrides.fingerprint(sentence_of(key, form))
    query = select(WordReview.id).where(
        WordReview.key == key, WordReview.form == form, WordReview.words == words
    )
    return session.scalars(query.limit(1)).first() is not None


def _end(session: Session, key: str, form: Form) -> None:
    session.execute(
        update(WordEdit)
        .where(WordEdit.key == key, WordEdit.form == form, WordEdit.state == EditState.IN_FORCE)
        .values(state=EditState.REPLACED)
    )


def _names(words: str) -> set[str]:
    try:
        return placeholders(words)
    except ValueError:
        return set()


@cache
def _references() -> dict[str, dict[str, str]]:
    """Which fact's value each placeholder of a sentence tells, by key."""
    found: dict[str, dict[str, str]] = {}
    for topic in topics().values():
        for part in topic.parts:
            found.setdefault(part.say, {}).update(part.values)
            if part.unsure:
                found.setdefault(part.unsure, {}).update(part.unsure_values)
    return found
