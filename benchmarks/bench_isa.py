"""AVX2 forced against AVX-512, where the CPU has both."""

import contextlib
from dataclasses import replace
from typing import Any

from benchmarks import bench_lenet5, bench_vgg
from benchmarks.bench_network import measure
from benchmarks.contender import Contender
from benchmarks.options import Options
from benchmarks.record import Record
from cnncli import _core

PAIR = ("avx2", "avx512")


def run(options: Options) -> dict[str, Any]:
    record = Record("isa", options)
    missing = [name for name in PAIR if name not in _core.instruction_sets()]
    if missing:
        record.note(
            f"{record.facts['cpu']} cannot run {' and '.join(missing)}, or this build has no kernels for it: "
            "nothing to compare"
        )
        return record.to_dict()
    with contextlib.ExitStack() as stack:
        running = {
            name: stack.enter_context(
                contextlib.closing(Contender("cnncli", options.threads, label=name, environment={"CNN_ISA": name}))
            )
            for name in PAIR
        }
        for model, work in (("lenet5", bench_lenet5), ("vgg", bench_vgg)):
            for part in [*work.TRAINING, *work.INFERENCE]:
                result = measure(model, part, running, options, record)
                record.add(replace(result, what=f"{model}: {result.what}"))
    return record.to_dict()
