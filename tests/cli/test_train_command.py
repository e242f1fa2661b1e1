"""`cnn train` as users type it."""

import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest

import cnncli
from cnn_process import Cnn, Outcome, run_cnn, start_cnn
from cnncli.storage import container


def test_training_ends_with_a_table_and_two_commands_that_run(trained: tuple[Path, Outcome]) -> None:
    folder, outcome = trained
    lines = outcome.out.splitlines()
    names = [line.split("   ")[0].rstrip() for line in lines[1 : lines.index("try next") - 1]]
    assert names == ["network", "data", "epochs", "time", "training", "test", "model", "run", "repeat"]
    assert re.search(r"^test +accuracy \d\d\.\d\d %, \d+ of 160 images wrong$", outcome.out, re.MULTILINE)
    assert re.search(r"^model +model\.bin, \d+ kB$", outcome.out, re.MULTILINE)
    commands = [line.strip() for line in lines[lines.index("try next") + 1 :]]
    assert [" ".join(command.split()[:2]) for command in commands] == ["cnn eval", "cnn data"]  # an .npz has no files
    for command in commands:
        outcome = run_cnn(*shlex.split(command)[1:], folder=folder)
        assert outcome.code == 0, outcome.err


def test_redirected_progress_is_one_plain_line_an_epoch(trained: tuple[Path, Outcome]) -> None:
    _, outcome = trained
    lines = outcome.err.splitlines()
    assert re.fullmatch(
        r"mlp with [\d,]+ parameters on \S+, 640 images, 3 epochs of batches of 20, "
        r"learning rate 0\.01562 \(0\.05 x 0\.3125 for this batch size\), seed 1, \d+ threads?",
        lines[0],
    )
    pattern = r"epoch \d/3  loss \d\.\d{4}  accuracy \d+\.\d\d %  [\d,]+ images/s  \d+\.\d s"
    assert lines[1] == (
        "glyph: the one glyph of a picture is found, cropped and centred in grey 28x28 (the pictures lie as MNIST's do)"
    )
    assert all(re.fullmatch(pattern, line) for line in lines[2:])
    assert len(lines) == 5
    assert "\x1b" not in outcome.err + outcome.out and "\r" not in outcome.err + outcome.out


