"""What is shown while data are fetched: figures of bytes, speed and time on a terminal, plain lines elsewhere."""

import io
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from cnncli.cli import render_fetch
from cnncli.data import fetch_records as records


class Screen:
    """A display on a terminal of 120 columns, or on none, by a clock that the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
        self.stream, self.now = io.StringIO(), 50.0
        console = Console(file=self.stream, force_terminal=terminal, width=120, highlight=False, _environ={})
        monkeypatch.setattr(render_fetch, "_console", lambda: console)
        monkeypatch.setattr(render_fetch, "time", SimpleNamespace(monotonic=lambda: self.now))
        self.display = render_fetch.FetchDisplay()

    def show(self, record: records.FetchRecord, after: float = 0.0) -> str:
        """What a record adds, without the codes of the terminal and the bar's drawing."""
        self.now += after
        before = len(self.stream.getvalue())
        self.display.show(record)
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.stream.getvalue()[before:])
        return " ".join(re.sub(r"[━╸╺\r]", "", text).split())


def progress(received: int, total: int | None = 4_000_000, file: str = "a.gz") -> records.FileProgress:
    return records.FileProgress(file, "mirror/", received, total)


def test_figures_of_a_file_are_those_since_this_run_began(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, terminal=True)
    assert "a.gz 1.0 MB of 4.0 MB" in screen.show(progress(1_000_000))  # there were before
    assert screen.show(progress(1_100_000), after=0.09) == ""  # drawn ten times a second
    assert screen.show(progress(1_200_000), after=0.02).endswith("a.gz 1.2 MB of 4.0 MB")  # too early for a speed
    assert screen.show(progress(2_000_000), after=0.39).endswith("2.0 MB of 4.0 MB 2.0 MB/s 1.0 s left")
    assert screen.show(progress(2_000_000, None), after=0.3).endswith("a.gz 2.0 MB 1.2 MB/s")
    assert "a.gz 500 kB of 4.0 MB" in screen.show(progress(500_000), after=1.0)  # begun again
    assert "b.gz 0 B of 4.0 MB" in screen.show(progress(0, file="b.gz"), after=1.0)
    assert screen.show(progress(0, file="b.gz"), after=5.0).endswith("b.gz 0 B of 4.0 MB")  # no speed of nothing
    assert "c.gz 2.0 MB of 4.0 MB" in screen.show(progress(2_000_000, file="c.gz"), after=1.0)
    assert screen.show(progress(2_000_000, file="c.gz"), after=1.0).endswith("c.gz 2.0 MB of 4.0 MB")
    assert screen.show(progress(3_000_000, file="c.gz"), after=1.0).endswith("500 kB/s 2.0 s left")  # 1 MB in 2 s


def test_a_speed_is_told_after_a_fifth_of_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, terminal=True)
    screen.show(progress(0))
    assert screen.show(progress(100_000), after=0.19).endswith("100 kB of 4.0 MB")
    assert "/s" in screen.show(progress(200_000), after=0.11)
    other = Screen(monkeypatch, terminal=True)
    other.show(progress(0))
    assert other.show(progress(100_000), after=0.25).endswith("400 kB/s 9.8 s left")


def test_a_bar_goes_when_its_file_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, terminal=True)
    screen.show(progress(1_000_000))
    before = len(screen.stream.getvalue())
    screen.show(records.Unpacking("a.gz"))
    last = screen.stream.getvalue()[before:]
    assert "\x1b[2K" in last.partition("verified, unpacking")[0].rpartition("4.0 MB")[2]
    assert "\x1b[?25h" in last and " ".join(last.split()).endswith("a.gz verified, unpacking")


def test_who_stops_before_anything_was_fetched_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, terminal=False)
    screen.display.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert screen.stream.getvalue() == ""


def test_pictures_are_counted_with_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, terminal=True)
    first = screen.show(records.PicturesProgress("pets", "preparing", 0, 2_000, 0.0))
    assert first.endswith("preparing 2,000 pictures of pets 0")
    later = screen.show(records.PicturesProgress("pets", "preparing", 1_500, 2_000, 30.0))
    assert later.endswith("preparing 2,000 pictures of pets 1,500 10.0 s left")


def test_elsewhere_each_stage_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, terminal=False)
    looking = records.PicturesProgress("pets", "looking at", 0, 1, 0.0)
    assert screen.show(looking) == "looking at 1 picture of pets"
    assert screen.show(looking) == ""
    assert screen.show(records.PicturesDone("pets", "looking at", 1, 0, 0.5)) == ""
    assert (
        screen.show(records.PicturesProgress("pets", "preparing", 0, 2_000, 0.0)) == "preparing 2,000 pictures of pets"
    )
    assert screen.show(records.PicturesProgress("pets", "preparing", 9, 2_000, 0.0)) == ""
    done = records.PicturesDone("pets", "preparing", 2_000, 0, 61.0)
    assert screen.show(done) == "2,000 pictures of pets prepared in 1:01 min"
    cached = records.PicturesDone("pets", "preparing", 2_000, 1_500, 61.0)
    assert screen.show(cached) == "2,000 pictures of pets prepared in 1:01 min, 1,500 of them from the cache"
    assert screen.show(progress(5)) == ""
    fetched = records.FileFetched("a.gz", "mirror.example/sets", 2_000_000, 0, 3.0)
    assert screen.show(fetched) == "a.gz 2.0 MB in 3.0 s from mirror.example"
    resumed = records.FileFetched("a.gz", "mirror.example/sets", 2_000_000, 500_000, 3.0)
    assert screen.show(resumed) == "a.gz 2.0 MB in 3.0 s from mirror.example, 500 kB of it were there"


@pytest.mark.parametrize(("error", "running", "told"), [
    (KeyboardInterrupt(), True, True), (KeyboardInterrupt(), False, False), (OSError(), True, False),
    (None, True, False),
])  # fmt: skip
def test_a_fetch_that_was_stopped_says_that_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, error: BaseException | None, running: bool, told: bool
) -> None:
    screen = Screen(monkeypatch, terminal=False)
    screen.show(records.FetchStarted("mnist", Path("sets"), 4, 11_600_000))
    if not running:
        screen.show(records.FetchDone("mnist", Path("sets"), ()))
    screen.display.__exit__(None if error is None else type(error), error, None)
    said = screen.stream.getvalue().splitlines()
    assert said[0] == "fetching mnist: 4 files, 11.6 MB, into sets"
    assert (said[1:] == ["stopped; the same command goes on where this one ended"]) == told and len(said) == 1 + told
