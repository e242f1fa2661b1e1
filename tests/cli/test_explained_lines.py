"""What `cnn explain` prints of units whose terms are put together by hand."""

from dataclasses import replace

import pytest

from cnncli.cli.render_explain import answer_line, reader_lines, title, unit_lines
from cnncli.microscope.unit import Reader
from cnncli.microscope.unit_sum import Term, UnitSum


def term(place: tuple[int, ...], value: float, weight: float | None = 2.0, source: str = "input") -> Term:
    return Term(source, place, value, weight, value * (1.0 if weight is None else weight))


def unit(terms: list[Term], **more: object) -> UnitSum:
    made = UnitSum("3", "Conv2d", "1 -> 6", (0, 1, 2), (6, 8, 8), "a sum", "sum", terms, 4.5, 4.5)
    return replace(made, **more)  # type: ignore[arg-type]


def squeezed(lines: list[str]) -> list[str]:
    return [" ".join(line.split()) for line in lines]


WINDOW = [term((0, row, column), 0.5 * row - column) for row in range(2) for column in range(3)]


def test_a_window_stands_as_values_and_weights_beside_each_other_in_columns() -> None:
    lines = list(unit_lines(unit(WINDOW, bias=1.5, empty=3), whole=False))
    assert lines[:4] == [
        "Conv2d 1 -> 6, which gives 6x8x8.",
        "a sum.",
        "",
        "channel 0 of the input, rows 0 to 1, columns 0 to 2",
    ]
    assert lines[4] == "  values               weights                 sum"
    assert lines[5] == "  0.00 -1.00 -2.00 x   2.00  2.00  2.00 =  -6.0000"
    assert lines[6] == "  0.50 -0.50 -1.50 x   2.00  2.00  2.00 =  -3.0000"
    # The sum is the unit without its bias.
    assert squeezed(lines[7:]) == [
        "",
        "sum of 6 products, 3 places on padding count 0 3.00000",
        "bias 1.50000",
        "unit [0,1,2] of layer 3 4.50000",
    ]
    assert all(len(line) == 71 for line in lines[8:])
    plain = squeezed(list(unit_lines(unit(WINDOW, settings=""), whole=False)))
    assert plain[0] == "a sum." and plain[-2:] == ["sum of 6 products 4.50000", "unit [0,1,2] of layer 3 4.50000"]


def test_places_that_a_window_lacks_are_dots_and_large_numbers_have_no_decimals() -> None:
    lines = list(
        unit_lines(unit([term((0, 0, 0), 123.4), term((0, 0, 1), 99.99), term((0, 1, 1), -100.4, None)]), False)
    )
    assert (
        lines[5] == "   123 99.99 x   2.00  2.00 = 446.7800" and lines[6] == "     .  -100 x      .     . = -100.4000"
    )


@pytest.mark.parametrize(
    ("pair", "shown"),
    [
        ((99.99, 100.0), " 99.99   100"), ((1.0, -9.99), "  1.00 -9.99"), ((1.0, -10.0), "  1.00 -10.0"),
        ((1.0, -99.94), "  1.00 -99.9"), ((1.0, -99.96), "  1.00  -100"), ((99_999.0, -9_999.0), " 99999 -9999"),
        ((100_000.0, -10_000.0), "   1e5  -1e4"), ((3e12, -3e12), "  3e12 -3e12"),
    ],
)  # fmt: skip
def test_numbers_of_a_window_never_touch(pair: tuple[float, float], shown: str) -> None:
    lines = list(unit_lines(unit([term((0, 0, place), value) for place, value in enumerate(pair)]), False))
    assert lines[5].startswith(f"{shown} x")


def test_a_row_of_a_signal_and_a_window_far_from_the_corner_are_windows_too() -> None:
    row = list(unit_lines(unit([term((2, column), 1.0) for column in (7, 8)]), False))
    assert row[3] == "channel 2 of the input, rows 0 to 0, columns 7 to 8"
    far = list(unit_lines(unit([term((0, row, column), 1.0) for row in (20, 30) for column in (10, 14)]), False))
    assert far[3] == "channel 0 of the input, rows 20 to 30, columns 10 to 14"
    one_of_two = [term((0, 0, 0), 1.0), term((1, 0, 0), 1.0), term((1, 0, 1), 1.0)]
    assert sum(line.startswith("channel ") for line in unit_lines(unit(one_of_two), False)) == 2
    for no_windows in ([], [term((0, 0), 1.0), term((0, 1), 1.0), term((0,), 1.0)]):
        assert not any(line.startswith("channel ") for line in unit_lines(unit(no_windows), False))


def test_of_three_channels_drawn_and_twelve_summed_up_there_are_no_more() -> None:
    many = [term((channel, 0, column), 16.0 - channel) for channel in range(15) for column in (0, 1)]
    (rest,) = [line for line in unit_lines(unit(many), whole=False) if "other channels" in line]
    assert rest.count(":") == 12 and rest.endswith("14: 8  (--all shows them)")


def test_a_reader_that_nothing_changes_hides_none_behind_it() -> None:
    readers = [Reader("6", "ReLU", 3, (0,), 1.0, 1.0), Reader("7", "Linear", 2, (1,), 1.0, 0.5)]
    told = list(reader_lines(readers, unit(WINDOW)))
    assert len(told) == 2 and told[1].startswith("Then 7 Linear: 2 of its units change")


