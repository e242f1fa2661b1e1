"""The search for pictures that are nearly the same, step by step, against all pairs and eigenvectors by NumPy."""

import numpy as np
import pytest
from PIL import Image

from cnncli.data.inspection import alike as search
from cnncli.data.inspection import groups
from cnncli.data.inspection.alike import _directions, _each_with_each, _matches, _near, _unique, alike
from cnncli.data.inspection.groups import find_groups
from cnncli.data.inspection.looks import Looks

MODULE, LIMIT = "cnncli.data.inspection.alike", 0.993


def thumbnails(rng: np.random.Generator, count: int, doubles: int) -> np.ndarray:
    """Of which the last ones are the first ones with noise."""
    thumbs = rng.integers(0, 256, (count, 8, 8)).astype(np.float64).repeat(2, 1).repeat(2, 2).reshape(count, 256)
    noise = rng.normal(0, 1, (doubles, 256)) * np.arange(1, doubles + 1)[:, None]
    thumbs[count - doubles :] = thumbs[:doubles] * 0.9 + noise
    return thumbs.clip(0, 255).astype(np.uint8)


def pairs_of(thumbs: np.ndarray) -> list[list[int]]:
    """Those whose correlation is the limit or more."""
    return np.argwhere(np.triu(np.corrcoef(thumbs) >= LIMIT, 1)).tolist()


@pytest.mark.parametrize("rows", [1, 7, 40, 41, 512])
def test_each_is_compared_with_each_however_many_at_a_time(
    rows: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    thumbs = thumbnails(rng, 40, 15)
    expected = pairs_of(thumbs)
    assert 0 < len(expected) < 15  # the limit is on the way
    monkeypatch.setattr(search, "_ROWS", rows)
    assert _each_with_each(thumbs).tolist() == expected
    for few in (39, 40):  # more are found by their bands
        monkeypatch.setattr(search, "_FEW", few)
        pairs, is_whole = alike(thumbs)
        assert (pairs.tolist(), is_whole) == (expected, True)


@pytest.mark.parametrize("dimensions", [1, 2, 3, 5, 12, 13, 30])
def test_pairs_that_share_a_band_are_those_within_the_distance_of_that_correlation(
    dimensions: int, rng: np.random.Generator
) -> None:
    """Below 64 points a band has two bits, either of which may differ: every pair shares one."""
    centres = rng.normal(size=(9, dimensions))
    points = centres.repeat(6, 0) + rng.normal(size=(54, dimensions)) * np.linspace(0.001, 0.2, 54)[:, None]
    points[5] = points[4]
    if dimensions > 12:
        points[50:] = points[:4]
        points[50:, -1] += 1  # the same but for the last direction
    points = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    apart = ((points[:, None].astype(np.float64) - points[None]) ** 2).sum(axis=2)
    expected = np.argwhere(np.triu(apart <= 2 * (1 - LIMIT), 1))
    assert not (np.abs(apart - 2 * (1 - LIMIT)) < 1e-6).any()
    found, is_whole = _near(points)
    assert found.tolist() == expected.tolist() and is_whole and [4, 5] in found.tolist()


@pytest.mark.parametrize("at_once", [1, 2, 5, 1000])
def test_numbers_are_matched_with_all_that_have_the_key_they_ask_for(
    at_once: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_AT_ONCE", at_once)
    keys, flip = rng.integers(0, 12, 40), 1
    order = np.argsort(keys, kind="stable")
    for asked in (keys, keys ^ flip, np.full(40, 99)):
        pieces = list(_matches(keys[order], order, asked))
        found = sorted(tuple(pair) for piece in pieces for pair in piece.tolist())
        assert found == [
            (one, other) for one in range(40) for other in range(40) if other != one and keys[other] == asked[one]
        ]
        if at_once < 1000:
            most = max(np.bincount(keys))
            assert max(map(len, pieces)) <= max(at_once, most)


def test_pairs_are_told_once_and_in_order() -> None:
    found = _unique([np.array([[3, 9], [0, 2]]), np.array([[3, 9], [3, 4], [0, 2]])], 10)
    assert found.tolist() == [[0, 2], [3, 4], [3, 9]] and _unique([], 10).shape == (0, 2)


@pytest.mark.parametrize(("strong", "kept"), [(1, 1), (5, 5), (36, 36), (50, 36)])
def test_directions_are_the_first_eigenvectors_and_36_at_most(strong: int, kept: int, rng: np.random.Generator) -> None:
    """Waves that have nothing in common, each thumbnail one of them, the first ones more often."""
    cosines = np.cos(np.pi * (np.arange(256)[None] + 0.5) * np.arange(1, strong + 1)[:, None] / 256)
    of = np.repeat(np.arange(strong), np.arange(2 * strong, strong, -1))
    thumbs = (128 + 100 * cosines[of] * rng.choice([-1, 1], len(of))[:, None]).round().astype(np.uint8)
    found = _directions(thumbs)
    assert found.shape == (256, kept) and found.dtype == np.float32
    np.testing.assert_allclose(found.T @ found, np.eye(kept), atol=1e-5)
    rows = thumbs - thumbs.mean(axis=1, keepdims=True)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    squares = np.linalg.eigvalsh(rows.T @ rows / len(rows))[::-1]
    np.testing.assert_allclose(((rows @ found) ** 2).mean(axis=0), squares[:kept], rtol=0.02)


def test_pairs_of_pictures_are_read_again_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    thumb = np.arange(256, dtype=np.uint8)
    picture = Image.fromarray(thumb.reshape(16, 16).repeat(2, 0).repeat(2, 1))
    zeros, ones = np.zeros(3, np.uint8), np.ones(3, bool)
    looks = Looks(
        part=zeros, number=np.arange(3), label=np.arange(3), names=str,
        digest=np.array([bytes([number] * 16) for number in (1, 2, 3)], "V16"), thumb=np.tile(thumb, (3, 1)),
        size=np.full((3, 2), 32, np.int32), darkest=zeros, lightest=zeros + 255, is_constant=~ones, has_colour=~ones,
        is_read=ones,
    )  # fmt: skip
    for most, found, is_whole in ((3, [(0, 1, 2)], True), (2, [(0, 1, 2)], False), (1, [(0, 1)], False)):
        monkeypatch.setattr(groups, "_MOST_COMPARED", most)
        told = find_groups(looks, lambda number: picture)
        assert (told.equal, told.alike, told.is_whole) == ([], found, is_whole)
