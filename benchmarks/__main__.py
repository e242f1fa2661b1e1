"""`python -m benchmarks NAME`: runs one benchmark, or all; slower is reported just as plainly."""

import argparse
import importlib
import json
import sys
from typing import Any

from benchmarks import results
from benchmarks.options import Options
from benchmarks.peers import PEERS

BENCHMARKS = {
    "lenet5": "train at batch 64 and 512, infer at 1, 64 and 1000, against all peers",
    "vgg": "a VGG-like network: train at batch 128, infer at 128 and 1, against all peers",
    "shapes": "convolutions of many shapes, forward + backward, against PyTorch channels_last",
    "choices": "the algorithm that each shape of models/ chooses, beside all others",
    "scaling": "more threads against one",
    "beside": "more threads against one beside a busy loop, and two trainings at once",
    "isa": "AVX2 forced against AVX-512",
    "forms": "every form of the peers that was tried, each library's beside each other",
    "command": "whole commands: one picture classified; peak memory of a training",
    "augmentation": "an epoch with images that change, against images as they are",
    "epoch": "an epoch of cnn train against the bare steps",
}
PEER_NAMES = [name for name in PEERS if name != "cnncli"]


def parse(words: list[str] | None = None) -> argparse.Namespace:
    listed = "\n".join(f"  {name:10} {what}" for name, what in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"{__doc__}\n\n{listed}",
        epilog="example:\n  python -m benchmarks lenet5 --peers torch --python torch=.venv-torch/bin/python",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("benchmark", choices=[*BENCHMARKS, "all"])
    parser.add_argument(
        "--peers", default=",".join(PEER_NAMES), help="comma-separated; those not installed are skipped [%(default)s]"
    )
    parser.add_argument("--threads", default="1", help="comma-separated thread counts [%(default)s]")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each contender [%(default)s]")
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="LIBRARY=PATH",
        help="the interpreter that has a library: torch, tensorflow, jax, onnxruntime; may be repeated",
    )
    parser.add_argument("--only", default="", metavar="WORK", help='forms: only such work, "lenet5: train, batch 64"')
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that all works")
    parser.add_argument("--keep", action="store_true", help="for the record: results/NAME.jsonl, not tried.jsonl")
    parser.add_argument("--json", action="store_true", help="one JSON value instead of lines")
    arguments = parser.parse_args(words)
    arguments.peers = [name for name in arguments.peers.split(",") if name]
    for name in arguments.peers:
        if name not in PEER_NAMES:
            parser.error(f"--peers {name}: unknown; use {', '.join(PEER_NAMES)}")
    try:
        arguments.threads = [int(count) for count in arguments.threads.split(",")]
        arguments.python = dict(pair.split("=", 1) for pair in arguments.python)
    except ValueError as error:
        parser.error(str(error))
    if min(arguments.threads) < 1 or arguments.rounds < 1:
        parser.error("--threads and --rounds: pass numbers of at least 1")
    if arguments.only and arguments.benchmark != "forms":
        parser.error("--only: it is for forms; the others have all their work in one record")
    if arguments.keep and arguments.quick:
        parser.error("--keep: figures of --quick are not for the record")
    return arguments


def main(words: list[str] | None = None) -> int:
    """The exit code: 0; 1 where a contender, or a benchmark of `all`, failed, and the others went on."""
    arguments = parse(words)
    # Forms take an hour, and are for those who look for a better one.
    names = [name for name in BENCHMARKS if name != "forms"] if arguments.benchmark == "all" else [arguments.benchmark]
    records: list[dict[str, Any]] = []
    failed = False
    for threads in arguments.threads:
        options = Options(
            peers=arguments.peers,
            threads=threads,
            rounds=arguments.rounds,
            quick=arguments.quick,
            only=arguments.only,
            pythons=arguments.python,
            say=(lambda line: None) if arguments.json else (lambda line: print(line, flush=True)),
        )
        for name in names:
            if name in ("scaling", "beside") and threads == 1 and len(names) > 1:
                continue  # it is what the others are compared with
            try:
                record = importlib.import_module(f"benchmarks.bench_{name}").run(options)
            except Exception as error:
                if arguments.benchmark != "all":
                    raise
                failed = True
                print(f"{name}: {error}", file=sys.stderr)
                continue
            failed |= record.get("failed", False)
            path = results.append(record, keep=arguments.keep)
            options.say(f"  kept as a line of {path}\n")
            records.append(record)
    if arguments.json:
        print(json.dumps(records))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
