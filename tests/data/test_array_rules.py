"""Arrays under any names, of any form and type: which are images and labels, each rule at its limit."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.data.array_files import npz as npz_module
from cnncli.data.array_files.arrays import make_parts, unflatten
from cnncli.data.array_files.named_arrays import Meaning, common_words, meaning_of, pair_arrays, read_named
from cnncli.data.array_files.npy import NpyHeader, read_header, read_values
from cnncli.data.array_files.npy_pair import read_npy_classes
from cnncli.data.array_files.ranges import _ranges, to_bytes
from cnncli.data.by_path import read_path
from cnncli.data.dataset import Note
from cnncli.errors import DataError


def headers(shapes: Mapping[str, tuple[int, ...]], kind: str = "u1") -> dict[str, NpyHeader]:
    return {name: NpyHeader(np.dtype(kind), False, shape, 128) for name, shape in shapes.items()}


def texts(notes: list[Note]) -> list[str]:
    return [note.text for note in notes]


@pytest.mark.parametrize(("name", "meaning"), [
    ("images", ("", "images", 0)), ("x_train", ("train", "images", 5)), ("testY", ("test", "labels", 2)),
    ("xtr", ("train", "images", 5)), ("yval", ("validation", "labels", 2)), ("tex", ("test", "images", 5)),
    ("validy", ("validation", "labels", 2)), ("train_test_x", None), ("class_names", ("", "names", 0)),
    ("weights", None),
    ("train", None), ("xs", ("", "images", 6)),
])  # fmt: skip
def test_name_of_an_array_says_its_part_and_its_kind(name: str, meaning: tuple[str, str, int] | None) -> None:
    assert meaning_of(name) == (None if meaning is None else Meaning(*meaning))


@pytest.mark.parametrize(("names", "length"), [
    (["a-b-x", "a-b-y"], 4), (["ab_x", "ab-y"], 0), (["a.x", "a.xy"], 2), (["a b", "a c", "a_d"], 0), (["one"], 0),
    (["a_one"], 2),
])  # fmt: skip
def test_words_that_all_names_begin_with_are_left_out(names: list[str], length: int) -> None:
    assert common_words(names) == length


FOUR = {"a": (9, 5, 5), "b": (9,), "c": (3, 5, 5), "d": (3,)}


@pytest.mark.parametrize(("shapes", "pairs"), [
    ({"a": (9, 5, 5), "b": (9,)}, {"train": ("a", "b")}), ({"a": (9,), "b": (9, 5, 5)}, {"train": ("b", "a")}),
    ({"a": (9, 25), "b": (9,)}, {"train": ("a", "b")}), ({"a": (9, 25), "b": (9, 3)}, {"train": ("a", "b")}),
    ({"a": (9, 5, 5), "b": (9, 3)}, {"train": ("a", "b")}), ({"a": (9,), "b": (9,)}, None),
    ({"a": (9, 5, 5), "b": (9, 5, 6)}, None),
    ({"a": (9, 5, 5), "b": (9,), "c": (9, 2)}, {"train": ("a", "b")}), ({"a": (9, 25), "b": (9,), "c": (9, 2)}, None),
    (FOUR, {"train": ("a", "b"), "test": ("c", "d")}), ({**FOUR, "d": (9,)}, None),
    ({**FOUR, "c": (9, 5, 5), "d": (9,)}, None),
    ({**FOUR, "e": (3,)}, None),
    ({"x": (9, 5, 5), "data": (9, 25), "y": (9,), "label": (9,)}, {"train": ("x", "label")}),
    ({"x_val": (9, 5, 5), "y_val": (9,), "x": (9, 5, 5)}, {"validation": ("x_val", "y_val")}), ({}, None),
])  # fmt: skip
def test_images_and_labels_are_told_by_their_names_else_by_their_shapes(
    shapes: dict[str, tuple[int, ...]], pairs: dict[str, tuple[str, str]] | None
) -> None:
    if pairs is not None:
        assert pair_arrays("w", headers(shapes)) == (pairs, None)
    else:
        with pytest.raises(
            DataError, match=r"^w: (holds no arrays|which arrays are images and which their labels is not)"
        ):
            pair_arrays("w", headers(shapes))


def test_six_arrays_are_named_where_their_meaning_is_not_known() -> None:
    names = [f"n{number}" + "x" * 50 for number in range(8)]
    for count, more in ((6, ""), (7, " and 1 more"), (8, " and 2 more")):
        with pytest.raises(DataError) as caught:
            pair_arrays("w", headers(dict.fromkeys(names[:count], (9, 25))))
        listed = ", ".join(f"{name[:40]} 9x25" for name in names[:6])
        assert str(caught.value) == (
            f"w: which arrays are images and which their labels is not known: {listed}{more}; save images and labels "
            "as x_train, y_train, x_test, y_test (or x, y)"
        )


def test_names_of_classes_are_text_of_which_each_is_another(rng: np.random.Generator) -> None:
    images, labels = rng.integers(0, 256, (4, 5, 5), np.uint8), np.array([0, 1, 1, 0])
    images[0, 0, :2] = 0, 255

    def names(given: np.ndarray) -> list[str]:
        arrays = {
            "x": images,
            "y": labels,
            "names": given,
            **{f"more{number}" + "z" * 50: labels for number in range(7)},
        }
        found = {name: NpyHeader(array.dtype, False, array.shape, 0) for name, array in arrays.items()}
        made = read_named("w", "set", found, arrays.__getitem__)
        count = 7 + (given.ndim > 1 or given.dtype.kind not in "US")
        assert made.notes[-1].counts == {"arrays": count}
        rest = [f"more{number}" + "z" * 35 for number in range(7)]
        listed = ["names", *rest][:6] if count == 8 else rest[:6]
        assert made.notes[-1].text == f"left aside: arrays {', '.join(listed)} and {count - 6} more"
        return made.class_names

    assert names(np.array(["ant", "bee"])) == ["ant", "bee"] == names(np.array([b"ant", b"bee"]))
    for other in (
        np.array(["ant", "ant"]),
        np.array(["ant", ""]),
        np.array(["ant", "b\n"]),
        np.array([["ant", "bee"]]),
        np.arange(2),
    ):
        assert names(other) == ["0", "1"]


@pytest.mark.parametrize(("labels", "made", "note"), [
    (np.array([[2], [0]]), ["0", "2"], None), (np.array([[2, 0]]), ["0", "2"], None),
    (np.array([[0, 1], [1, 0]]), ["0", "1"], "converted: one-hot labels of 2 columns to class numbers"),
    (np.array([1.0, 0.0]), ["0", "1"], "converted: labels saved as floats to whole numbers"),
    (np.array([True, False]), ["0", "1"], None),
    (np.array([-1, 1]), ["-1", "1"], None), (np.array(["b", "a"]), ["a", "b"], None),
    (np.array([b"b", b"a"]), ["a", "b"], None),
    (np.array([2**53 - 1, 0.0]), ["0", str(2**53 - 1)], "converted: labels saved as floats to whole numbers"),
])  # fmt: skip
def test_labels_of_any_form_are_classes(labels: np.ndarray, made: list[str], note: str | None) -> None:
    images = np.array([0, 255], np.uint8).reshape(2, 1, 1)
    names, parts, notes = make_parts("w", {"train": ("x", images, "y", labels)})
    assert names == made and len(parts["train"].labels) == 2
    assert note is None or note in texts(notes)


@pytest.mark.parametrize(("labels", "said"), [
    (np.array([-1, 0]), "label -1 found; labels are whole numbers from 0, or text"),
    (np.array([-2, 1]), "label -2 found; labels are whole numbers from 0, or text"),
    (np.array([2**53, 0.0]), r"y is float64 \(2,\); labels are whole numbers or text"),
    (np.array([0.5, 1]), r"y is float64 \(2,\)"), (np.array([np.nan, 1]), r"y is float64 \(2,\)"),
    (np.array([[1, 1], [0, 1]]), r"y is int64 \(2, 2\)"), (np.array([[0, 0], [0, 1]]), r"y is int64 \(2, 2\)"),
    (np.array([[2, 0], [0, 1]]), r"y is int64 \(2, 2\)"), (np.zeros((2, 2, 2)), r"y is float64 \(2, 2, 2\)"),
    (np.array([2**63, 0], np.uint64), rf"label {2**63} found; labels go up to 2\^63 - 1"),
    (np.array([b"\xff", b"a"]), "not UTF-8 text"),
    (np.array([1, 0, 1]), "x has 2 images, but y 3 labels; save one label for each image"),
])  # fmt: skip
def test_labels_that_are_none_are_refused(labels: np.ndarray, said: str) -> None:
    images = np.array([0, 255], np.uint8).reshape(2, 1, 1)
    with pytest.raises(DataError, match=f"^w: .*{said}"):
        make_parts("w", {"train": ("x", images, "y", labels)})


@pytest.mark.parametrize(("shape", "count", "made"), [
    ((5, 7, 6), 5, (5, 1, 7, 6)), ((7, 7, 5), 5, (5, 1, 7, 7)), ((5, 7, 6, 3), 5, (5, 3, 7, 6)),
    ((5, 3, 7, 6), 5, (5, 3, 7, 6)),
    ((5, 7, 6, 1), 5, (5, 1, 7, 6)), ((5, 3, 7, 3), 5, (5, 3, 7, 3)), ((5, 3, 3, 3), 5, (5, 3, 3, 3)),
    ((5, 3, 3, 1), 5, (5, 1, 3, 3)),
    ((7, 6, 3, 5), 5, (5, 3, 7, 6)), ((7, 6, 1, 5), 5, (5, 1, 7, 6)), ((5, 1, 6, 3), 5, (5, 1, 6, 3)),
    ((5, 16), 5, (5, 1, 4, 4)),
    ((5, 4, 7, 6), 5, (5, 3, 7, 6)), ((5, 7, 6, 4), 5, (5, 3, 7, 6)), ((7, 6, 4, 5), 5, (5, 3, 7, 6)),
    ((5, 5, 5), 5, (5, 1, 5, 5)),
    ((7, 8, 5), 5, None), ((7, 6, 5, 5), 5, None), ((5, 7, 6, 2), 5, None), ((5, 7, 6, 5), 5, None), ((5,), 5, None),
    ((5, 1, 1, 1, 1), 5, None),
    ((5, 17), 5, None), ((5, 0), 5, None), ((3, 7, 5), 5, None),
])  # fmt: skip
def test_images_of_any_usual_form_are_planes(
    shape: tuple[int, ...], count: int, made: tuple[int, ...] | None, rng: np.random.Generator
) -> None:
    images = rng.integers(17, 256, shape, np.uint8)
    pairs = {"train": ("x", images, "y", np.arange(count))}
    if made is None:
        with pytest.raises(DataError, match=r"^w: "):
            make_parts("w", pairs)
    else:
        pictures: Any = make_parts("w", pairs)[1]["train"].pictures
        assert pictures.shape == made


@pytest.mark.parametrize("side", [2, 9])
def test_rows_of_colours_are_in_planes_or_side_by_side_whichever_is_smooth(side: int, rng: np.random.Generator) -> None:
    smooth = np.linspace(0, 40, side * side).reshape(1, 1, side, side) + np.array([10, 100, 190]).reshape(1, 3, 1, 1)
    for order, flat in (("in planes", smooth), ("side by side", smooth.transpose(0, 2, 3, 1))):
        notes: list[Note] = []
        np.testing.assert_array_equal(unflatten("w", "x", flat.reshape(1, -1), notes), smooth)
        assert texts(notes) == [
            f"converted: rows of {3 * side * side} numbers to colour images of {side}x{side} (colours {order})"
        ]
    with pytest.raises(DataError, match=f"x has rows of {3 * 144} numbers, and whether"):
        unflatten("w", "x", rng.integers(0, 256, (3, 3 * 144)), [])
    assert unflatten("w", "x", np.array([[1, 2, 3]]), []).tolist() == [[[[1]], [[2]], [[3]]]]  # the same in both


def test_transparent_pixels_are_laid_over_white_each_rounded(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (1500, 4, 2, 5), np.uint8)
    _, parts, notes = make_parts("w", {"train": ("x", images, "y", np.arange(1500))})
    share = images[:, 3:] / 255
    expected = np.floor(images[:, :3] * share + 255 * (1 - share) + 0.5)
    assert np.abs(np.asarray(parts["train"].pictures, int) - expected).max() <= 1
    exact = (images[:, :3].astype(int) * images[:, 3:] + 255 * (255 - images[:, 3:].astype(int)) + 127) // 255
    np.testing.assert_array_equal(parts["train"].pictures, exact)
    for alpha, said in ((255, "without transparency"), (0, "that makes all transparent")):
        images[:, 3] = alpha
        _, parts, notes = make_parts("w", {"train": ("x", images, "y", np.arange(1500))})
        np.testing.assert_array_equal(parts["train"].pictures, images[:, :3])
        assert f"converted: a fourth channel {said} left out" in texts(notes)


@pytest.mark.parametrize(("low", "high", "whole", "meant"), [
    (0, 1.001, False, (0, 1)), (-0.001, 1, False, (0, 1)), (0, 1.002, False, None), (-0.002, 1, False, None),
    (-1.001, 1.001, False, (-1, 1)),
    (-1.002, 1, False, None), (-1, 1.002, False, None), (-0.5, 0.501, False, (-0.5, 0.5)), (0, 16, False, None),
    (0, 16.1, False, (0, 255)),
    (0, 255.001, False, (0, 255)), (0, 256, False, None), (0, 256, True, None), (0, 511, True, None),
    (0, 512, True, (0, 1023)),
    (0, 1023, True, (0, 1023)), (0, 1024, True, (0, 4095)), (0, 4095, True, (0, 4095)), (0, 4096, True, (0, 65535)),
    (0, 65535, True, (0, 65535)), (0, 65536, True, None), (0, 600, False, None),
])  # fmt: skip
def test_ranges_of_numbers_have_a_meaning_up_to_their_limits(
    low: float, high: float, whole: bool, meant: tuple[float, float] | None
) -> None:
    assert _ranges(low, high, whole) == ([] if meant is None else [meant])


@pytest.mark.parametrize(("values", "is_8x8", "made", "note"), [
    ([0, 1], False, [0, 255], "converted: whole numbers from 0 to 1 to bytes"),
    ([0.0, 1], False, [0, 255], "converted: floats from 0 to 1 to bytes"),
    ([0, 2], False, [0, 2], "pixels go from 0 to 2 only, and are taken as 0 to 255"),
    ([0, 31], False, [0, 31], "pixels go from 0 to 31 only, and are taken as 0 to 255"),
    ([0, 32], False, [0, 32], None), ([0.0, 32], False, [0, 32], "converted: floats from 0 to 255 to bytes"),
    ([0, 255], False, [0, 255], None),
    ([0, 16], False, [0, 255], "converted: whole numbers from 0 to 16 to bytes"),
    ([0, 15], False, [0, 255], "converted: whole numbers from 0 to 15 to bytes"),
    ([0, 8], True, [0, 128], "converted: whole numbers from 0 to 16 to bytes (images of 8x8)"),
    ([0, 17], True, [0, 17], "pixels go from 0 to 17 only, and are taken as 0 to 255"),
    ([True, False], False, [255, 0], "converted: True and False to bytes, 255 and 0"),
    ([-1.0, 1], False, [0, 255], "converted: floats from -1 to 1 to bytes"),
    ([-0.5, 0.5], False, [0, 255], "converted: floats from -0.5 to 0.5 to bytes"),
    ([0, 0.5, 1], False, [0, 128, 255], "converted: floats from 0 to 1 to bytes"),
    ([0.5, 254.6], False, [0, 255], "converted: floats from 0 to 255 to bytes"),
    ([0, 1023], False, [0, 255], "converted: whole numbers from 0 to 1023 to bytes"),
])  # fmt: skip
def test_pixels_become_bytes_by_the_range_of_all(
    values: list[float], is_8x8: bool, made: list[int], note: str | None
) -> None:
    found, notes = to_bytes("w", {"train": np.array(values)}, is_8x8)
    assert found["train"].tolist() == made and found["train"].dtype == np.uint8
    assert texts(notes)[-1:] == ([] if note is None else [note])


def test_parts_of_other_scales_are_refused_and_dark_ones_are_none() -> None:
    half, bytes_ = np.array([0, 0.5]), np.array([0.0, 200])
    with pytest.raises(
        DataError, match=r"^w: pixels of test go up to 0\.5, those of train up to 200; scale both alike$"
    ):
        to_bytes("w", {"train": bytes_, "test": half})
    dark = np.zeros(1000)
    for inked, is_refused in ((9, False), (10, True)):  # a hundredth of the pixels is 1
        dark[:inked] = 1
        if is_refused:
            with pytest.raises(DataError, match="those of train up to 200; scale both alike"):
                to_bytes("w", {"train": bytes_, "test": dark})
        else:
            assert to_bytes("w", {"train": bytes_, "test": dark})[0]["test"].sum() == inked
    assert to_bytes("w", {"train": bytes_, "test": np.ones(9)})[0]["test"].tolist() == [1] * 9  # none is 0
    two = np.array([0.25, 2])
    with pytest.raises(DataError, match="whose black and white are not known"):
        to_bytes("w", {"train": two, "test": half})  # 2 may be a share that somebody sharpened
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(
            DataError, match=r"^w: holds NaN or infinite pixels; replace them, and save bytes from 0 to 255$"
        ):
            to_bytes("w", {"train": np.array([0.0, bad])})
    assert to_bytes("w", {"train": np.zeros((0, 2))})[0]["train"].shape == (0, 2)


def npy(array: np.ndarray, **changes: bytes) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    content = file.getvalue()
    for old, new in changes.items():
        content = content.replace(old.encode(), new)
    return content


def header_of(content: bytes) -> NpyHeader:
    return read_header("w", "x", io.BytesIO(content))


@pytest.mark.parametrize("version", [1, 2, 3])
def test_headers_of_all_versions_are_read(version: int) -> None:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.arange(6, dtype="<i2").reshape(2, 3), (version, 0))
    content = file.getvalue()
    found = header_of(content)
    assert (found.dtype, found.shape, found.fortran, found.begin) == (np.dtype("<i2"), (2, 3), False, len(content) - 12)
    assert found.size_bytes == 12
    with pytest.raises(DataError, match=r"^w: x has a header of an unknown version or is cut; save it again$"):
        header_of(content[:6] + b"\x04" + content[7:])
    for cut in (7, 8, 9, 8 + (2 if version == 1 else 4) - 1):
        with pytest.raises(DataError, match="of an unknown version or is cut"):
            header_of(content[:cut])


def test_long_headers_and_texts_are_refused_above_their_limits() -> None:
    def padded(length: int) -> bytes:
        text = b"{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }"
        return b"\x93NUMPY\x02\x00" + length.to_bytes(4, "little") + text.ljust(length) + b"ab"

    assert header_of(padded(10_000)).begin == 10_012
    with pytest.raises(DataError, match=r"^w: x has a header of 10,001 bytes; save it again$"):
        header_of(padded(10_001))
    for length, is_read in ((1, True), (1000, True), (1001, False), (0, False)):
        content = npy(np.array(["a"]), **{"<U1": f"<U{length}".encode()})
        if is_read:
            assert header_of(content).dtype.itemsize == 4 * length
        else:
            with pytest.raises(DataError, match=f"^w: x holds <U{length}; save it as plain numbers$"):
                header_of(content)
    for dimensions, is_read in ((8, True), (9, False)):
        shape = "(" + "1, " * dimensions + ")"
        content = b"\x93NUMPY\x01\x00" + (200).to_bytes(2, "little")
        content += f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(200) + b"a"
        if is_read:
            assert header_of(content).shape == (1,) * 8
        else:
            with pytest.raises(DataError, match=r"^w: x has the shape \(1, 1, .*\); save it again$"):
                header_of(content)


@pytest.mark.parametrize(("point", "is_text"), [
    (0x10FFFF, True), (0x110000, False), (0xD7FF, True), (0xD800, False), (0xDFFF, False), (0xE000, True),
])  # fmt: skip
def test_text_of_arrays_is_unicode(point: int, is_text: bool) -> None:
    for order in "<>":
        header = NpyHeader(np.dtype(f"{order}U2"), False, (1,), 10)
        content = np.array([point, 0], f"{order}u4").tobytes()
        if is_text:
            assert read_values("w", "x", io.BytesIO(content), header, 18).tolist() == [chr(point)]
        else:
            with pytest.raises(DataError, match=r"^w: x holds text that is not Unicode; save it again$"):
                read_values("w", "x", io.BytesIO(content), header, 18)


def test_sizes_that_do_not_fit_are_refused_with_both() -> None:
    header = NpyHeader(np.dtype("<i2"), True, (2, 3), 10)
    content = np.arange(6, dtype="<i2").tobytes()
    assert read_values("w", "x", io.BytesIO(content), header, 22).tolist() == [[0, 2, 4], [1, 3, 5]]
    for size in (21, 23):
        with pytest.raises(DataError, match=f"^w: x says 2x3 of int16, but {size - 10} bytes follow; save it again$"):
            read_values("w", "x", io.BytesIO(content), header, size)
    with pytest.raises(DataError, match=r"^w: x says 2x3 of int16, but ends before; save it again$"):
        read_values("w", "x", io.BytesIO(content[:-1]), header, 22)
    huge = NpyHeader(np.dtype("u1"), False, ((2 << 30) + 1,), 10)
    with pytest.raises(DataError, match=r"^w: x takes 2,147,483,649 bytes; the limit is 2,147,483,648"):
        read_values("w", "x", io.BytesIO(), huge, (2 << 30) + 11)
    with pytest.raises(DataError, match="but ends before"):
        read_values("w", "x", io.BytesIO(), NpyHeader(np.dtype("u1"), False, (2 << 30,), 10), (2 << 30) + 10)


def test_archives_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> None:
    images = rng.integers(17, 256, (4, 5, 5), np.uint8)
    path = tmp_path / "set.npz"
    np.savez(path, x=images, y=np.arange(4))
    size = sum(len(npy(array)) for array in (images, np.arange(4)))
    for limit in (size, size - 1):
        monkeypatch.setattr(npz_module, "MAX_BYTES", limit)
        if limit == size:
            assert len(read_path(path).parts["train"]) == 4
        else:
            with pytest.raises(
                DataError, match=f"unpacks to {size:,} bytes; the limit is {limit:,}, use a smaller set$"
            ):
                read_path(path)
    monkeypatch.undo()
    for count in (1000, 1001):
        np.savez(path, **{f"n{number}": np.zeros(1) for number in range(count - 2)}, x=images, y=np.arange(4))
        if count == 1000:
            assert len(read_path(path).parts["train"]) == 4
        else:
            with pytest.raises(DataError, match=r"has 1,001 members; at most 1,000 are read$"):
                read_path(path)


def test_arrays_of_one_class_each_are_of_one_shape_and_type(tmp_path: Path) -> None:
    def refused(first: np.ndarray, second: np.ndarray) -> str:
        for name, array in (("cat", first), ("dog", second)):
            np.save(tmp_path / f"set_{name}.npy", array)
        with pytest.raises(DataError) as caught:
            read_npy_classes(tmp_path, [tmp_path / "set_cat.npy", tmp_path / "set_dog.npy"])
        return str(caught.value)

    seen = f"{tmp_path}: which arrays are images and which their labels is not known: set_cat.npy "
    assert refused(np.zeros(3), np.zeros(3)).startswith(f"{seen}3, set_dog.npy 3; name them")
    assert refused(np.zeros((3, 4)), np.zeros((3, 9))).startswith(f"{seen}3x4, set_dog.npy 3x9; name them")
    for name, level in (("cat", 20), ("dog", 90)):
        np.save(tmp_path / f"set_{name}.npy", np.full((level // 10, 4), level, np.uint8))
    found = read_npy_classes(tmp_path, [tmp_path / "set_cat.npy", tmp_path / "set_dog.npy"])
    assert found.class_names == ["cat", "dog"] and np.bincount(found.parts["train"].labels).tolist() == [2, 9]
    assert texts(found.notes)[0] == "classes: from the names of the files, such as set_cat.npy"
