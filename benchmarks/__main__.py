"""`python -m benchmarks lenet5`: runs one benchmark; slower is reported just as plainly."""

import argparse
import json

from benchmarks.bench_lenet5 import run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("benchmark", choices=["lenet5"])
    parser.add_argument("--peers", default="torch", help="comma-separated; those not installed are named as skipped")
    parser.add_argument("--threads", default="1", help="comma-separated thread counts")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--images", type=int, default=6400, help="training images in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one JSON value instead of lines")
    arguments = parser.parse_args()
    records = [
        run(
            threads=int(threads),
            peers=[peer for peer in arguments.peers.split(",") if peer],
            batch_size=arguments.batch_size,
            images=arguments.images,
            rounds=arguments.rounds,
            say=(lambda line: None) if arguments.json else print,
        )
        for threads in arguments.threads.split(",")
    ]
    if arguments.json:
        print(json.dumps(records, sort_keys=True))


if __name__ == "__main__":
    main()
