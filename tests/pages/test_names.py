"""What can be used or looked at on a page has a name that a screen reader can say."""

import shlex
from pathlib import Path

import pytest

from browser import OpenPage, chromium, nameless
from cnncli.cli.main import run
from cnncli.lessons.catalogue import CATALOGUE
from lesson_pages import PHONE, lesson, opened


def test_a_button_without_a_name_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<button></button><button>Play</button><svg role='img'></svg>")
    with chromium() as browser, OpenPage(browser, tmp_path / "page.html") as page:
        assert [line.split()[1].rstrip(":") for line in nameless(page.page)] == ["button", "img"]


@pytest.mark.slow
def test_all_on_reports_and_lessons_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    training = "train --arch lenet5 --data digits --images 200 --epochs 1 --threads 1 --out m.bin -q"
    for line in (training, "eval m.bin --data digits --report report.html"):
        assert run(shlex.split(line)) == 0
    [run_report] = tmp_path.glob("runs/*/report.html")
    found = {}
    with chromium() as browser:
        for path in (tmp_path / "report.html", run_report):
            with OpenPage(browser, path, *PHONE) as page:
                found[path.name] = nameless(page.page)
        for entry in CATALOGUE:
            if entry.name != "race":  # takes minutes
                with opened(browser, lesson(entry.name), tmp_path) as page:
                    found[entry.name] = nameless(page.page)
    assert {name: lines for name, lines in found.items() if lines} == {}
