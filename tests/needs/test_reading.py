"""An interview's answers in people's own words become codes, in the three forms."""

from __future__ import annotations

from datetime import date

import pytest

from bot import phrases, picks
from bot.brain import Understanding
from bot.needs import codes, reading
from nlu.khmer import normalise

TODAY = date(2026, 3, 15)


def understood(intent: str = "out_of_scope", p: float = 0.9, **entities: list[str]) -> Understanding:
    return Understanding(intent, p, {intent: p}, entities)


def read(question: str, text: str, known: Understanding | None = None) -> reading.Reading | None:
    return reading.read(question, normalise(text), known or understood(), TODAY)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("I need work and papers", ["job_find", "documents"]),
        ("school for my kids, some food", ["need_school", "need_food_cash"]),
        ("រកការងារ និងសាលារៀនកូន", ["job_find", "need_school"]),
        ("ជំពាក់បំណុលគេ", ["need_debt"]),
        ("trov ka kar ngea ning ekkasar", ["job_find", "documents"]),
        ("just someone to talk to", ["talk"]),
    ],
)
def test_several_needs_are_read_from_one_answer(text: str, kinds: list[str]) -> None:
    assert read("needs", text) == {"need": kinds}


def test_a_need_that_no_word_names_is_taken_from_what_was_understood() -> None:
    assert read("needs", "my land was taken", understood("need_legal")) == {"need": ["need_legal"]}
    assert read("needs", "my land was taken", understood("need_legal", 0.3)) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5 people, 2 children", "5+c"),
        ("me, my wife and 3 kids", "5+c"),
        ("three people no children", "2-4"),
        ("I live alone", "1"),
        ("៥នាក់ កូន២", "5+c"),
        ("៤នាក់ គ្មានក្មេង", "2-4"),
        ("ម្នាក់ឯង", "1"),
        ("6 neak mean kon 3", "5+c"),
        ("mneak eng", "1"),
        ("4 people", "2-4?"),
    ],
)
def test_who_lives_in_the_home(text: str, code: str) -> None:
    assert read("household", text) == {"household": code}


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("from Thailand last month", ["TH"], {"returned": "1-6:TH", "return_month": "2026-02"}),
        ("Thailand, July 2025", ["TH"], {"returned": "6+:TH", "return_month": "2025-07"}),
        ("two weeks ago from malaysia", ["MY"], None),
        ("2 weeks ago from malaysia", ["MY"], {"returned": "0-1:MY"}),
        ("3 months ago", [], {"returned": "1-6:", "return_month": "2025-12"}),
        ("ពីថៃ ខែមុន", ["TH"], {"returned": "1-6:TH", "return_month": "2026-02"}),
        ("មកពីកូរ៉េ ២ឆ្នាំហើយ", ["KR"], {"returned": "6+:KR"}),
        ("ពីថៃ ខែ៧ ២០២៥", ["TH"], {"returned": "6+:TH", "return_month": "2025-07"}),
        ("pi thai 3 khe mun", ["TH"], {"returned": "1-6:TH", "return_month": "2025-12"}),
        ("khe kakkada 2025 pi thai", ["TH"], {"returned": "6+:TH", "return_month": "2025-07"}),
        ("Japan", ["JP"], {"returned": "?:JP"}),
    ],
)
def test_when_and_from_where(text: str, country: list[str], expected: reading.Reading | None) -> None:
    known = understood(country=country) if country else understood()
    if expected is None:  # a number in words isn't counted; the country still is
        expected = {"returned": f"?:{country[0]}"}
    assert read("returned", text, known) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("call me", "call"),
        ("012 345 678", "call"),
        ("a woman please, by message", "text_w"),
        ("don't contact me", "never"),
        ("តេមក ដោយនារី", "call_w"),
        ("ផ្ញើសារមក", "text"),
        ("te mok", "call"),
        ("sorse mok, neak srey", "text_w"),
    ],
)
def test_how_to_be_reached(text: str, code: str) -> None:
    assert read("reach", text) == {"reach": code}


@pytest.mark.parametrize(
    ("text", "known", "trades"),
    [
        ("building", [], ["construction"]),
        ("cooking and building", ["cooking"], ["cooking", "construction"]),
        ("ស៊ីម៉ង់ត៍", [], ["construction"]),
        ("anamai", [], ["domestic"]),
        ("i was bleeding", [], None),
    ],
)
def test_trades_that_sound_like_something_else_are_read_as_an_answer(
    text: str, known: list[str], trades: list[str] | None
) -> None:
    expected = {"skill": trades} if trades else None
    assert read("skills", text, understood(trade=known)) == expected


@pytest.mark.parametrize(
    "text",
    ["where can I find work?", "តើរកការងារនៅឯណា", "rok kar ngea nov na", "how long does a passport take"],
)
def test_a_question_is_no_answer(text: str) -> None:
    assert read("needs", text) is None


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("i am 13 and alone", 13),
        ("I'm 12 years old", 12),
        ("ខ្ញុំអាយុ ១៣ឆ្នាំ", 13),
        ("knhom ayu 14 chnam", 14),
        ("my son is 7 years old", None),
        ("កូនខ្ញុំអាយុ ៧ឆ្នាំ", None),
        ("kon knhom ayu 7 chnam", None),
        ("i am 3 months in thailand", None),
    ],
)
def test_only_the_writers_own_age_counts(text: str, age: int | None) -> None:
    assert reading.own_age(normalise(text)) == age


