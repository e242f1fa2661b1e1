"""The cases that other machines replay leave out no kind of node and no update rule."""

from pathlib import Path

import numpy as np
import pytest

import replay_cases
from cnncli import _core, optim


def test_cases_have_every_kind_of_node_and_every_update_rule(tmp_path: Path) -> None:
    program = _core.Program(1, training=False, couples_samples=False)
    x = program.input((1, 1, 1), np.zeros((1, 256), np.float32))
    with pytest.raises(ValueError, match="expected one of") as unknown:
        program.add("?", [x])
    kinds = str(unknown.value).split("one of ")[1].split(";")[0].split(", ")
    rules = {f"update {kind().rule}" for kind in optim.BY_NAME.values()}

    replay_cases.RecordedProgram.used.clear()
    replay_cases.write_cases(tmp_path / "cases")
    assert replay_cases.RecordedProgram.used >= {*kinds, *rules}
    assert _core.Program is type(program)
