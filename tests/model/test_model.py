"""The front door for programs: images of any usual form in, labels and probabilities out."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import cnncli
from cnncli import Model, Network
from cnncli.errors import CnnError, ShapeError, UsageError
from cnncli.layers import Flatten, Linear, LogSoftmax, ReLU
from cnncli.model.given_images import as_batch
from cnncli.model_file.serialize import save_model
from cnncli.pictures.recipe import InputRecipe

MEAN, SCALE = 0.25, 0.5


def model_of(channels: int = 1, *more: Any) -> Model:
    """A linear model of four classes on 2x3 images, with weights of its own; `more` layers come last."""
    network = Network(
        [Flatten(), Linear(channels * 6, 4), *more],
        (channels, 2, 3),
        ["a", "b", "c", "d"],
        recipe=InputRecipe("plain", channels, 2, 3, "any", (MEAN,) * channels, (SCALE,) * channels),
    )
    rng = np.random.default_rng(5)
    for parameter in network.named_parameters():
        parameter.value[...] = rng.standard_normal(parameter.value.shape)
    return Model(network)


def expected(model: Model, pixels: np.ndarray) -> np.ndarray:
    """Probabilities in float64, by the definition."""
    inputs = (pixels.astype(np.float64) / 255 - MEAN) / SCALE
    weight, bias = (parameter.value.astype(np.float64) for parameter in model.network.named_parameters())
    outputs = inputs.reshape(len(inputs), -1) @ weight.T + bias
    exponentials = np.exp(outputs)
    return exponentials / exponentials.sum(axis=1, keepdims=True)


@pytest.fixture
def pixels(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (5, 1, 2, 3)).astype(np.uint8)


@pytest.mark.parametrize("more", [(), (LogSoftmax(),)], ids=["outputs", "log-probabilities"])
def test_probabilities_are_the_softmax_of_the_outputs(pixels: np.ndarray, more: tuple[Any, ...]) -> None:
    model = model_of(1, *more)
    prediction = model.predict(pixels)
    assert prediction.probabilities.dtype == np.float32
    # 6 products and a softmax, each within a few roundings of float32
    np.testing.assert_allclose(prediction.probabilities, expected(model, pixels), rtol=2e-5, atol=1e-7)
    np.testing.assert_array_equal(prediction.labels, expected(model, pixels).argmax(axis=1))
    assert prediction.labels.dtype == np.int64
    assert prediction.names == ["abcd"[label] for label in prediction.labels]


@pytest.mark.parametrize(
    "convert",
    [
        lambda pixels: pixels,
        lambda pixels: pixels[:, 0],
        lambda pixels: pixels.astype(np.int64),
        lambda pixels: pixels.tolist(),
        lambda pixels: pixels.astype(np.float64) / 255,
        lambda pixels: np.asfortranarray(pixels.astype(np.float32)) / np.float32(255),
        lambda pixels: pixels.astype(">i4"),
    ],
    ids=["uint8", "without channels", "int64", "lists", "float64", "float32, Fortran order", "big-endian"],
)
def test_images_come_in_any_usual_form(pixels: np.ndarray, convert: Any) -> None:
    model = model_of()
    probabilities = model.predict(convert(pixels)).probabilities
    np.testing.assert_allclose(probabilities, expected(model, pixels), rtol=2e-5, atol=1e-7)


def test_one_image_is_a_batch_of_one(pixels: np.ndarray) -> None:
    model = model_of()
    for image in (pixels[0], pixels[0, 0], pixels[0].tolist()):
        prediction = model.predict(image)
        np.testing.assert_allclose(prediction.probabilities, expected(model, pixels[:1]), rtol=2e-5)
        assert len(prediction.names) == 1


def test_boolean_images_are_black_and_white(pixels: np.ndarray) -> None:
    model = model_of()
    probabilities = model.predict(pixels > 127).probabilities
    np.testing.assert_allclose(probabilities, expected(model, (pixels > 127) * 255), rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("one", [False, True], ids=["many", "one"])
def test_channels_may_come_last(rng: np.random.Generator, count: int, one: bool) -> None:
    model = model_of(count)
    pixels = rng.integers(0, 256, (5, count, 2, 3)).astype(np.uint8)[: 1 if one else 5]
    last = pixels.transpose(0, 2, 3, 1)
    for given in (last, last / 255.0, list(last)):
        prediction = model.predict(given[0] if one else given)
        np.testing.assert_allclose(prediction.probabilities, expected(model, pixels), rtol=1e-4, atol=1e-7)


def test_rows_of_pixels_are_images(pixels: np.ndarray) -> None:
    model = model_of()
    for given, count in ((pixels.reshape(5, 6), 5), (pixels.reshape(5, 6).tolist(), 5), (pixels[0].reshape(6), 1)):
        prediction = model.predict(given)
        np.testing.assert_allclose(prediction.probabilities, expected(model, pixels[:count]), rtol=2e-5, atol=1e-7)


def test_rows_of_colours_need_their_order(rng: np.random.Generator) -> None:
    model = model_of(3)
    pixels = rng.integers(0, 256, (5, 3, 2, 3)).astype(np.uint8)
    with pytest.raises(UsageError) as caught:
        model.predict(pixels.reshape(5, 18))
    assert str(caught.value) == (
        "predict: images 5x18 may have their channels first or last; pass channels='first' or channels='last'"
    )
    wanted = expected(model, pixels)
    first = model.predict(pixels.reshape(5, 18), channels="first")
    last = model.predict(pixels.transpose(0, 2, 3, 1).reshape(5, 18), channels="last")
    np.testing.assert_allclose(first.probabilities, wanted, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(last.probabilities, wanted, rtol=1e-4, atol=1e-7)
    with pytest.raises(UsageError) as caught:
        model.predict(pixels, channels="middle")  # type: ignore[arg-type]
    assert str(caught.value) == 'predict: channels is "middle"; use "first", "last" or None'


def test_two_channels_of_two_by_two_pixels_need_their_order_and_one_does_not() -> None:
    with pytest.raises(UsageError, match=r"^predict: images 5x2x2x2 may have their channels first or last; pass "):
        as_batch(np.zeros((5, 2, 2, 2), np.float32), (2, 2, 2))
    assert as_batch(np.zeros((5, 1, 1, 1), np.float32), (1, 1, 1)).shape == (5, 1, 1, 1)


def test_a_shape_that_fits_both_orders_is_asked_for(rng: np.random.Generator) -> None:
    recipe = InputRecipe("plain", 3, 3, 3, "any", (0.5,) * 3, (0.5,) * 3)
    model = Model(Network([Flatten(), Linear(27, 2)], (3, 3, 3), ["a", "b"], recipe=recipe))
    pixels = rng.integers(0, 256, (3, 3, 3)).astype(np.uint8)
    with pytest.raises(UsageError) as caught:
        model.predict(pixels)
    assert str(caught.value) == (
        "predict: images 3x3x3 may have their channels first or last; pass channels='first' or channels='last'"
    )
    turned = model.predict(pixels.transpose(1, 2, 0), channels="last").probabilities
    np.testing.assert_array_equal(model.predict(pixels, channels="first").probabilities, turned)


@pytest.fixture
def files(tmp_path: Path, rng: np.random.Generator) -> list[Path]:
    """Three pictures of another size and colour than the network's."""
    found = []
    for index, size in enumerate([(9, 6), (3, 2), (40, 30)]):
        found.append(tmp_path / f"{index}.png")
        Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)).save(found[-1])
    return found


