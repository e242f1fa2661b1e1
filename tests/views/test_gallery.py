"""docs/gallery has what tools/gallery.py makes, and stays small."""

from pathlib import Path

import pytest
from PIL import Image
from tools import gallery

FOLDER = Path(__file__).parents[2] / "docs" / "gallery"
MOST_BYTES = 1_500_000


def test_the_gallery_is_complete_and_small() -> None:
    names = {name for name, _, _ in gallery.PICTURES} | {"landscape.png", "README.md", gallery.COLLECTED[0]}
    names |= {page.picture for page in gallery.PAGES} | {page.page for page in gallery.PAGES if page.kept}
    assert {path.name for path in FOLDER.iterdir()} == names
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_BYTES
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == gallery.page()


@pytest.mark.slow
def test_the_tool_makes_every_picture_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the tool goes to the root, and the test comes back
    gallery.main(tmp_path / "gallery")
    made = {path.name: path for path in (tmp_path / "gallery").iterdir()}
    assert set(made) == {path.name for path in FOLDER.iterdir()}
    for name, path in made.items():
        if name.endswith(".png"):
            with Image.open(path) as new, Image.open(FOLDER / name) as kept:
                assert new.size == kept.size, name
        elif name.endswith(".svg"):
            assert path.read_text() == (FOLDER / name).read_text()
