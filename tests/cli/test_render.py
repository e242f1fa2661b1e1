"""What the commands say of numbers, of a training while it runs and of one that has ended, word by word."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text

from cnncli.cli import render
from cnncli.cli.next_commands import next_commands
from cnncli.network import Network
from cnncli.shown import plural
from cnncli.training.convergence import Convergence
from cnncli.training.records import EpochDone, Finished, Started, Stopped
from printed import printed, squeezed


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"), (59.94, "59.9 s"), (59.96, "1:00 min"), (60, "1:00 min"), (61.4, "1:01 min"), (119.6, "2:00 min"),
        (3599, "59:59 min"), (3600, "1:00:00 h"), (3661, "1:01:01 h"), (90_000, "25:00:00 h"),
    ],
)  # fmt: skip
def test_durations_are_in_seconds_minutes_or_hours(seconds: float, text: str) -> None:
    assert render.duration(seconds) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"), (9_999, "9999 B"), (10_000, "10 kB"), (999_000, "999 kB"), (1_000_000, "1.0 MB"),
        (2_550_000, "2.5 MB"), (999_000_000, "999.0 MB"), (1e9, "1.0 GB"), (2.5e10, "25.0 GB"),
        (9_999.4, "9999 B"), (9_999.9, "10 kB"), (999_499, "999 kB"), (999_501, "1.0 MB"), (999_999.9, "1.0 MB"),
        (999_940_000, "999.9 MB"), (999_960_000, "1.0 GB"),
    ],
)  # fmt: skip
def test_sizes_are_in_the_largest_unit_that_they_fill(size_bytes: float, text: str) -> None:
    assert render.size(size_bytes) == text


def test_shares_are_in_percent_and_counts_agree_with_their_noun() -> None:
    assert [render.percent(share) for share in (0, 0.5, 1, None, float("nan"))] == [
        "0.00 %", "50.00 %", "100.00 %", "–", "–",
    ]  # fmt: skip
    assert render.percent(0.12345, 1) == "12.3 %"
    assert [plural(count, "thread") for count in (0, 1, 2, 1_000)] == [
        "0 threads", "1 thread", "2 threads", "1,000 threads",
    ]  # fmt: skip


STARTED = Started(
    run=Path("runs/1"), network="lenet5", parameters=61_706, data="mnist", source="", notice=None, started_from=None,
    warnings=[],
    images=54_000, validation_images=6_000, epochs=10, steps=8_440, first_step=0, batch_size=64, optimizer="sgd",
    learning_rate=0.1, rate_factor=None, threads=1, seed=3, target=None, target_epoch=None, early_target=None,
    preparation="", samples="images", notes=[], until=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "text"), [(2.30259, "2.3026"), (0.001, "0.0010"), (0.00099, "0.00099"), (1.2e-7, "1.2e-07"), (0, "0.0000")]
)
def test_a_loss_is_seen_however_small(loss: float, text: str) -> None:
    assert render.loss_text(loss) == text


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({}, "learning rate 0.1"),
        ({"optimizer": "adam"}, "adam, learning rate 0.1"),
        ({"rate_factor": 1.0}, "learning rate 0.1"),
        ({"rate_factor": 2.0}, "learning rate 0.1 (0.05 x 2 for this batch size)"),
    ],
)
def test_learning_rate_is_told_with_what_it_was_multiplied_by(changed: dict[str, Any], text: str) -> None:
    assert render.rate_words(dataclasses.replace(STARTED, **changed)) == text


@pytest.mark.parametrize(
    ("epoch", "early", "text"),
    [
        (10, 0.995, "target: validation accuracy 99.00 % in epoch 10, or 99.50 % before"),
        (4, 1.0, "target: validation accuracy 99.00 % in epoch 4 to 10, or 100.00 % before"),
        (4, 1.01, "target: validation accuracy 99.00 % in epoch 4 to 10"),
        (4, 0.99, "target: validation accuracy 99.00 % in epoch 4 to 10"),
        (1, 0.995, "target: validation accuracy 99.00 % in epoch 1 to 10"),
    ],
)
def test_target_is_told_with_the_epochs_in_which_it_counts(epoch: int, early: float, text: str) -> None:
    started = dataclasses.replace(STARTED, target=0.99, target_epoch=epoch, early_target=early)
    assert render.target_line(started) == text


def test_an_epoch_is_one_line() -> None:
    done = EpochDone(3, 10, 5_000, 0.12345, 0.9876, None, None, 0.1, 1.25, 43_210.4)
    figures = "43,210 images/s  1.2 s"
    assert render.epoch_line(done) == f"epoch  3/10  loss 0.1235  accuracy 98.76 %  {figures}"
    assert render.epoch_line(done, True) == (
        f"epoch  3/10  loss 0.1235  accuracy 98.76 % of the hardest 5,000  {figures}"
    )
    validated = dataclasses.replace(done, validation_loss=0.2, validation_accuracy=0.97)
    assert render.epoch_line(validated) == (
        f"epoch  3/10  loss 0.1235  accuracy 98.76 %  validation loss 0.2000 accuracy 97.00 %  {figures}"
    )


FINISHED = Finished(
    run=Path("runs/1"), model=Path("model.bin"), model_bytes=250_000, plugins=(), data_path="mnist", data_dir=None,
    label_column=None, skip_bad=False, sample=None, earlier_model=None, network="lenet5", data="mnist", images=54_000,
    epochs=10, best_epoch=10, epoch_images=54_000, loss=0.01, accuracy=0.999, validation_images=6_000,
    validation_is_own=False, validation_loss=0.03, validation_accuracy=0.99, test_images=10_000, test_loss=0.025,
    test_accuracy=0.9912, seconds=75.0, images_per_second=50_000.0, seed=3, history=[], notes=[], target=None,
    target_reached=None, seconds_to_target=None, until=None, converged=None, remark=None, warnings=[],
    samples="images",
)  # fmt: skip


def rows(capsys: pytest.CaptureFixture[str], **changed: Any) -> dict[str, str]:
    """The table of a training that ended, by its names."""
    render.show_finished(dataclasses.replace(FINISHED, **changed))
    table = capsys.readouterr().out.split("\n\n")[0].strip("\n").splitlines()
    return {name: value.strip() for name, _, value in (line.partition("  ") for line in table)}


def test_table_of_a_training_that_ended(capsys: pytest.CaptureFixture[str], monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CNN_DATA_DIR", raising=False)
    assert rows(capsys) == {
        "network": "lenet5",
        "data": "mnist, 54,000 training images",
        "epochs": "10",
        "time": "1:15 min, 50,000 images/s",
        "training": "accuracy 99.90 %, loss 0.0100",
        "validation": "accuracy 99.00 %, loss 0.0300, 6,000 images held out",
        "test": "accuracy 99.12 %, 88 of 10,000 images wrong",
        "model": "model.bin, 250 kB",
        "run": "runs/1",
    }
    assert rows(capsys, best_epoch=7)["epochs"] == "10, the best was 7"
    assert rows(capsys, epoch_images=9_000)["training"] == ("accuracy 99.90 % of the hardest 9,000 images, loss 0.0100")
    assert rows(capsys, validation_is_own=True)["validation"].endswith("6,000 images of the data's own part")
    assert "target" not in rows(capsys) and "validation" not in rows(capsys, validation_loss=None)
    assert rows(capsys, target=0.98)["target"] == "validation accuracy 98.00 %, not reached"
    assert rows(capsys, target=0.98, seconds_to_target=42.0)["target"] == (
        "validation accuracy 98.00 %, reached in epoch 10 after 42.0 s"
    )
    assert rows(capsys, test_accuracy=None)["test"].startswith("no images; the validation images chose the epoch")
    assert rows(capsys, test_accuracy=None, validation_loss=None)["test"].startswith("no images; --val 0.1 holds")


def test_what_to_type_next_reads_the_same_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CNN_DATA_DIR", raising=False)

    def commands(**changed: Any) -> list[str]:
        return next_commands(dataclasses.replace(FINISHED, **changed))

    assert commands() == ["cnn eval model.bin", "cnn data mnist --show"]
    with_folder = ["cnn eval model.bin --data mnist --data-dir sets", "cnn data mnist --data-dir sets --show"]
    assert commands(data_dir="sets") == with_folder
    monkeypatch.setenv("CNN_DATA_DIR", "sets")
    assert commands(data_dir="sets") == ["cnn eval model.bin", "cnn data mnist --show"]
    monkeypatch.setenv("CNN_DATA_DIR", "other")
    assert commands(data_dir="sets") == with_folder
    assert commands(data_path="my list.csv", label_column="kind", skip_bad=True) == [
        "cnn eval model.bin --data 'my list.csv' --label-column kind --skip-bad",
        "cnn data 'my list.csv' --label-column kind --skip-bad --show",
    ]
    Path("digit.png").touch()
    assert commands()[1] == "cnn predict digit.png --model model.bin"
    assert commands(data_path="photos")[1] == "cnn data photos --show"
    Path("-a.png").touch()
    assert commands(sample="-a.png")[1] == "cnn predict ./-a.png --model model.bin"
    assert commands(model=Path("-m.bin"), sample="-a.png") == [
        "cnn eval ./-m.bin", "cnn predict ./-a.png --model ./-m.bin"
    ]  # fmt: skip
    assert commands(model=tmp_path / "new\nline.bin")[0] == r"cnn eval $'new\x0aline.bin'"
    assert commands(sample="gone.png")[1] == "cnn predict digit.png --model model.bin"


def test_a_training_that_was_stopped_or_missed_its_target_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    render.show_stopped(Stopped(Path("runs/my run"), 3, 12_345), None)
    assert capsys.readouterr().err == (
        "stopped in epoch 3 after step 12,345; go on with\n  cnn train --resume 'runs/my run'\n"
    )
    render.show_stopped(Stopped(Path("runs/1"), 3, 5), 2)
    assert capsys.readouterr().err.endswith("cnn train --resume runs/1 --threads 2\n")
    render.show_missed_target(dataclasses.replace(FINISHED, target=0.995, best_epoch=8))
    assert capsys.readouterr().err == (
        "cnn: --target 0.995: not reached, the validation accuracy came to 99.00 % in epoch 8 of 10; model.bin is "
        "written all the same; pass more --epochs, such as 20, or a lower --target\n"
    )
    render.show_remark(FINISHED)
    assert capsys.readouterr().err == ""
    render.show_remark(dataclasses.replace(FINISHED, remark="nothing was learned"))
    assert capsys.readouterr().err == "warning: nothing was learned\n"


def ended(**changed: Any) -> list[str]:
    return squeezed(printed(render.show_finished, dataclasses.replace(FINISHED, **changed)))


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (
            {"until": Convergence(0.01, 1), "converged": True},
            "until the loss falls by less than 1 % in 1 epoch: converged",
        ),
        (
            {"until": Convergence(0.001, 5), "converged": False},
            "until the loss falls by less than 0.1 % in 5 epochs: not converged, pass more --epochs",
        ),
        ({"patience": 3, "ended_early": True}, "patience 3 epochs without a better one: ended early"),
        ({"patience": 1, "ended_early": False}, "patience 1 epoch without a better one: went on to the end"),
        ({"time_limit": 90.0}, "time 1:15 min of 1:30 min, 50,000 images/s"),
        ({"earlier_model": Path("model.1.bin")}, "the earlier model.bin is kept as model.1.bin"),
        ({"command": "cnn train"}, "repeat cnn train"),
        ({"epoch_images": 9_000, "cuts_epochs": True}, "training accuracy 99.90 % of 9,000 images, loss 0.0100"),
        ({"accuracy": None}, "training loss 0.0100"),
        ({"validation_accuracy": None}, "validation loss 0.0300, 6,000 images held out"),
        ({"test_images": 10_000, "test_accuracy": 0.75}, "test accuracy 75.00 %, 2,500 of 10,000 images wrong"),
    ],
)
def test_the_end_of_a_training_has_a_line_for_what_it_was_asked(changed: dict[str, Any], line: str) -> None:
    assert line in ended(**changed)
    assert line not in ended()


def test_the_end_of_a_training_names_its_pictures_and_what_to_try_next() -> None:
    lines = printed(render.show_finished, FINISHED, Path("c.png"), Path("runs/1/page.html"))
    assert squeezed(lines)[-6:-3] == ["run runs/1, with page.html", "curves c.png", ""]
    assert lines[-3] == "try next" and lines[-2].startswith("  cnn ") and lines[0] == ""
    repeat = printed(render.show_finished, dataclasses.replace(FINISHED, command="cnn train " + "x" * 300))
    (line,) = [one for one in repeat if one.startswith("repeat")]
    assert line == f"repeat       cnn train {'x' * 300}"  # as wide as "validation", and three spaces
    facts = render.finished_facts(FINISHED, Path("c.png"))
    assert (facts["curves"], facts["earlier_model"], facts["model"]) == ("c.png", None, "model.bin")
    kept = render.finished_facts(dataclasses.replace(FINISHED, earlier_model=Path("m.1.bin")))
    assert (kept["curves"], kept["earlier_model"]) == (None, "m.1.bin")


@pytest.mark.parametrize(
    ("limit", "epochs", "words"),
    [
        (None, 1, "1 epoch"), (None, 100_000, "100,000 epochs"), (90.0, 100_000, "1:30 min"),
        (90.0, 10, "at most 10 epochs in 1:30 min"),
    ],
)  # fmt: skip
def test_how_long_a_training_is_to_be(limit: float | None, epochs: int, words: str) -> None:
    assert render.length_words(dataclasses.replace(STARTED, time_limit=limit, epochs=epochs)) == words


def test_lines_are_whole_in_a_file_and_broken_between_words_on_a_terminal() -> None:
    text = "[bold] :smile: 12 " + "word " * 60

    def show() -> None:
        console = render.stdout_console()
        render.print_line(console, Text(text))
        console.print(text)
        render.print_table(console, render.facts_table([("name", "x" * 300), ("n", "y")]))

    lines = printed(show)
    assert lines[:2] == [text, text] and lines[2].startswith("name   xx")
    assert [len(line) for line in lines[2:4]] == [240, 7 + 67] and lines[4] == "n      y"  # 233 and 67 of the 300
    on_terminal = printed(show, columns=60)
    assert max(map(len, on_terminal[:5])) <= 60 and on_terminal[0].startswith("[bold] :smile: 12 word")


@pytest.mark.parametrize(("shape", "classes", "title"), [
    ((1, 28, 28), 10, "multilayer perceptron 784-256-128-10"), ((3,), 3, "multilayer perceptron"),
    ((1, 28, 28), 4, "multilayer perceptron"),
])  # fmt: skip
def test_a_title_has_sizes_only_where_they_are_those_of_the_network(
    shape: tuple[int, ...], classes: int, title: str
) -> None:
    network = Network.from_model_name("mlp", [str(number) for number in range(classes)], shape)
    assert render.fitting_title(network) == title
    assert render.fitting_title(Network.from_model_name("lenet5")) == "LeNet-5 with ReLU and max pooling"