def test_terminal_gets_a_live_line(tmp_path: Path, small_data: Path) -> None:
    outcome = run_cnn(
        "train", "--arch", "lenet5", "--data", small_data, "--epochs", 60, folder=tmp_path,
        env={"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "1", "COLUMNS": "120"},
    )  # fmt: skip
    assert outcome.code == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", outcome.err)
    assert re.search(
        r"epoch +\d+/60 \S+ +loss \S+  accuracy \d+\.\d\d %  [\d,]+ images/s  \S+ s left", plain
    )
    assert outcome.err.count("\x1b[?25l") == outcome.err.count("\x1b[?25h") == 1  # cursor hidden, and back


def test_json_is_one_value_with_the_same_facts(cnn: Cnn, small_data: Path) -> None:
    outcome = cnn("train", "--arch", "linear", "--data", small_data, "--epochs", 2, "--val", 0.2, "--json")
    assert outcome.code == 0
    facts = outcome.json
    assert (facts["network"], facts["images"], facts["epochs"], facts["test_images"]) == (
        "linear",
        512,
        2,
        160,
    )
    assert facts["model"] == "model.bin" and Path(facts["run"]).parts[0] == "runs"
    assert [epoch["epoch"] for epoch in facts["history"]] == [1, 2]
    assert 0 <= facts["test_accuracy"] <= 1 and 0 <= facts["validation_accuracy"] <= 1


def test_an_earlier_model_is_kept_and_a_run_that_ends_twice_keeps_it_once(
    cnn: Cnn, small_data: Path, tmp_path: Path
) -> None:
    arguments = ("train", "--arch", "linear", "--data", small_data, "--epochs", 1, "--threads", 1)
    (tmp_path / "model.bin").write_text("my notes")
    outcome = cnn(*arguments)
    assert outcome.code == 0, outcome.err
    assert "           the earlier model.bin is kept as model.1.bin" in outcome.out.splitlines()
    assert (tmp_path / "model.1.bin").read_text() == "my notes"
    first = (tmp_path / "model.bin").read_bytes()
    second = cnn(*arguments, "--seed", 2, "--json")
    assert (second.json["model"], second.json["earlier_model"]) == ("model.bin", "model.2.bin")
    assert (tmp_path / "model.2.bin").read_bytes() == first
    again = cnn("train", "--resume", second.json["run"], "--threads", 1, "--json")
    assert again.json["earlier_model"] is None
    assert sorted(path.name for path in tmp_path.glob("*.bin")) == ["model.1.bin", "model.2.bin", "model.bin"]


@pytest.mark.parametrize(
    ("out", "line"),
    [
        (".", ": is a folder; name a file in it"),
        ("/dev/null", ": is a device or a pipe, which a file would replace; name a file"),
    ],
)
def test_what_cannot_become_a_model_is_told_before_the_training(
    cnn: Cnn, small_data: Path, out: str, line: str
) -> None:
    outcome = cnn("train", "--arch", "linear", "--data", small_data, "--out", out)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.endswith(f"{line}\n") and outcome.err.count("\n") == 1


def test_options_reach_the_training(cnn: Cnn, small_data: Path, tmp_path: Path) -> None:
    outcome = cnn(
        "train", "--arch", "linear", "--data", small_data, "--epochs", 1, "--batch-size", 50,
        "--optim", "sgd", "--lr", 0.01, "--momentum", 0.5, "--weight-decay", 0.25, "--schedule", "constant",
        "--val", 0.25, "--seed", 9, "--threads", 1, "--out", "other.bin", "--runs", "elsewhere", "--json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "1 thread" in outcome.err
    assert (tmp_path / outcome.json["run"]).parent == tmp_path / "elsewhere"
    settings = container.read(tmp_path / "other.bin")[1]["record"]["training"]["settings"]
    expected = {
        "architecture": "linear", "epochs": 1, "batch_size": 50, "optimizer": "sgd", "learning_rate": 0.01,
        "momentum": 0.5, "weight_decay": 0.25, "schedule": "constant", "validation": 0.25, "seed": 9,
    }  # fmt: skip
    assert {name: settings[name] for name in expected} == expected


def test_options_left_out_come_from_the_description(cnn: Cnn, small_data: Path, tmp_path: Path) -> None:
    text = """
        name = "own"
        input = [1, 28, 28]
        classes = 10
        [[layers]]
        type = "Flatten"
        [[layers]]
        type = "Linear"
        out_features = "classes"
        [training]
        epochs = 2
        batch_size = 80
        learning_rate = 0.02
        momentum = 0.25
        weight_decay = 0.125
        schedule = "step"
    """
    (tmp_path / "own.toml").write_text(text)
    outcome = cnn("train", "--arch", "own.toml", "--data", small_data)
    assert outcome.code == 0, outcome.err
    settings = container.read(tmp_path / "model.bin")[1]["record"]["training"]["settings"]
    found = [settings[name] for name in ("epochs", "batch_size", "learning_rate", "momentum", "weight_decay")]
    assert found == [2, 80, 0.02, 0.25, 0.125] and settings["schedule"] == "step"


def test_target_reached_is_told_and_ends_the_training(cnn: Cnn, small_data: Path) -> None:
    outcome = cnn("train", "--arch", "mlp", "--data", small_data, "--epochs", 40, "--target", 0.5)
    assert outcome.code == 0, outcome.err
    lines = outcome.err.splitlines()
    # 32 images to validate: 0.5 + 2 * sqrt(0.5 * 0.5 / 32)
    assert lines[2] == "target: validation accuracy 50.00 % in epoch 40, or 67.68 % before"
    epochs = len(lines) - 3
    assert 1 <= epochs < 40
    assert re.search(
        rf"^target +validation accuracy 50\.00 %, reached in epoch {epochs} after \d+\.\d s$",
        outcome.out,
        re.MULTILINE,
    )


def test_target_missed_is_one_line_and_exit_code_1_and_leaves_a_model(
    cnn: Cnn, small_data: Path, tmp_path: Path
) -> None:
    outcome = cnn(
        "train", "--arch", "linear", "--data", small_data, "--epochs", 2, "--target", 1, "--out", "far.bin", "--json"
    )  # fmt: skip
    assert outcome.code == 1
    assert re.fullmatch(
        r"cnn: --target 1: not reached, the validation accuracy came to \d+\.\d\d % in epoch [12] of 2; "
        r"far\.bin is written all the same; pass more --epochs, such as 4, or a lower --target",
        outcome.err.splitlines()[-1],
    )
    facts = outcome.json
    assert (facts["target"], facts["target_reached"], facts["seconds_to_target"]) == (1, False, None)
    assert cnncli.load(tmp_path / "far.bin")


def test_json_tells_when_the_target_was_reached(cnn: Cnn, small_data: Path) -> None:
    outcome = cnn("train", "--arch", "mlp", "--data", small_data, "--target", 0.3, "--val", 0.2, "--json")
    assert outcome.code == 0, outcome.err
    facts = outcome.json
    assert (facts["target"], facts["target_reached"]) == (0.3, True)
    assert 0 < facts["seconds_to_target"] <= facts["seconds"]
    assert facts["history"][-1]["validation_accuracy"] >= 0.3 and len(facts["history"]) == facts["epochs"]


def test_stopped_run_is_resumed_towards_its_target(tmp_path: Path, small_data: Path) -> None:
    process = start_cnn(("train", *LONG, "--data", small_data, "--target", 1), tmp_path)
    wait_for_first_epoch(process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    run = err.splitlines()[-1].split()[3]
    outcome = run_cnn("train", "--resume", run, "--target", "0.5", folder=tmp_path)
    assert outcome.code == 2
    assert outcome.err.startswith("cnn train: --resume takes the settings of the run; leave out --target")
    resumed = start_cnn(("train", "--resume", run), tmp_path)
    started = wait_for_first_epoch(resumed)
    resumed.kill()
    resumed.communicate()
    assert "target: validation accuracy 100.00 % in epoch 7 to 2000\n" in started


def test_the_table_of_options_knows_all_schedules() -> None:
    from cnncli.training import schedule
    from cnncli.training_options import SCHEDULES

    assert tuple(schedule.SCHEDULES) == SCHEDULES


def test_thread_count_comes_from_the_environment(cnn: Cnn, small_data: Path) -> None:
    outcome = cnn(
        "train", "--arch", "linear", "--data", small_data, "--epochs", 1, env={"CNN_NUM_THREADS": "3"}
    )
    assert outcome.err.splitlines()[0].endswith("3 threads")


def test_trained_model_is_for_python_too(trained: tuple[Path, Outcome], small_data: Path) -> None:
    import numpy as np

    model = cnncli.load(trained[0] / "model.bin")
    with np.load(small_data) as arrays:
        answers, labels = model.predict(arrays["x_test"]).labels, arrays["y_test"]
    found = re.search(r"^test +accuracy (\d+\.\d\d) %", trained[1].out, re.MULTILINE)
    assert found is not None
    assert float(found[1]) == pytest.approx(100 * (answers == labels).mean(), abs=0.005)


LONG = ("--arch", "lenet5", "--epochs", 2000, "--batch-size", 16)


def wait_for_first_epoch(process: "subprocess.Popen[str]") -> list[str]:
    assert process.stderr is not None
    lines = []
    while not any(line.startswith("epoch") for line in lines):
        line = process.stderr.readline()
        assert line, f"ended early: {lines}"
        lines.append(line)
    return lines


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_stops_with_a_checkpoint_and_the_command_to_go_on(
    tmp_path: Path, small_data: Path, number: signal.Signals, code: int
) -> None:
    process = start_cnn(("train", *LONG, "--data", small_data), tmp_path)
    wait_for_first_epoch(process)
    process.send_signal(number)
    sent = time.monotonic()
    out, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert time.monotonic() - sent < 2  # Python itself takes a part of it to end
    assert out == ""
    lines = err.splitlines()
    assert re.fullmatch(r"stopped in epoch \d+ after step [\d,]+; go on with", lines[-2])
    command = lines[-1].split()
    assert command[:3] == ["cnn", "train", "--resume"]

    resumed = start_cnn(tuple(command[1:]), tmp_path)
    started = wait_for_first_epoch(resumed)
    assert any(line.startswith(f"going on with {command[3]} at step") for line in started)
    resumed.kill()
    resumed.communicate()


def test_two_signals_leave_at_once_and_keep_the_checkpoint(tmp_path: Path, small_data: Path) -> None:
    process = start_cnn(("train", *LONG, "--data", small_data), tmp_path)
    wait_for_first_epoch(process)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode in (130, 143)
    run = next((tmp_path / "runs").iterdir())
    container.read(run / "checkpoint.bin")


def test_two_processes_do_not_train_in_one_folder(tmp_path: Path, small_data: Path) -> None:
    process = start_cnn(("train", *LONG, "--data", small_data), tmp_path)
    wait_for_first_epoch(process)
    run = next((tmp_path / "runs").iterdir()).relative_to(tmp_path)
    outcome = run_cnn("train", "--resume", run, folder=tmp_path)
    process.kill()
    process.communicate()
    assert outcome.code == 1
    assert outcome.err == f"cnn: {run}: process {process.pid} is training in it; wait for it or stop it\n"


def test_killed_training_resumes_to_the_same_model(tmp_path: Path, small_data: Path) -> None:
    short = ("train", "--arch", "lenet5", "--data", small_data, "--epochs", 12, "--batch-size", 16)
    whole = run_cnn(*short, "--out", "whole.bin", folder=tmp_path)
    assert whole.code == 0, whole.err
    process = start_cnn((*short, "--out", "killed.bin"), tmp_path)
    wait_for_first_epoch(process)
    process.kill()
    process.communicate()
    run = max((tmp_path / "runs").iterdir(), key=lambda path: path.stat().st_mtime)
    resumed = run_cnn("train", "--resume", run, "--threads", 3, folder=tmp_path)
    assert resumed.code == 0, resumed.err
    one, two = (container.read(tmp_path / name)[0] for name in ("whole.bin", "killed.bin"))
    for name in one:
        if name != "sha256":
            assert one[name].tobytes() == two[name].tobytes(), name


def test_unknown_data_is_one_line(cnn: Cnn) -> None:
    outcome = cnn("train", "--data", "mnits")
    assert outcome.code in (1, 2)
    assert outcome.out == "" and len(outcome.err.splitlines()) == 1
    assert outcome.err.startswith("cnn: mnits: ") and "mnist" in outcome.err


def test_no_mnist_falls_back_on_digits_and_says_so(cnn: Cnn, small_data: Path) -> None:
    outcome = cnn("train", "--arch", "linear", "--epochs", 1, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["data"] == "digits"
    assert "digits" in outcome.err.splitlines()[0]


def write_pictures(folder: Path, count: int) -> list[tuple[str, str]]:
    """Plain pictures in `folder`/pictures; (path relative to `folder`, label) of each: "dark" or "light"."""
    from PIL import Image

    (folder / "pictures").mkdir()
    rows = []
    for index in range(count):
        path, level = f"pictures/{index}.png", index % 2 * 200 + index
        Image.new("L", (28, 28), level).save(folder / path)
        rows.append((path, "light" if level > 128 else "dark"))
    return rows


def write_class_folder(folder: Path) -> None:
    """A folder with a subfolder of two plain pictures for each of two classes."""
    folder.mkdir()
    for path, label in write_pictures(folder, 4):
        (folder / label).mkdir(exist_ok=True)
        (folder / path).rename(folder / label / Path(path).name)
    (folder / "pictures").rmdir()


def test_csv_list_trains_and_is_evaluated_by_its_class_names(cnn: Cnn, tmp_path: Path) -> None:
    rows = write_pictures(tmp_path, 20)
    (tmp_path / "train.csv").write_text("path,label\n" + "".join(f"{path},{label}\n" for path, label in rows))
    trained = cnn("train", "--arch", "linear", "--data", "train.csv", "--epochs", 30, "--val", 0, "--json")
    assert trained.code == 0, trained.err
    assert (trained.json["data"], trained.json["images"]) == ("train", 20)
    # Only one of the two classes: its number in this list is 0, in the model 1.
    (tmp_path / "light.csv").write_text("".join(f"{path},{label}\n" for path, label in rows[1::2]))
    evaluated = cnn("eval", "model.bin", "--data", "light.csv", "--json")
    assert evaluated.code == 0, evaluated.err
    assert evaluated.json["confusion"] == [[0, 0], [0, 10]]
    predicted = cnn("predict", "pictures/0.png", "pictures/1.png", "--json")
    assert [answer["label"] for answer in predicted.json] == ["dark", "light"]


def test_bad_csv_list_is_one_line(cnn: Cnn, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("path,label\nmissing.png,x\n")
    outcome = cnn("train", "--data", "list.csv")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (
        "cnn: list.csv, line 2: missing.png: no such file; check the name\n  (--skip-bad goes on without it)\n"
    )


def test_model_never_names_a_folder_to_evaluate_on(cnn: Cnn, tmp_path: Path) -> None:
    write_class_folder(tmp_path / "set")
    assert cnn("train", "--arch", "linear", "--data", "set", "--epochs", 1).code == 0
    outcome = cnn("eval", "model.bin")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "cnn: model.bin: was trained on files called set, and model files hold no paths; pass --data PATH\n"
    )


def test_folder_of_pictures_is_found_again_from_another_place(cnn: Cnn, tmp_path: Path) -> None:
    write_class_folder(tmp_path / "set")
    assert cnn("train", "--arch", "linear", "--data", "set", "--epochs", 1).code == 0
    run = next((tmp_path / "runs").iterdir())
    (tmp_path / "elsewhere").mkdir()
    resumed = cnn("train", "--resume", run, folder=tmp_path / "elsewhere")
    assert resumed.code == 0, resumed.err