@pytest.mark.parametrize(
    "convert",
    [
        lambda files: files,
        lambda files: [str(file) for file in files],
        lambda files: tuple(files),
        lambda files: (file for file in files),
        lambda files: np.array([str(file) for file in files]),
        lambda files: [Image.open(file) for file in files],
        lambda files: [file.read_bytes() for file in files],
        lambda files: [str(files[0]), Image.open(files[1]), files[2].read_bytes()],
        lambda files: [io.BytesIO(files[0].read_bytes()), io.BytesIO(files[1].read_bytes()), files[2]],
    ],
    ids=["paths", "texts", "tuple", "generator", "array of texts", "PIL images", "bytes", "mixed", "opened"],
)
def test_pictures_are_prepared_as_the_recipe_says(files: list[Path], convert: Any) -> None:
    model = model_of()
    assert model.recipe is not None
    wanted = expected(model, np.stack([model.recipe.prepare(file).pixels for file in files]))
    prediction = model.predict(convert(files))
    np.testing.assert_allclose(prediction.probabilities, wanted, rtol=2e-5, atol=1e-7)
    assert prediction.names == ["abcd"[index] for index in wanted.argmax(axis=1)]


def test_one_picture_is_a_list_of_one(files: list[Path]) -> None:
    model = model_of()
    wanted = model.predict(files).probabilities[:1]
    with Image.open(files[0]) as image:
        for given in (files[0], str(files[0]), image, files[0].read_bytes(), io.BytesIO(files[0].read_bytes())):
            np.testing.assert_allclose(model.predict(given).probabilities, wanted, rtol=1e-5)
    with pytest.raises(UsageError, match='opened as text; open it with "rb"'):
        model.predict(io.StringIO("PNG"))


