"""What is laid below transparent parts depends on whether anything is seen, in any of the three colours."""

import pytest
from PIL import Image

from cnncli.pictures.picture_file import read_picture


@pytest.mark.parametrize("colour", [(255, 255, 0), (255, 0, 255), (0, 255, 255)])
def test_ink_that_differs_from_white_in_one_colour_is_seen_on_white(colour: tuple[int, int, int]) -> None:
    picture = Image.new("RGBA", (5, 4), (0, 0, 0, 0))
    picture.putpixel((1, 2), (*colour, 255))
    image, notes = read_picture(picture)
    assert notes == ["transparent parts filled with white"]
    assert image.getpixel((1, 2)) == colour and image.getpixel((0, 0)) == (255, 255, 255)


def test_colour_below_a_picture_that_is_transparent_everywhere_is_shown_if_there_is_more_than_one() -> None:
    picture = Image.new("RGBA", (5, 4), (250, 120, 10, 0))
    assert read_picture(picture)[1] == ["transparent parts filled with black"]  # nothing is seen on white
    picture.putpixel((1, 2), (250, 120, 11, 0))
    image, notes = read_picture(picture)
    assert notes == ["transparent everywhere, which is left out"] and image.getpixel((1, 2)) == (250, 120, 11)
