"""More threads against one: everything but LeNet-5 at batch 1, which is too little work to split.

Beside them as many programs of one thread each, which share nothing but the machine: what its memory, its caches and
the clock of its cores leave to that many threads. Threads that share weights in a cache can do better.
"""

import contextlib
from dataclasses import replace
from typing import Any

from benchmarks import bench_lenet5, bench_vgg
from benchmarks.bench_network import measure
from benchmarks.contender import Contender, Together
from benchmarks.options import Options
from benchmarks.record import Record
from benchmarks.targets import APART


def run(options: Options) -> dict[str, Any]:
    record = Record("scaling", options)
    if options.threads == 1:
        record.note("one thread is what the others are compared with: pass --threads 2")
        return record.to_dict()
    with contextlib.ExitStack() as stack:

        def start(threads: int, label: str) -> Contender:
            return stack.enter_context(contextlib.closing(Contender("cnncli", threads, label=label)))

        many, one = f"{options.threads} threads", "1 thread"
        running: dict[str, Contender | Together] = {
            many: start(options.threads, many),
            one: start(1, one),
            APART: Together([start(1, APART) for _ in range(options.threads)], APART),
        }
        for model, work in (("lenet5", bench_lenet5), ("vgg", bench_vgg)):
            for part in [*work.TRAINING, *work.INFERENCE]:
                if (model, part.batch_size) != ("lenet5", 1):
                    result = measure(model, part, running, options, record)
                    record.add(replace(result, what=f"{model}: {result.what}"))
    return record.to_dict()
