"""Small cells stay hidden, also from somebody who subtracts what is published."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from bot.insight.disclosure import PUBLIC, STAFF, Key, Rule, over_time, publish, rounded, total

lists = st.lists(st.integers(0, 60), min_size=2, max_size=7).map(
    lambda counts: {(f"r{i}",): count for i, count in enumerate(counts)}
)
grids = st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=2, max_size=4).map(
    lambda rows: {(f"r{i}", f"c{j}"): count for i, row in enumerate(rows) for j, count in enumerate(row)}
)


def lines(counts: dict[Key, int]) -> list[list[Key]]:
    if all(len(key) == 1 for key in counts):
        return [list(counts)]
    return [
        [key for key in counts if key[axis] == value]
        for axis in (0, 1)
        for value in {key[axis] for key in counts}
    ]


@given(lists | grids)
def test_no_number_below_the_least_is_told_and_all_others_are_rounded(counts: dict[Key, int]) -> None:
    for key, told in publish(counts, STAFF).items():
        if told is not None:
            assert counts[key] >= STAFF.least
            assert told % STAFF.base == 0 and abs(told - counts[key]) <= STAFF.base // 2


@given(lists | grids)
def test_no_line_has_exactly_one_hidden_cell(counts: dict[Key, int]) -> None:
    told = publish(counts, STAFF)
    for line in lines(counts):
        assert sum(told[key] is None for key in line) != 1 or len(line) == 1


@given(lists)
def test_an_attacker_with_the_total_cant_work_a_small_cell_out(counts: dict[Key, int]) -> None:
    """The attacker knows the rules, the rounded total and all told cells, and looks for the one value
    of a hidden cell that explains them."""
    told = publish(counts, STAFF)
    all_people = total(sum(counts.values()), STAFF)
    small = [key for key, count in counts.items() if count < STAFF.least]
    for key in small:
        explained = set()
        # Told cells may be a little more or less than they say, hidden ones anything small.
        others = [other for other in counts if other != key]
        for value, change in itertools.product(range(STAFF.least), range(-STAFF.least, STAFF.least + 1)):
            for other in others:
                guess = {**counts, key: value, other: max(0, counts[other] + change)}
                if publish(guess, STAFF) == told and total(sum(guess.values()), STAFF) == all_people:
                    explained.add(value)
        assert len(explained) > 1


@given(st.lists(st.integers(0, 30), min_size=3, max_size=3))
def test_months_dont_give_away_what_their_quarter_tells(months: list[int]) -> None:
    """Quarter less the told months leaves the hidden ones open."""
    told = [total(count, STAFF) for count in months]
    parts: list[dict[Key, int | None]] = [{("x",): count} for count in told]
    quarter = over_time({("x",): total(sum(months), STAFF)}, parts)["x",]
    hidden = [i for i, count in enumerate(told) if count is None]
    if quarter is None or not hidden:
        return
    ranges = [range(STAFF.least) if count is None else range(count - 2, count + 3) for count in told]
    possible = {
        guess[hidden[0]] for guess in itertools.product(*ranges) if rounded(sum(guess), STAFF) == quarter
    }
    assert len(possible) > 1


@given(lists)
def test_what_the_public_reads_is_coarser(counts: dict[Key, int]) -> None:
    staff, public = publish(counts, STAFF), publish(counts, PUBLIC)
    assert all(public[key] is None for key in counts if staff[key] is None and counts[key] < PUBLIC.least)
    assert all(told is None or (told % PUBLIC.base == 0 and told >= PUBLIC.least) for told in public.values())


def test_halves_are_rounded_up_and_few_people_are_no_total() -> None:
    assert rounded(12, Rule(5, 5)) == 10 and rounded(13, Rule(5, 5)) == 15
    assert total(4, STAFF) is None and total(5, STAFF) == 5
