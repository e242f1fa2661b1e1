"""What Torch7 and PyTorch let one do with a module and all inside it."""

from collections.abc import Callable

import numpy as np
import pytest

from cnncli.criteria import CrossEntropyLoss
from cnncli.errors import UsageError
from cnncli.layers import BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, Module, ReLU, Residual, Sequential, Tanh
from cnncli.network import Network
from cnncli.optim import LBFGS, SGD
from cnncli.program import Program

SAMPLES = 20


def network() -> Network:
    layers = [
        Conv2d(1, 3, 3, padding=1), Residual([Conv2d(3, 3, 3, padding=1), BatchNorm2d(3), ReLU()]), ReLU(),
        MaxPool2d(2), Flatten(), Linear(12, 5),
    ]  # fmt: skip
    made = Network(layers, (1, 4, 4))
    made.initialize(3)
    return made


def data(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(size=(SAMPLES, 1, 4, 4)).astype(np.float32), rng.integers(0, 5, SAMPLES)


def weights(module: Module) -> bytes:
    return b"".join(parameter.value.tobytes() for parameter in module.named_parameters())


def test_modules_are_found_inside_containers() -> None:
    made = network()
    assert made.list_modules()[0] is made and len(list(made.modules())) == len(made.list_modules()) == 12
    assert made.find_modules(ReLU) == [made[1].branches[0][1][2], made[2]]  # type: ignore[attr-defined]
    seen: list[Module] = []
    assert made.apply(seen.append) is made
    assert seen[-1] is made and set(map(id, seen)) == set(map(id, made.modules()))
    assert seen.index(made[2]) < seen.index(made)


def test_replace_puts_another_layer_in_the_place_of_each(rng: np.random.Generator) -> None:
    made, (images, _) = network().eval(), data(rng)
    before = made.forward(images)
    assert made.replace(lambda layer: Tanh() if isinstance(layer, ReLU) else layer) is made
    assert len(made.find_modules(Tanh)) == 2 and not made.find_modules(ReLU)
    assert not np.array_equal(made.forward(images), before)


def test_clear_state_forgets_passes_and_keeps_weights(rng: np.random.Generator) -> None:
    made, (images, _) = network(), data(rng)
    outputs = made.forward(images)
    made.backward(images, outputs)
    kept = weights(made)
    assert made.clear_state() is made
    assert weights(made) == kept and made.layer_inputs == []
    with pytest.raises(UsageError, match=r"call forward with this input first"):
        made.backward(images, outputs)


def test_reset_gives_the_weights_of_a_seed() -> None:
    made = network()
    first = weights(made)
    assert weights(made.reset(4)) != first
    assert weights(made.reset(3)) == first


def test_there_is_one_type() -> None:
    made = network()
    assert made.type() == "float32" and made.type("float") is made
    with pytest.raises(UsageError, match=r"^type double: all arrays are float32; "):
        made.type("double")


def test_flat_parameters_are_those_of_the_layers_in_eager_and_compiled_steps(rng: np.random.Generator) -> None:
    images, labels = data(rng)
    plain, flattened = network(), network()
    programs = [Program(one, SAMPLES, optimizer=SGD(0.1, momentum=0.9)) for one in (plain, flattened)]
    for program in programs:
        program.bind(images, labels)
        program.step(np.arange(SAMPLES), step=0, epoch=0)
    flat, gradients = flattened.get_parameters()  # the program was compiled before
    assert flat.dtype == np.float32 and flat.shape == gradients.shape == (plain.parameter_count(),)
    for step in (1, 2):
        for program in programs:
            program.step(np.arange(SAMPLES), step=step, epoch=0)
    assert flat.tobytes() == weights(flattened) == weights(plain)
    assert gradients.any()
    assert programs[0].predict(images).tobytes() == programs[1].predict(images).tobytes()
    flat.fill(0)
    assert not any(parameter.value.any() for parameter in flattened.named_parameters())
    uniform = programs[1].predict(images)
    np.testing.assert_allclose(uniform, np.full_like(uniform, -np.log(5)), rtol=1e-6)


def test_an_optimizer_of_one_vector_trains_the_flat_parameters(rng: np.random.Generator) -> None:
    images, labels = data(rng)
    made, criterion = network().eval(), CrossEntropyLoss()
    flat, gradients = made.get_parameters()

    def closure(x: np.ndarray) -> tuple[float, np.ndarray]:
        flat[...] = x
        made.zero_grad_parameters()
        outputs = made.forward(images)
        made.backward(images, criterion.backward(outputs, labels))
        return criterion.forward(outputs, labels), gradients.astype(np.float64)

    x = flat.astype(np.float64)
    first = LBFGS(max_iter=15, line_search_fn="strong_wolfe").step(closure, x)
    assert closure(x)[0] < 0.3 * first


def test_a_module_without_parameters_has_empty_flat_ones() -> None:
    flat, gradients = Sequential(ReLU()).get_parameters()
    assert flat.shape == gradients.shape == (0,)


def test_a_clone_is_a_copy_that_shares_what_is_named(rng: np.random.Generator) -> None:
    made, (images, _) = network().eval(), data(rng)
    alone, sharing = made.clone(), made.clone("weight", "bias")
    program = Program(sharing, SAMPLES)
    for copied in (alone, sharing):
        assert copied.forward(images).tobytes() == made.forward(images).tobytes()
    made.update_parameters(0)
    for parameter in made.named_parameters():
        value = parameter.value
        value += 1
    assert weights(sharing) == weights(made) != weights(alone)
    assert sharing[0].grad_weight is not made[0].grad_weight  # type: ignore[attr-defined]
    np.testing.assert_allclose(program.predict(images), Program(made, SAMPLES).predict(images), atol=1e-5)


def test_modules_of_other_forms_share_nothing() -> None:
    with pytest.raises(UsageError, match=r"^share: the modules have other layers or shapes"):
        Linear(3, 2).share(Linear(4, 2), "weight")


def shared_pair() -> Network:
    first = Linear(4, 4)
    made = Network([Flatten(), first, Tanh(), first.clone("weight", "bias", "grad_weight", "grad_bias")], (1, 2, 2))
    first.initialize(1)
    return made


def test_shared_layers_train_eagerly_and_are_changed_once(rng: np.random.Generator) -> None:
    made = shared_pair()
    images, gradient = rng.normal(size=(3, 1, 2, 2)).astype(np.float32), np.ones((3, 4), np.float32)
    before = made[1].weight.copy()  # type: ignore[attr-defined]
    made.zero_grad_parameters()
    made.forward(images)
    made.backward(images, gradient)
    total = made[1].grad_weight.copy()  # type: ignore[attr-defined]
    SGD(0.1).step(made.named_parameters())
    np.testing.assert_allclose(made[3].weight, before - 0.1 * total, rtol=1e-6)  # type: ignore[attr-defined]


def test_shared_layers_are_refused_by_a_program_that_trains(rng: np.random.Generator) -> None:
    with pytest.raises(UsageError, match=r"^3\.weight and 1\.weight are one array, and a compiled program trains no"):
        Program(shared_pair(), 4, optimizer=SGD(0.1))
    assert Program(shared_pair(), 4).predict(np.ones((4, 1, 2, 2), np.float32)).shape == (4, 4)


def test_state_of_one_module_is_loaded_by_another(rng: np.random.Generator) -> None:
    images, _ = data(rng)
    made, other = network(), network().reset(9)
    made.forward(images)  # running statistics
    state = made.state_dict()
    assert list(state)[:2] == ["0.weight", "0.bias"] and "1.body.1.running_mean" in state
    other.load_state_dict(state)
    assert other.eval().forward(images).tobytes() == made.eval().forward(images).tobytes()
    state["0.bias"] += 1
    assert weights(other) == weights(made)  # the state is a copy


WRONG: dict[str, tuple[Callable[[dict[str, np.ndarray]], object], str]] = {
    "missing": (lambda state: state.pop("0.bias"), r"0\.bias has shape \(3,\), and gets none"),
    "strange": (lambda state: state.update(more=np.zeros(1)), r"more has shape none, and gets \(1,\)"),
    "shape": (lambda state: state.update({"0.bias": np.zeros(4)}), r"0\.bias has shape \(3,\), and gets \(4,\)"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_state_of_another_form_changes_nothing(case: str) -> None:
    change, line = WRONG[case]
    made = network()
    before, state = weights(made), network().reset(5).state_dict()
    change(state)
    with pytest.raises(UsageError, match=f"^load_state_dict: {line}"):
        made.load_state_dict(state)
    assert weights(made) == before
