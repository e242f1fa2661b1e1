"""What a step does with its gradients: the penalty, their bounds, the optimizer's rule on each parameter, averages."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from cnncli import _core
from cnncli.custom_code import calling
from cnncli.layers.parameter import Parameter
from cnncli.layers.returned import is_custom
from cnncli.limits import Limits
from cnncli.network import Network
from cnncli.program.lowering import check_unshared
from cnncli.program.weight_average import WeightAverage

if TYPE_CHECKING:  # a prediction needs none
    from cnncli.optim.optimizer import Optimizer


class Updates:
    """The part of a training program after its gradients; arguments as those of `Program`."""

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer | None,
        *,
        clip_norm: float | None,
        clip_value: float | None,
        l1: float,
        fixed: Collection[str],
        average: WeightAverage | None,
    ) -> None:
        for name, bound in (("clip_norm", clip_norm), ("clip_value", clip_value)):
            if bound is not None:
                Limits(above=0).checked(name, bound)
        self._network, self._optimizer, self._average = network, optimizer, average
        self._fixed = frozenset(fixed)
        self._l1 = Limits(least=0).checked("l1", l1)
        self._clip = {"norm": clip_norm or 0.0, "value": clip_value or 0.0}
        self._groups: list[bool] = []  # of parameters with the same settings: whether their weights decay

    def learned(self) -> list[Parameter]:
        """The parameters that steps change."""
        return [parameter for parameter in self._network.named_parameters() if parameter.name not in self._fixed]

    def add_to(self, core: _core.Program) -> None:
        """The optimizer's rule on each parameter; those that decay share its settings of a step, and the others."""
        optimizer, groups = self._optimizer, self._groups
        assert optimizer is not None
        groups.clear()
        check_unshared(self._network)
        if self._l1:
            decaying = [parameter for parameter in self.learned() if parameter.decay]
            core.penalty([one.value for one in decaying], [one.gradient for one in decaying], l1=self._l1)
        if any(self._clip.values()):
            core.clip([parameter.gradient for parameter in self.learned()], **self._clip)
        for array, averages in [] if self._average is None else self._average.pairs():
            core.average(array, averages)
        if not optimizer.runs_in_core:
            return
        for parameter in self.learned():
            if parameter.decay not in groups:
                groups.append(parameter.decay)
            core.update(
                optimizer.rule, parameter.value, parameter.gradient, optimizer.state_of(parameter),
                group=groups.index(parameter.decay),
            )

    def settings(self) -> list[list[float]]:
        """Of the optimizer's next step, for each group of parameters."""
        optimizer = self._optimizer
        if not self._groups or optimizer is None:
            return []
        step, decay = optimizer.steps + 1, optimizer.weight_decay
        if decay == 0:
            return [optimizer.rule_settings(step, 0.0)] * len(self._groups)
        return [optimizer.rule_settings(step, decay if decays else 0.0) for decays in self._groups]

    def share_in_core(self, step: int) -> float | None:
        """What the averages take of the weights at the end of the native step; None: nothing, or it is done later."""
        if self._average is None or self._optimizer is None or not self._optimizer.runs_in_core:
            return None
        return self._average.share(step)

    def finish(self, core: _core.Program, step: int, threads: int) -> None:
        """What follows a native step whose loss is a number."""
        optimizer = self._optimizer
        assert optimizer is not None
        if optimizer.runs_in_core:
            optimizer.steps += 1
            return
        with calling(optimizer, "step" if is_custom(type(optimizer), "step") else "update"):
            optimizer.step(self.learned())
        if self._average is not None:
            core.take_averages(share=self._average.share(step), threads=threads)
