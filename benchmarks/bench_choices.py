"""The algorithm that each convolution of models/ chooses by its shape, beside all that the core has."""

import contextlib
from typing import Any

from benchmarks.contender import Contender
from benchmarks.convolution_case import ConvolutionCase
from benchmarks.options import Options
from benchmarks.peers import TUNED_MALLOC
from benchmarks.record import Record
from cnncli.layers import Conv2d
from cnncli.network import Network
from cnncli.shipped import model_names

BATCH_SIZE = 64
ALLOWED = 1.05  # the chosen one takes at most so many times what the best one takes


def cases(samples: int) -> dict[ConvolutionCase, str]:
    """Every shape once, with the first network that has it."""
    found: dict[ConvolutionCase, str] = {}
    for name in model_names():
        for step in Network.from_model_name(name).trace():
            if isinstance(step.layer, Conv2d):
                found.setdefault(_case(step.layer, step.input_shapes[0], samples), name)
    return found


def run(options: Options) -> dict[str, Any]:
    record = Record("choices", options)
    choices = record.facts["choices"] = []
    slow = 0
    options.say(f"{record.facts['cpu']}, {record.facts['instruction_set']}, {options.threads} thread(s); milliseconds")
    ours = Contender("cnncli", options.threads, options.pythons, environment=TUNED_MALLOC)
    with contextlib.closing(ours):
        for case, network in cases(options.size(BATCH_SIZE, 16)).items():
            passes = ours.ask("algorithms", case=case.to_dict(), rounds=options.rounds)
            for name, found in passes.items():
                choice = {"network": network, "shape": str(case), "pass": name, **found}
                choices.append(choice)
                slow += not good(choice)
                options.say(line(choice))
    record.note(f"{len(choices) - slow} of {len(choices)} choices take at most {ALLOWED:g} times what the best takes")
    return record.to_dict()


def least(choice: dict[str, Any]) -> dict[str, float]:
    """The least seconds of each algorithm: what disturbs a round only ever adds to it."""
    return {name: min(seconds) for name, seconds in choice["seconds"].items()}


def good(choice: dict[str, Any]) -> bool:
    seconds = least(choice)
    return seconds[choice["chosen"]] <= ALLOWED * min(seconds.values())


def line(choice: dict[str, Any]) -> str:
    seconds = least(choice)
    columns = "  ".join(
        f"{name}{'*' if name == choice['chosen'] else ' '} {1e3 * value:9.3f}" for name, value in seconds.items()
    )
    best = min(seconds, key=lambda name: seconds[name])
    verdict = "" if good(choice) else f"  {seconds[choice['chosen']] / seconds[best]:.2f} times what {best} takes"
    return f"{choice['network']:8} {choice['shape']:40} {choice['pass']:24} {columns}{verdict}"


def _case(layer: Conv2d, shape: tuple[int, ...], samples: int) -> ConvolutionCase:
    def one(pair: tuple[int, int], what: str) -> int:
        if pair[0] != pair[1]:
            raise NotImplementedError(f"{layer!r}: {what} is not square")
        return pair[0]

    return ConvolutionCase(
        samples,
        layer.in_channels,
        layer.out_channels,
        one((shape[1], shape[2]), "input"),
        one(layer.kernel_size, "kernel"),
        one(layer.stride, "stride"),
        one(layer.padding, "padding"),
        one(layer.dilation, "dilation"),
        layer.groups,
    )
