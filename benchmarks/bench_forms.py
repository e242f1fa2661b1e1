"""Every form of the peers that was tried, each library's by turns with ours: LeNet-5 and the VGG-like network."""

import contextlib
from dataclasses import replace
from typing import Any

from benchmarks import bench_lenet5, bench_vgg
from benchmarks.bench_network import measure
from benchmarks.contender import Contender, Missing
from benchmarks.forms import FORMS
from benchmarks.options import Options
from benchmarks.peers import PEERS
from benchmarks.record import Record


def run(options: Options) -> dict[str, Any]:
    """The libraries of the wanted peers; `options.only` narrows the work, forms that fail are noted."""
    record = Record("forms", options)
    libraries = {PEERS[name].library for name in options.peers}
    for library in (name for name in FORMS if name in libraries):
        for model, parts in (("lenet5", bench_lenet5), ("vgg", bench_vgg)):
            work = [part for part in [*parts.TRAINING, *parts.INFERENCE] if options.only in f"{model}: {part.what}"]
            if work:
                _forms_of(library, model, work, options, record)
    return record.to_dict()


def _forms_of(library: str, model: str, work: list[Any], options: Options, record: Record) -> None:
    with contextlib.ExitStack() as stack:
        running = {"cnncli": stack.enter_context(contextlib.closing(Contender("cnncli", options.threads)))}
        for name, form in FORMS[library].items():
            if not any(part.do in form.does for part in work):
                continue
            label = f"{library}: {name}"
            try:
                contender = Contender(form.as_peer(label), options.threads, options.pythons)
            except Missing as missing:
                record.skip(label, str(missing))
                continue
            running[label] = stack.enter_context(contextlib.closing(contender))
            record.version(contender)
        for part in work:
            taking_part = {
                label: contender
                for label, contender in running.items()
                if label == "cnncli" or part.do in FORMS[library][label.partition(": ")[2]].does
            }
            if list(taking_part) == ["cnncli"]:
                continue
            fewer = replace(part, images=max(part.batch_size, part.images // 2))
            result = measure(model, fewer, taking_part, options, record)
            record.add(replace(result, what=f"{model}: {result.what}"))