def test_more_pictures_than_fit_at_once_are_answered_in_order(files: list[Path]) -> None:
    model = model_of()
    few = model.predict(files).probabilities
    many = model.predict(files * 100)
    assert len(many.names) == 300
    np.testing.assert_allclose(many.probabilities, np.tile(few, (100, 1)), rtol=1e-4, atol=1e-7)


def test_no_pictures_give_no_answers() -> None:
    prediction = model_of().predict([])
    assert prediction.probabilities.shape == (0, 4)
    assert (len(prediction.labels), prediction.names, len(prediction.sure)) == (0, [], 0)


def test_answers_below_the_threshold_are_not_sure(pixels: np.ndarray) -> None:
    model = model_of()
    assert model.predict(pixels).sure.all()
    shares = np.sort(expected(model, pixels).max(axis=1))
    threshold = float(shares[1] + shares[2]) / 2
    model.network.record = {"confidence": {"temperature": 1.0, "threshold": threshold}}
    prediction = model.predict(pixels)
    assert prediction.sure.tolist() == (expected(model, pixels).max(axis=1) >= threshold).tolist()
    assert prediction.sure.sum() == 3


@pytest.mark.parametrize(
    ("images", "line"),
    [
        ("missing.png", "missing.png: no such file; check the name"),
        (b"no picture", "picture: not a picture that can be read; save it as PNG, JPEG, GIF, BMP, PPM, TIFF, WebP, "
         "AVIF or HEIC"),
        ([b""], "images[0]: the file is empty; save the picture again"),
        ([b"", np.zeros((2, 3))], "images[1] is ndarray; pass either arrays or pictures (paths, PIL images or the "
         "bytes of picture files)"),
        ([np.zeros((2, 3)), np.zeros((3, 2))], "the images of the list differ in size; pass arrays of the network's "
         "size, or PIL images"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_told_in_one_line(images: Any, line: str) -> None:
    with pytest.raises(CnnError) as caught:
        model_of().predict(images)
    assert str(caught.value).removeprefix("predict: ") == line


def test_pictures_need_a_recipe(files: list[Path]) -> None:
    model = Model(Network([Flatten(), Linear(6, 2)], (1, 2, 3), ["a", "b"]))
    with pytest.raises(UsageError) as caught:
        model.predict(files)
    assert str(caught.value) == (
        "predict: the model was trained on plain numbers and records no way to make them from pictures; "
        "pass arrays as it was trained on"
    )


def test_colour_images_have_their_channels_first(rng: np.random.Generator) -> None:
    model = model_of(3)
    pixels = rng.integers(0, 256, (2, 3, 2, 3)).astype(np.uint8)
    np.testing.assert_allclose(
        model.predict(pixels).probabilities, expected(model, pixels), rtol=1e-4, atol=1e-7
    )


def test_a_grey_image_is_none_of_a_network_in_colour() -> None:
    with pytest.raises(ShapeError, match=r"predict: got images 2x3, the network takes 3x2x3"):
        model_of(3).predict(np.zeros((2, 3), np.uint8))


def test_no_images_give_no_answers() -> None:
    prediction = model_of().predict(np.zeros((0, 1, 2, 3), np.uint8))
    assert prediction.probabilities.shape == (0, 4)
    assert prediction.names == []


def test_many_images_are_answered_like_few(rng: np.random.Generator) -> None:
    model = model_of()
    pixels = rng.integers(0, 256, (600, 1, 2, 3)).astype(np.uint8)
    np.testing.assert_allclose(
        model.predict(pixels).probabilities, expected(model, pixels), rtol=1e-4, atol=1e-7
    )


@pytest.mark.parametrize(
    ("images", "error", "line"),
    [
        (
            np.zeros((1, 3, 2)),
            ShapeError,
            "predict: got images 1x3x2, the network takes 1x2x3 (channels, height, width); "
            "resize or transpose them, or pass pictures, which are prepared: paths, PIL images or the bytes of picture "
            "files",
        ),
        (
            np.zeros(7),
            ShapeError,
            "predict: got images 7, the network takes 1x2x3 (channels, height, width); "
            "resize or transpose them, or pass pictures, which are prepared: paths, PIL images or the bytes of picture "
            "files",
        ),
        (np.full((2, 3), 256), UsageError, "predict: pixels from 256 to 256; whole numbers go from 0 to 255"),
        (np.full((2, 3), -1), UsageError, "predict: pixels from -1 to -1; whole numbers go from 0 to 255"),
        (np.full((2, 3), 255.0), UsageError, "predict: pixels from 255 to 255; floats go from 0 to 1"),
        (np.full((2, 3), np.nan), UsageError, "predict: pixels from nan to nan; floats go from 0 to 1"),
        (
            np.full((2, 3), "x"),
            UsageError,
            "predict: images are <U1; pass whole numbers from 0 to 255 or floats",
        ),
    ],
)
def test_other_images_are_refused(images: np.ndarray, error: type[CnnError], line: str) -> None:
    with pytest.raises(error) as caught:
        model_of().predict(images)
    assert str(caught.value) == line


def test_a_loaded_model_answers_like_the_saved_one(tmp_path: Path, pixels: np.ndarray) -> None:
    model = model_of()
    save_model(tmp_path / "model.bin", model.network, {"seed": 1})
    loaded = cnncli.load(tmp_path / "model.bin")
    assert loaded.record == {"seed": 1}
    assert loaded.class_names == ["a", "b", "c", "d"]
    assert loaded.recipe == model.recipe
    first, second = model.predict(pixels), loaded.predict(pixels)
    assert first.probabilities.tobytes() == second.probabilities.tobytes()


def test_a_network_without_classes_is_no_classifier() -> None:
    with pytest.raises(UsageError) as caught:
        Model(Network([ReLU()], (1, 2, 3))).predict(np.zeros((1, 2, 3)))
    assert str(caught.value) == (
        "predict: the network gives 1x2x3 and not one value a class; use model.network.forward(images)"
    )


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_the_package_loads_no_numpy() -> None:
    code = (
        "import sys, cnncli; print(cnncli.__version__, sorted({'numpy', 'rich', 'PIL'} & set(sys.modules)))"
    )
    assert run_python(code) == f"{cnncli.__version__} []\n"


def test_loading_a_model_imports_nothing_that_only_others_need(tmp_path: Path) -> None:
    """Start-up time: pictures, the terminal, the network and writing are not needed to use a model."""
    save_model(tmp_path / "model.bin", model_of().network)
    code = (
        f"import sys, cnncli; cnncli.load({str(tmp_path / 'model.bin')!r}); "
        "print(sorted({'PIL', 'rich', 'requests', 'safetensors', 'click', 'asyncio'} & set(sys.modules)))"
    )
    assert run_python(code) == "[]\n"


def test_the_package_names_what_it_has() -> None:
    assert dir(cnncli) == [
        "Augmentation", "Model", "Network", "Prediction", "Timetable", "Trainer", "__version__", "criteria", "data",
        "layers", "load", "load_plugin", "measures", "optim", "save",
    ]  # fmt: skip
    assert all(hasattr(cnncli, name) for name in dir(cnncli))
    with pytest.raises(AttributeError, match="module 'cnncli' has no attribute 'lod'"):
        cnncli.lod  # noqa: B018


def test_forward_takes_the_floats_that_predict_makes_of_pixels(pixels: np.ndarray) -> None:
    """`predict` takes floats for pixels from 0 to 1, `forward` for what the layers compute with; both take bytes."""
    model = model_of(1)
    network, recipe = model.network, model.network.recipe
    assert recipe is not None
    shares = pixels.astype(np.float32) / np.float32(255)
    normalized = recipe.normalize(shares)
    np.testing.assert_allclose(normalized, (pixels.astype(np.float64) / 255 - MEAN) / SCALE, rtol=1e-6, atol=1e-6)
    outputs = network.forward(pixels)
    np.testing.assert_array_equal(network.forward(normalized), outputs)
    assert not np.allclose(network.forward(shares), outputs)
    assert normalized.dtype == np.float32
    exponentials = np.exp(outputs.astype(np.float64))
    shares_of_classes = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict(shares).probabilities, shares_of_classes, rtol=2e-5, atol=1e-7)
