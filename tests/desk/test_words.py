"""Correcting sentences: said at once, never without their placeholders, carried back to the catalogues."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot import catalogues, overrides, word_edits
from bot.database import Database
from bot.models import Form, Operator
from bot.word_edits import WordsRefused
from bot.words import catalogue, say

KEY = "doc_passport_cost_unsure"


def change(database: Database, who: Operator | None, key: str, form: Form, words: str) -> None:
    with database.transaction() as session:
        word_edits.change(session, who, key, form, words)


def sentence(database: Database, key: str) -> word_edits.Sentence:
    with database.reading() as session:
        return next(s for s in word_edits.sentences(session) if s.key == key)


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*.po") if f.stem != "console"}


def test_what_is_shipped_can_be_said_as_it_is() -> None:
    for form in Form:
        for key, words in catalogue(form).items():
            assert word_edits.what_is_wrong(key, form, words) in ([], ["too_long"]), key


@pytest.mark.parametrize("form", Form)
def test_corrected_words_are_said_at_once(database: Database, sophea: Operator, form: Form) -> None:
    words = "ថ្លៃត្រូវបញ្ជាក់សិន។" if form is Form.KHMER else "Ask for the price first."
    change(database, sophea, KEY, form, words)
    with database.reading():
        assert say(KEY, form) == words
    seen = sentence(database, KEY).forms[form]
    assert seen.changed and not seen.reviewed
    assert not any(version.changed for f, version in sentence(database, KEY).forms.items() if f != form)


def test_going_back_to_the_shipped_words_leaves_nothing_over_them(
    database: Database, sophea: Operator
) -> None:
    change(database, sophea, KEY, Form.ENGLISH, "Ask for the price first.")
    change(database, sophea, KEY, Form.ENGLISH, catalogue(Form.ENGLISH)[KEY])
    with database.reading() as session:
        assert overrides.current().words == {}
        assert len(word_edits.history(session, KEY)) == 2
    assert not sentence(database, KEY).forms[Form.ENGLISH].changed


@pytest.mark.parametrize(
    ("key", "form", "words", "problem"),
    [
        (KEY, Form.ENGLISH, " ", "empty"),
        ("answer_within", Form.ENGLISH, "Soon.", "placeholders_differ"),
        ("answer_within", Form.ENGLISH, "In {minutes} minutes, {name}.", "placeholders_differ"),
        ("answer_within", Form.ENGLISH, "In {minutes minutes.", "placeholders_differ"),
        ("answer_within", Form.ENGLISH, "In {minutes.real} minutes.", "placeholders_differ"),
        ("answer_within", Form.ENGLISH, "In {} minutes.", "placeholders_differ"),
        ("answer_within", Form.ENGLISH, "In {minutes:>900} minutes.", "placeholders_differ"),
        ("answer_within", Form.ENGLISH, "In {minutes!r} minutes.", "placeholders_differ"),
        (KEY, Form.ENGLISH, "It costs 100 USD.", "own_number"),
        (KEY, Form.KHMER, "ថ្លៃ ១០០ ដុល្លារ", "own_number"),
        (KEY, Form.ROMANISED, "tlai ត្រូវ", "not_plain_letters"),
        (KEY, Form.KHMER, "Ask first.", "not_khmer"),
        (KEY, Form.KHMER, "ថ្លៃ" * 80, "too_long"),
        ("no_such_key", Form.ENGLISH, "x", "no_such_sentence"),
    ],
)
def test_words_that_cannot_be_said_are_refused_with_the_reason(
    database: Database, sophea: Operator, key: str, form: Form, words: str, problem: str
) -> None:
    with pytest.raises(WordsRefused) as refused:
        change(database, sophea, key, form, words)
    assert problem in refused.value.problems


def test_a_review_is_of_these_very_words(database: Database, sophea: Operator, rithy: Operator) -> None:
    assert not sentence(database, KEY).forms[Form.KHMER].reviewed
    with database.transaction() as session:
        word_edits.review(session, rithy, KEY, Form.KHMER)
    seen = sentence(database, KEY).forms[Form.KHMER]
    assert seen.reviewed and seen.reviewed_by == rithy.id and seen.reviewed_at is not None
    change(database, sophea, KEY, Form.KHMER, "ថ្លៃត្រូវបញ្ជាក់សិន។")
    assert not sentence(database, KEY).forms[Form.KHMER].reviewed


def test_every_sentence_is_there_in_three_forms_with_its_length(database: Database) -> None:
    with database.reading() as session:
        everything = word_edits.sentences(session)
    assert {s.key for s in everything} == set(catalogue(Form.ENGLISH))
    for found in everything:
        assert list(found.forms) == list(Form)
        assert all(version.segments >= 1 for version in found.forms.values())


def test_a_sample_is_filled_in_from_the_facts(database: Database) -> None:
    with database.reading():
        assert "1297" in word_edits.sample("job_find_call", catalogue(Form.ENGLISH)["job_find_call"])


def test_exporting_changes_what_was_changed_and_not_a_byte_else(
    database: Database, sophea: Operator, tmp_path: Path
) -> None:
    with database.reading() as session:
        assert word_edits.export(session, tmp_path / "same") == []
    assert files_in(tmp_path / "same") == files_in(catalogues.LOCALES)
    words = "ថ្លៃត្រូវបញ្ជាក់សិន។"
    change(database, sophea, KEY, Form.KHMER, words)
    with database.transaction() as session:
        word_edits.review(session, sophea, "answer_within", Form.ROMANISED)
        written = word_edits.export(session, tmp_path / "new")
    assert {file.relative_to(tmp_path / "new").as_posix() for file in written} == {
        "km/LC_MESSAGES/answers.po",
        "km_Latn/LC_MESSAGES/messages.po",
    }
    before, after = files_in(catalogues.LOCALES), files_in(tmp_path / "new")
    assert {name for name in before if before[name] != after[name]} == {
        "km/LC_MESSAGES/answers.po",
        "km_Latn/LC_MESSAGES/messages.po",
    }
    old, new = (f["km/LC_MESSAGES/answers.po"].decode().splitlines() for f in (before, after))
    assert [line for line in new if line not in old] == [f'msgstr "{words}"']
    message = catalogues.read("messages", Form.ROMANISED, tmp_path / "new").get("answer_within")
    assert message is not None and catalogues.is_reviewed(message) and catalogues.reviewed_on(message)


def test_a_catalogue_comes_back_in_with_its_words_and_its_reviews(
    database: Database, sophea: Operator, tmp_path: Path
) -> None:
    change(database, sophea, KEY, Form.KHMER, "ថ្លៃត្រូវបញ្ជាក់សិន។")
    with database.transaction() as session:
        word_edits.review(session, sophea, KEY, Form.KHMER)
        word_edits.export(session, tmp_path)
    change(database, sophea, KEY, Form.KHMER, catalogue(Form.KHMER)[KEY])
    file = catalogues.file_of("answers", Form.KHMER, tmp_path)
    with database.transaction() as session:
        assert word_edits.read_in(session, file, Form.KHMER) == [KEY]
    seen = sentence(database, KEY).forms[Form.KHMER]
    assert seen.words == "ថ្លៃត្រូវបញ្ជាក់សិន។" and seen.reviewed
    with database.transaction() as session:
        assert word_edits.read_in(session, file, Form.KHMER) == []


def test_a_catalogue_with_a_sentence_that_cannot_be_said_changes_nothing(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "answers.po"
    shutil.copy(catalogues.file_of("answers", Form.ENGLISH), file)
    text = file.read_text("utf-8")
    said = catalogue(Form.ENGLISH)
    text = text.replace(said["doc_family_book_cost"], "Another sentence.")
    file.write_text(text.replace(said["need_school_papers"], "It costs 5 USD."), "utf-8")
    refused = pytest.raises(WordsRefused, match="need_school_papers: own_number")
    with refused, database.transaction() as session:
        word_edits.read_in(session, file, Form.ENGLISH)
    assert not sentence(database, "doc_family_book_cost").forms[Form.ENGLISH].changed
