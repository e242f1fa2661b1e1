"""More threads against one: everything but LeNet-5 at batch 1, which is too little work to split."""

import contextlib
from dataclasses import replace
from typing import Any

from benchmarks import bench_lenet5, bench_vgg
from benchmarks.bench_network import measure
from benchmarks.contender import Contender
from benchmarks.options import Options
from benchmarks.record import Record


def run(options: Options) -> dict[str, Any]:
    record = Record("scaling", options)
    if options.threads == 1:
        record.note("one thread is what the others are compared with: pass --threads 2")
        return record.to_dict()
    with contextlib.ExitStack() as stack:
        running = {
            label: stack.enter_context(contextlib.closing(Contender("cnncli", threads, label=label)))
            for label, threads in ((f"{options.threads} threads", options.threads), ("1 thread", 1))
        }
        for model, work in (("lenet5", bench_lenet5), ("vgg", bench_vgg)):
            for part in [*work.TRAINING, *work.INFERENCE]:
                if (model, part.batch_size) != ("lenet5", 1):
                    result = measure(model, part, running, options, record)
                    record.add(replace(result, what=f"{model}: {result.what}"))
    return record.to_dict()
