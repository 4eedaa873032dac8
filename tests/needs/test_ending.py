"""That something is needed no longer is read in three forms, and nothing else is taken for it."""

from __future__ import annotations

import pytest

from bot.needs import ending
from nlu.khmer import normalise


def read(text: str) -> ending.Ended | None:
    return ending.read(normalise(text))


@pytest.mark.parametrize(
    ("text", "kinds", "met"),
    [
        ("I don't need a job any more", ("job_find",), False),
        ("i no longer need work", ("job_find",), False),
        ("I found a job", ("job_find",), True),
        ("I already have a passport", ("documents",), True),
        ("we do not need food or cash now", ("need_food_cash",), False),
        ("រកការងារបានហើយ មិនត្រូវការទៀតទេ", ("job_find",), True),
        ("លែងត្រូវការការងារហើយ", ("job_find",), False),
        ("ខ្ញុំមានការងារធ្វើហើយ", ("job_find",), True),
        ("មិនត្រូវការឯកសារទៀតទេ", ("documents",), False),
        ("ban kar ngea hery ot trov kar te", ("job_find",), True),
        ("knhom leng trov kar kangea", ("job_find",), False),
        ("ot trov kar luy tiet te", ("need_food_cash",), False),
        ("mean kar ngea tver haey", ("job_find",), True),
    ],
)
def test_what_is_over_is_read_with_its_kind(text: str, kinds: tuple[str, ...], met: bool) -> None:
    found = read(text)
    assert found is not None and (found.kinds, found.met) == (kinds, met)


@pytest.mark.parametrize("text", ["I don't need it any more, thanks", "មិនត្រូវការទៀតទេ", "ot trov kar tiet te"])
def test_what_isnt_named_is_left_open(text: str) -> None:
    found = read(text)
    assert found is not None and found.kinds == ()


def test_another_need_in_the_same_message_is_told_apart() -> None:
    found = read("I don't need a job any more, i need food")
    assert found is not None and (found.kinds, found.others) == (("job_find",), ("need_food_cash",))


@pytest.mark.parametrize(
    "text",
    [
        "I need a job",
        "I don't want your messages any more",
        "បានក្រដាសហើយ លែងត្រូវការសារ",
        "អោយគេអស់ហើយ លែងត្រូវការ",
        "ត្រូវការអ្នកស្តាប់ មិនត្រូវការលុយ",
        "my brother found a job already",
        "do i not need a passport?",
        "I don't want to live any more",
        "i don't need this life anymore",
        "I don't need my husband any more",
        "លែងចង់រស់ទៀតហើយ",
        "ot chong ban chivit tiet te",
        "I found a job in a factory, but I must pay 100 dollars first. is it good?",
        "i found a job abroad, must pay 300 dollars first to the agent",
        "i have no job any more",
        "គ្មានការងារទៀតទេ",
        "រកការងារមិនបានទេ",
        "រកការងារមិនឃើញ",
        "rok kar ngea ot ban te",
        "I already have debts with three lenders and can not pay",
        "តើខ្ញុំមិនត្រូវការលិខិតឆ្លងដែនទេឬ",
        "មិនត្រូវការលុយទេ ប៉ុន្តែត្រូវការការងារ",
    ],
)
def test_nothing_else_is_taken_for_it(text: str) -> None:
    assert read(text) is None
