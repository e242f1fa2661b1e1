"""Arrays of many images, a portion at a time: what is made of a portion stays small."""

from collections.abc import Iterator

IMAGES = 1024  # of a portion


def portions(count: int) -> Iterator[slice]:
    """The places of so many images, from the first on.

    >>> list(portions(1500))
    [slice(0, 1024, None), slice(1024, 1500, None)]
    """
    for start in range(0, count, IMAGES):
        yield slice(start, min(start + IMAGES, count))