def test_of_four_channels_the_three_that_add_most_are_drawn_and_all_if_asked_for() -> None:
    terms = [
        term((channel, 0, column), size) for channel, size in enumerate((1.0, -4.0, 0.5, 2.0)) for column in (0, 1)
    ]
    lines = list(unit_lines(unit(terms), whole=False))
    assert [line[8] for line in lines if line.startswith("channel")] == ["1", "3", "0"]
    assert "sums of the other channels  2: 2  (--all shows them)" in lines
    whole = list(unit_lines(unit(terms), whole=True))
    assert [line[8] for line in whole if line.startswith("channel")] == ["0", "1", "2", "3"]
    assert not any("other channels" in line for line in whole)
    three = list(unit_lines(unit(terms[:6]), whole=False))
    assert [line[8] for line in three if line.startswith("channel")] == ["0", "1", "2"]
    many = [term((channel, 0, column), 16.0 - channel) for channel in range(16) for column in (0, 1)]
    (rest,) = [line for line in unit_lines(unit(many), whole=False) if "other channels" in line]
    assert rest.count(":") == 12 and "3: 52" in rest and rest.endswith("14: 8  and 1 more  (--all shows them)")


def test_windows_of_more_than_five_columns_and_vectors_are_listed() -> None:
    def is_grid(terms: list[Term]) -> bool:
        return any("columns" in line for line in unit_lines(unit(terms), whole=False))

    assert is_grid([term((0, 0, column), 1.0) for column in range(5)])
    assert not is_grid([term((0, 0, column), 1.0) for column in range(6)])
    assert is_grid([term((0, row, 0), 1.0) for row in range(11)]) and not is_grid(
        [term((0, row, 0), 1.0) for row in range(12)]
    )
    assert is_grid([term((0, column), 1.0) for column in range(2)]) and not is_grid([term((0,), 1.0), term((1,), 1.0)])
    assert not is_grid([term((channel, 0, 0), 1.0) for channel in range(3)]) and not is_grid([term((0, 0, 0), 1.0)])


def test_terms_are_listed_by_what_they_add() -> None:
    terms = [term((index,), (-1) ** index * index, source="2") for index in range(15)]
    lines = list(unit_lines(unit(terms), whole=False))
    assert lines[3] == "  layer 2 [14]                  14.0000 x    2.0000 =    28.0000" and lines[14].startswith(
        "  layer 2 [3] "
    )
    assert lines[15] == "  and 3 smaller ones, together 2.0000  (--all shows them)"  # 2 (0 - 1 + 2)
    whole = list(unit_lines(unit(terms), whole=True))
    assert whole[3].startswith("  layer 2 [0] ") and whole[17].startswith("  layer 2 [14] ") and whole[18] == ""
    one = squeezed(list(unit_lines(unit([term((4,), 2.25)], bias=0.0), whole=False)))
    assert one[3:] == ["the input [4] 2.2500 x 2.0000 = 4.5000", "", "bias 0.00000", "unit [0,1,2] of layer 3 4.50000"]


def test_the_largest_is_named() -> None:
    terms = [term((0, row, column), 3.0 * row - column, None) for row in range(2) for column in range(2)]
    lines = list(unit_lines(unit(terms, verb="largest", computed=3.0), whole=False))
    assert lines[4:6] == ["  0.00 -1.00", "  3.00  2.00"]
    assert squeezed(lines[7:]) == ["the largest, the input [0,1,0] 3.00000", "unit [0,1,2] of layer 3 4.50000"]
    assert squeezed(list(unit_lines(unit(terms, verb="largest"), whole=False)))[7] == "the largest 4.50000"


def test_a_formula_has_its_values_and_what_is_computed_on_the_way() -> None:
    one = unit([term((4,), 2.25, None)], verb="formula", facts={"mean": 0.5})
    assert squeezed(list(unit_lines(one, whole=False)))[3:5] == ["value of the input [4] 2.25000", "mean 0.50000"]
    two = replace(one, facts={"mean": 0.5, "deviation": 2.0}, terms=[Term("input", (4,), 2.25, None, 5.0625)])
    assert squeezed(list(unit_lines(two, whole=False)))[3:6] == [
        "the input [4] 2.2500 5.0625",
        "mean 0.50000",
        "deviation 2.00000",
    ]
    same = replace(two, terms=[term((4,), 2.25, None)])
    assert squeezed(list(unit_lines(same, whole=False)))[3] == "the input [4] 2.2500"


def test_readers_and_answers_are_told_in_sentences() -> None:
    readers = [
        Reader("4", "ReLU", 1, (1,), 0.5, 0.0),
        Reader("5", "Linear", 1200, (2,), 1.5, 0.25),
        Reader("6", "ReLU", 3, (0,), 1.0, 1.0),
    ]
    assert list(reader_lines(readers, unit(WINDOW))) == [
        "Then 4 ReLU: 1 of its units changes if it is 0, most [1], 0.5 to 0.",
        "Then 5 Linear: 1,200 of its units change if it is 0, most [2], 1.5 to 0.25.",
        "Then 6 ReLU: nothing there would change if it were 0.",
    ]
    assert list(reader_lines([], unit(WINDOW))) == ["It is an output of the network."]
    assert answer_line(["a", "b"], [0.75, 0.25], [0.25, 0.75]) == (
        "The answer is a with 75.00 %; if this unit were 0, b with 75.00 %."
    )
    assert (
        answer_line(["a", "b"], [0.25, 0.75], [0.25, 0.75])
        == "The answer is b with 75.00 %, and would be the same if this unit were 0."
    )
    assert (
        answer_line(["a", "b"], [0.75, 0.25], [0.5, 0.25])
        == "The answer is a with 75.00 %; if this unit were 0, a with 50.00 %."
    )
    assert title(unit(WINDOW), "x.png", "lenet5") == "unit [0,1,2] of layer 3, Conv2d, of lenet5 for x.png"
