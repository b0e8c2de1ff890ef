"""A figure and its verdict, and how two things are timed so that noise hits both alike."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Goal:
    """What ours divided by the floor may be at most, or must be at least."""

    bound: float
    is_ceiling: bool = True

    def is_met(self, ratio: float) -> bool:
        """The bound itself is good enough."""
        return ratio <= self.bound if self.is_ceiling else ratio >= self.bound

    def __str__(self) -> str:
        return f"{'<=' if self.is_ceiling else '>='}{self.bound:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report; `ratio` is the median of the rounds, so not always ours / floor."""

    name: str
    ours: float
    floor: float
    ratio: float
    goal: Goal
    unit: str

    @property
    def is_ok(self) -> bool:
        """Whether the goal is met."""
        return self.goal.is_met(self.ratio)

    def __str__(self) -> str:
        ours, floor = (f"{value:.4g} {self.unit}" for value in (self.ours, self.floor))
        verdict = "ok" if self.is_ok else "short"
        return f"{self.name:<34} {ours:>12} {floor:>12} {self.ratio:>9.3g} {self.goal!s:>8} {verdict}"


def compare(name: str, unit: str, goal: Goal, ours: Sequence[float], floor: Sequence[float]) -> Figure:
    """The figure of two series measured in turn: the ratio of each round, and of those the median."""
    ratios = [mine / other for mine, other in zip(ours, floor, strict=True)]
    return Figure(name, median(ours), median(floor), median(ratios), goal, unit)


def limit(name: str, unit: str, value: float, most: float) -> Figure:
    """A figure that is counted, not timed: its floor is the most it may be."""
    return Figure(name, value, most, value / most, Goal(1), unit)


def take_turns(
    runs: Sequence[Callable[[], Result]], rounds: int, after_round: Callable[[int], None] = lambda _: None
) -> list[list[Result]]:
    """The results of each of `runs`, one after the other in every round, so that they share the weather."""
    taken: list[list[Result]] = [[] for _ in runs]
    for number in range(rounds):
        # Every other round backwards: whoever is first in a round has no advantage.
        order = range(len(runs)) if number % 2 == 0 else reversed(range(len(runs)))
        for index in order:
            taken[index].append(runs[index]())
        after_round(number)
    return taken


def microseconds(call: Callable[[str], object], text: str, calls: int) -> float:
    """What one call takes on the average of `calls`, less what the loop around them takes.

    Processor time of this thread alone: what other processes take from it does not count.
    """
    steps = range(calls)
    begun = time.thread_time()
    for _ in steps:
        pass
    called = time.thread_time()
    for _ in steps:
        call(text)
    ended = time.thread_time()
    return ((ended - called) - (called - begun)) / calls * 1e6
