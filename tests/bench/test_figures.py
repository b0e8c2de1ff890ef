"""Figures, their verdicts, and what the command says of them."""

import json
from itertools import count

import pytest

from bench.figures import Figure, Goal, compare, limit, take_turns
from bench.report import exit_status, write_latest

OK = Figure("one", 2.0, 1.0, 2.0, Goal(2), "us")
SHORT = Figure("two", 0.44, 1.0, 0.44, Goal(0.45, is_ceiling=False), "req/s")


@pytest.mark.parametrize(
    ("ratio", "goal", "is_ok"),
    [
        (2.0, Goal(2), True),
        (2.01, Goal(2), False),
        (0.9, Goal(0.9, is_ceiling=False), True),
        (0.89, Goal(0.9, is_ceiling=False), False),
    ],
)
def test_the_bound_itself_is_good_enough(ratio: float, goal: Goal, is_ok: bool) -> None:
    assert Figure("x", ratio, 1, ratio, goal, "us").is_ok == is_ok


def test_a_line_holds_name_ours_floor_ratio_goal_and_verdict() -> None:
    assert str(OK).split() == ["one", "2", "us", "1", "us", "2", "<=2", "ok"]
    assert str(SHORT).split() == ["two", "0.44", "req/s", "1", "req/s", "0.44", ">=0.45", "short"]
    assert "\n" not in str(OK)


def test_one_bad_round_does_not_decide() -> None:
    figure = compare("x", "us", Goal(2), ours=[1.0, 1.1, 90.0], floor=[1.0, 1.0, 1.0])
    assert figure.ratio == 1.1
    assert figure.is_ok


def test_noise_that_hits_both_sides_of_a_round_cancels() -> None:
    figure = compare("x", "us", Goal(2), ours=[1.5, 15.0, 150.0], floor=[1.0, 10.0, 100.0])
    assert figure.ratio == 1.5


def test_a_counted_figure_is_held_to_its_limit() -> None:
    assert limit("bytes", "bytes", 2048, 2048).is_ok
    assert not limit("bytes", "bytes", 2049, 2048).is_ok


def test_runs_take_turns_and_none_is_always_first() -> None:
    order = count()
    assert take_turns([lambda: ("a", next(order)), lambda: ("b", next(order))], 3) == [
        [("a", 0), ("a", 3), ("a", 4)],
        [("b", 1), ("b", 2), ("b", 5)],
    ]


@pytest.mark.parametrize(("figures", "status"), [([OK], 0), ([OK, SHORT], 1), ([SHORT], 1), ([], 1)])
def test_exit_status_says_whether_one_is_short(figures: list[Figure], status: int) -> None:
    assert exit_status(figures) == status


def test_latest_holds_the_same_as_the_lines(tmp_path) -> None:
    path = tmp_path / "latest.json"
    write_latest([OK, SHORT], path)
    told = json.loads(path.read_text())
    assert [one["name"] for one in told["figures"]] == ["one", "two"]
    assert [one["ok"] for one in told["figures"]] == [True, False]
    for figure, one in zip((OK, SHORT), told["figures"], strict=True):
        values = (figure.ours, figure.floor, figure.unit, figure.ratio, str(figure.goal))
        assert tuple(one[name] for name in ("ours", "floor", "unit", "ratio", "goal")) == values
    assert told["python"]
    assert told["cores"]
