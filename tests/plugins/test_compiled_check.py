"""What `cnn check-layer` compares between a compiled program and an eager network."""

import numpy as np
import pytest

from cnncli.checks import compiled
from cnncli.checks.compiled import check_compiled
from cnncli.checks.subject import make_subjects


def test_a_layer_that_draws_at_random_is_compared_in_evaluation_and_the_others_in_training_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[tuple[str, tuple[int, ...]]] = []

    def same(what: str, ours: np.ndarray, eager: np.ndarray) -> None:
        compared.append((what, ours.shape))
        assert np.allclose(ours, eager.reshape(ours.shape), rtol=1e-4, atol=1e-5)

    monkeypatch.setattr(compiled, "_same", same)
    drawing = make_subjects("Dropout", {"p": 0.5}, [(30,)], None, 1)
    plain = make_subjects("Linear", {"out_features": 2}, [(3,)], None, 1)
    said = check_compiled([*drawing, *plain])
    assert said == "as in an eager network (evaluation; training draws at random)"
    assert [what for what, _ in compared] == [
        "output", "output", "gradient of the input", "gradient of weight", "gradient of bias",
    ]  # fmt: skip
    assert [shape[1:] for _, shape in compared[:3]] == [(30,), (2,), (3,)]
    assert check_compiled(plain) == "as in an eager network"
