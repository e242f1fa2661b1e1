"""`cnn export` as users type it."""

import json
from pathlib import Path

import numpy as np
import pytest

from cnncli import Network, save
from cnncli.cli.main import run
from cnncli.layers import Linear


def test_page_is_written_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "digit.html"
    assert run(["export", "lenet5", "--html", str(out)]) == 0
    size = out.stat().st_size
    assert capsys.readouterr().out == f"{out}: lenet5 as a page of {size / 1000:,.0f} kB; open it in a browser\n"
    assert out.read_text().startswith("<!doctype html>")
    assert run(["export", "lenet5", "--html", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"html": str(out), "bytes": size, "parameters": 61_706}


def test_same_model_gives_the_same_page(tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        assert run(["export", "lenet5", "--html", str(tmp_path / name)]) == 0
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_what_cannot_be_a_page_is_one_line_and_writes_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = Network([Linear(3, 2)], (3,))
    network.parameters()[0][0][...] = np.eye(2, 3)
    save(network, tmp_path / "plain.bin")
    out = tmp_path / "page.html"
    assert run(["export", str(tmp_path / "plain.bin"), "--html", str(out)]) == 2
    assert "a model trained on arrays" in capsys.readouterr().err
    assert run(["export", "lenet5", "--html", "page.txt"]) == 2
    assert "page.txt: the page is HTML; use a name that ends in .html" in capsys.readouterr().err
    assert run(["export", "lenet5"]) == 2
    assert "--html" in capsys.readouterr().err
    assert not out.exists()
