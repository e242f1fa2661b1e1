"""`cnn` whose clock is the CPU time of its process: how busy the machine is changes neither the time that a training
took nor what a time limit allows.

    python -m tools.untuned.on_cpu_time train FOLDER --time-limit 30
"""

import time


def main() -> None:
    time.perf_counter = time.process_time  # before cnncli reads it
    from cnncli.__main__ import main as cnn

    cnn()


if __name__ == "__main__":
    main()
