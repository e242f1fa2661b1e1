"""Rounds, ratios, and what is refused before anything is timed."""

import numpy as np
import pytest

from benchmarks.measure import Result, Spread, alternate, check, compare


def test_every_contender_has_its_turn_in_each_round_and_none_is_always_first() -> None:
    turns: list[str] = []

    def work(name: str) -> float:
        turns.append(name)
        return float(len(turns))

    values = alternate({name: lambda name=name: work(name) for name in "abc"}, rounds=3)
    assert "".join(turns) == "abcbcacab"
    assert values == {"a": [1, 6, 8], "b": [2, 4, 9], "c": [3, 5, 7]}


def test_ratio_is_taken_round_by_round() -> None:
    # A neighbour on the CPU made the second round three times as long for both.
    result = Result("train", {"cnncli": [1.0, 3.0, 2.0], "torch": [4.0, 12.0, 10.0]})
    assert result.ours == "cnncli"
    assert result.ratio("torch") == Spread(median=4, least=4, most=5)


def test_speed_is_counted_from_the_median() -> None:
    result = Result("train", {"cnncli": [1.0, 2.0, 9.0]}, images=64, operations=6 * 10**9)
    assert result.images_per_second("cnncli") == 32
    assert result.gigaflops("cnncli") == 3


def test_result_survives_a_record() -> None:
    result = Result("infer", {"cnncli": [1.0], "a": [2.0]}, unit="bytes", images=3, operations=4)
    assert Result.from_dict(result.to_dict()) == result


@pytest.mark.parametrize("theirs", [[1.0, 2.1], [1.0, np.nan]])
def test_other_results_are_refused(theirs: list[float]) -> None:
    ours = {"value": np.array([1.0, 2.0])}
    with pytest.raises(AssertionError, match="infer: torch computes another value"):
        check("infer: torch", "infer", ours, {"value": np.array(theirs)}, tolerance=0.01)
    check("infer: torch", "infer", ours, {"value": np.array([1.0, 2.01])}, tolerance=0.01)


def test_results_that_are_missing_are_refused() -> None:
    with pytest.raises(AssertionError, match="torch: results"):
        check("torch", "convolution", {"output": np.ones(1)}, {}, tolerance=1)


class Scripted:
    """A contender with results of the test's choice."""

    def __init__(self, results: dict[str, np.ndarray] | Exception) -> None:
        self.results = results

    def prepare(self, do: str, **settings: object) -> dict[str, np.ndarray]:
        if isinstance(self.results, Exception):
            raise self.results
        return self.results

    def run(self) -> float:
        return 1.0


def test_a_contender_that_fails_is_left_out_and_told() -> None:
    told: list[str] = []
    contenders = {
        "cnncli": Scripted({"value": np.ones(3)}),
        "right": Scripted({"value": np.ones(3)}),
        "wrong": Scripted({"value": np.zeros(3)}),
        "broken": Scripted(RuntimeError("out of memory")),
    }
    result = compare("infer, batch 1", contenders, {}, 2, "infer", fail=told.append, images=3)
    assert result.measured == {"cnncli": [1.0, 1.0], "right": [1.0, 1.0]}
    assert [text.split(": ")[1] for text in told] == ["wrong is left out", "broken is left out"]
    assert told[1].endswith("out of memory")


def test_losses_are_compared_in_the_first_steps_only() -> None:
    ours, theirs = np.ones(9), np.ones(9)
    theirs[5:] = 2
    check("torch", "train", {"value": ours}, {"value": theirs}, tolerance=1e-6)
    theirs[4] = 2
    with pytest.raises(AssertionError):
        check("torch", "train", {"value": ours}, {"value": theirs}, tolerance=1e-6)