def test_sex_and_age_are_taken_where_they_are_told() -> None:
    assert reading.about_self(normalise("នាងខ្ញុំអាយុ ៣០")) == {"sex": "female", "age_band": "25-34"}
    assert reading.about_self("i am a man, i'm 52 years old") == {"sex": "male", "age_band": "50+"}
    assert reading.about_self("my wife is a woman of 30") == {}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("withdraw", "withdraw"),
        ("I withdraw my consent", "withdraw"),
        ("stop keeping my answers", "withdraw"),
        ("ដកការយល់ព្រម", "withdraw"),
        ("ឈប់កត់ទុក", "withdraw"),
        ("dok yol prom", "withdraw"),
        ("chhob reaksa tuk", "withdraw"),
        ("what do you know about me?", "my_data"),
        ("តើអ្នកដឹងអ្វីខ្លះអំពីខ្ញុំ", "my_data"),
        ("neak doeng avey khlas pi knhom", "my_data"),
        ("the bank will withdraw my house", None),
        ("I keep my papers at home", None),
    ],
)
def test_set_phrases_on_ones_own_data(text: str, asked: str | None) -> None:
    assert phrases.own_data(normalise(text)) == asked


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1 3", ["1", "3"]),
        ("1,3 and 5", ["1", "3", "5"]),
        ("១ និង ៣", ["1", "3"]),
        ("2 nung 4", ["2", "4"]),
        ("7", ["7"]),
        ("1 dollar", []),
        ("", []),
    ],
)
def test_several_numbers_in_one_message(text: str, numbers: list[str]) -> None:
    assert picks.numbers(normalise(text)) == numbers


@pytest.mark.parametrize(
    "text", ["I moved to Takeo", "ខ្ញុំផ្លាស់ទៅតាកែវ", "eylov knhom nov takeo", "now i live in takeo"]
)
def test_moving_is_noticed(text: str) -> None:
    assert phrases.says_moved(normalise(text))


def test_a_forged_answer_is_refused_and_ours_are_not() -> None:
    for entity, values in (
        ("need", codes.NEEDS),
        ("household", codes.HOUSEHOLDS),
        ("returned", codes.RETURNS),
    ):
        assert all(picks.is_valid(f'/affirm{{"{entity}":"{value}"}}') for value in values)
    for entity, values in (("skill", codes.SKILLS), ("reach", codes.REACHES)):
        assert all(picks.is_valid(f'/affirm{{"{entity}":"{value}"}}') for value in values)
    for forged in (
        '/affirm{"interview":"on"}',
        '/affirm{"need":"<b>"}',
        "!interview:drop",
        "!consent:share:yes",
    ):
        assert not picks.is_valid(forged)


def test_codes_become_answers() -> None:
    told = codes.answers(
        {
            "needs": ["job_find", "documents"],
            "need_province": "21",
            "district": "0102",
            "household": "2-4c",
            "returned": "1-6:TH",
            "skills": ["construction", "own"],
            "reach": "call_w",
        }
    )
    assert (told.needs, told.skills) == (("job_find", "documents"), ("construction",))
    assert (told.province, told.district) == ("21", None)  # the district of another province
    assert (told.household, told.children, told.country, told.returned) == ("2-4", True, "TH", "1-6")
    assert (told.reach, told.woman) == ("call", True)


def test_what_was_skipped_is_not_told() -> None:
    skipped = {"needs": ["none"], "need_province": "none", "household": "none", "skills": ["own"]}
    assert codes.answers({**skipped, "returned": "none", "reach": "none"}) == codes.Answers()


@pytest.mark.parametrize(
    ("question", "text", "bare"),
    [
        ("household", "5 people, 2 kids", True),
        ("household", "៥នាក់ កូន២", True),
        ("household", "6 neak mean kon 3", True),
        ("household", "me, my wife and 3 kids", True),
        ("household", "with my mother", True),
        ("household", "alone", True),
        ("household", "ម្នាក់ឯង", True),
        ("household", "នៅជាមួយយាយ", True),
        ("household", "2 neak kon mneak", True),
        ("household", "srey 2 bros 1", True),
        ("household", "2 kids and he hits them", False),
        ("household", "alone, he locks the door", False),
        ("household", "កូន២ គេវាយ", False),
        ("household", "mneak eng, ot jong ros", False),
        ("returned", "from thailand last month", True),
        ("returned", "ពីថៃ ខែមុន", True),
        ("returned", "pi thai khe mun", True),
        ("returned", "in july 2026", True),
        ("returned", "from thailand, they sold me", False),
        ("returned", "pi thai, ke lok", False),
        ("returned", "ពីថៃ គេចាប់ទុក", False),
    ],
)
def test_a_bare_answer_to_our_question_is_no_sign_of_danger(question: str, text: str, bare: bool) -> None:
    assert reading.is_bare(question, normalise(text)) is bare
    assert not reading.is_bare("skills", normalise(text))
